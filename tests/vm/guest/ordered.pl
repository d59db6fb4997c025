# Writes to a disk in an order that a copy of it can be checked against.
#
# ordered.pl write DISK BLOCKS COUNT-FILE STOP-FILE
#   Writes all BLOCKS blocks of 4 KiB once, then again and again, now each awaited, until STOP-FILE
#   is there. Write number n goes to block n * STRIDE mod BLOCKS and says n in each of its sectors;
#   COUNT-FILE holds the last one that was answered.
# ordered.pl check DISK BLOCKS FIRST LAST
#   The disk is as it was between two writes of that series, not before write FIRST was answered,
#   nor after LAST + 1 was begun. Prints after which.
#
# Neighbours are written far from each other in time, so that a copy that takes some blocks a little
# later than others has one that no moment explains.
use strict;
use Fcntl qw(O_RDONLY O_WRONLY O_SYNC SEEK_SET);
use IO::Handle;
use constant {BLOCK => 4096, SECTOR => 512, STRIDE => 40503};    # odd: all blocks before one again

sub block_of { my ($n, $blocks) = @_; return $n * STRIDE % $blocks; }

sub content { # of block $b after write $n
  my ($b, $n) = @_;
  return join '', map { pack('Q>Q>', $b * BLOCK + $_ * SECTOR, $n) x (SECTOR / 16) } 0 .. BLOCK / SECTOR - 1;
}

sub open_disk {
  my ($path, $how) = @_;
  sysopen(my $disk, $path, $how) or die "$path: $!\n";
  return $disk;
}

sub write_number {
  my ($disk, $n, $blocks) = @_;
  my $b = block_of($n, $blocks);
  sysseek($disk, $b * BLOCK, SEEK_SET);
  my $written = syswrite($disk, content($b, $n));
  die "write $n: $!\n" if !defined $written || $written != BLOCK;
}

sub write_in_order {
  my ($path, $blocks, $count_file, $stop_file) = @_;
  my $all = open_disk($path, O_WRONLY);
  write_number($all, $_, $blocks) for 1 .. $blocks;
  $all->sync or die "fsync: $!\n";
  my $disk = open_disk($path, O_WRONLY | O_SYNC);
  open(my $count, '+>', $count_file) or die "$count_file: $!\n";
  for (my $n = $blocks + 1; !-e $stop_file; ++$n) {
    write_number($disk, $n, $blocks);
    sysseek($count, 0, SEEK_SET);
    syswrite($count, sprintf("%012d\n", $n));
  }
}

sub check {
  my ($path, $blocks, $first, $last) = @_;
  my $disk = open_disk($path, O_RDONLY);
  my @found;
  for my $b (0 .. $blocks - 1) {
    my $got = '';
    while (length $got < BLOCK) {
      sysread($disk, $got, BLOCK - length $got, length $got) or die "block $b: $!\n";
    }
    my (undef, $n) = unpack('Q>Q>', $got);
    die "block $b is not of one write\n" if $got ne content($b, $n);
    $found[$b] = $n;
  }
  my $newest = 0;
  for (@found) { $newest = $_ if $_ > $newest; }
  # Backwards from the newest: the first write met of each block is what it must hold.
  my @expected;
  for (my ($n, $left) = ($newest, $blocks); $left > 0 && $n > 0; --$n, --$left) {
    $expected[block_of($n, $blocks)] = $n;
  }
  for my $b (0 .. $blocks - 1) {
    die "block $b holds write $found[$b], after write $newest it held $expected[$b]\n" if $found[$b] != $expected[$b];
  }
  die "as after write $newest, but $first were answered before\n" if $newest < $first;
  die "as after write $newest, but only $last were answered\n" if $newest > $last + 1;
  print "as after write $newest, of $first to $last\n";
}

my $what = shift // '';
if ($what eq 'write') { write_in_order(@ARGV); }
elsif ($what eq 'check') { check(@ARGV); }
else { die "what?\n"; }
