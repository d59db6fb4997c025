# For scenarios: checks that print TAP lines, sessions of this guest's initiator, what the host does.
#
# Set before a scenario starts: $target, $portal0 (over the first network card), $portal1 (over the
# second).
initiator=iqn.2026-11.dev.tidemark.test:guest

# Names that the functions here use for themselves (name, status, state, session) are not for what a
# check's command reads.

# ---- checks -----------------------------------------------------------------------------------
checks=0
failures=0

report() { # STATUS NAME: what was said is in /tmp/said
  checks=$((checks + 1))
  if [ "$1" = 0 ]; then
    echo "ok $checks - $2"
  else
    failures=$((failures + 1))
    echo "not ok $checks - $2"
    tail -n 40 /tmp/said | sed 's/^/#   /'
  fi
}

check() { # NAME COMMAND...: the command succeeds
  local name=$1 status=0
  shift
  (set -e; "$@") >/tmp/said 2>&1 </dev/null || status=$?
  report $status "$name"
}

refused() { # NAME COMMAND...: the command fails
  local name=$1 status=1
  shift
  ("$@") >/tmp/said 2>&1 </dev/null || status=0
  report $status "$name"
}

says() { # NAME PATTERN COMMAND...: the command's words match, whatever its status
  local name=$1 pattern=$2 status=0
  shift 2
  ("$@") >/tmp/said 2>&1 </dev/null
  grep -qE -- "$pattern" /tmp/said || status=1
  report $status "$name"
}

note() { echo "# $*"; }

finish() {
  echo "1..$checks"
  [ "$failures" = 0 ]
  exit
}

await() { # SECONDS COMMAND...: until the command succeeds
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

# ---- the host ---------------------------------------------------------------------------------
host() { # ACTION [ARGUMENT...]: start, stop, kill, signal NAME, allocated VOLUME, link CARD up|down, rest, tidemark
  local status text
  echo "@host $*" >&3
  read -r status text <&3
  [ -z "$text" ] || echo "$text"
  return "$status"
}

rest() { # METHOD PATH [JSON]
  host rest "$@"
}

over_rest() { # ARGUMENT...: the tidemark command, on the host
  host tidemark "$@" | base64 -d
}

session_count() { rest GET sessions | jq '.sessions | length'; }
copy_state() { rest GET "copies/$1" | jq -r .state; }

start_copy() { # [JSON MEMBERS]: of source to copy; prints its id
  rest POST copies "{\"source\": \"source\", \"destination\": \"copy\"${1:+, $1}}" | jq -r .id
}

await_copy() { # ID [SECONDS]: until it is over; succeeds if it completed
  await "${2:-120}" copy_is_over "$1"
  local state
  state=$(copy_state "$1")
  [ "$state" = completed ] || { rest GET "copies/$1"; return 1; }
}
copy_is_over() { case $(copy_state "$1") in completed | failed | cancelled | broken) ;; *) return 1 ;; esac; }

# ---- the initiator ----------------------------------------------------------------------------
start_initiator() {
  mkdir -p /run/lock/iscsi
  echo "InitiatorName=$initiator" >/etc/iscsi/initiatorname.iscsi
  iscsid
}

# A record of the target at a portal. The portals that discovery names are the host's own loopback,
# which the guest knows by another address; so records are made by hand.
node() { # PORTAL [SETTING=VALUE...]
  local portal=$1 setting
  shift
  iscsiadm -m node -o new -T "$target" -p "$portal" >/dev/null || return
  for setting in "$@"; do
    iscsiadm -m node -T "$target" -p "$portal" -o update -n "${setting%%=*}" -v "${setting#*=}" || return
  done
}

login() { # [PORTAL [SETTING=VALUE...]]: and wait for LUN 0's disk
  local portal=${1:-$portal0}
  node "$portal" "${@:2}" || return
  iscsiadm -m node -T "$target" -p "$portal" --login || return
  await 20 disk 0 "$(sessions | wc -l)"
}

# A second initiator in this guest: another name, another I_T nexus.
login_as() { # INTERFACE INITIATOR-NAME [PORTAL]
  local portal=${3:-$portal0}
  iscsiadm -m iface -I "$1" -o new >/dev/null || return
  iscsiadm -m iface -I "$1" -o update -n iface.initiatorname -v "$2" >/dev/null || return
  iscsiadm -m node -o new -T "$target" -p "$portal" -I "$1" >/dev/null || return
  iscsiadm -m node -T "$target" -p "$portal" -I "$1" --login || return
  await 20 disk 0 "$(sessions | wc -l)"
}

logout() { # [PORTAL]: and forget the record
  iscsiadm -m node -T "$target" ${1:+-p "$1"} --logout || return
  iscsiadm -m node -T "$target" ${1:+-p "$1"} -o delete
}

sessions() { ls -d /sys/class/iscsi_session/session* 2>/dev/null | sort -V; }

# The node of a LUN in the Nth session, oldest first: "block" gives /dev/sdX, "scsi_generic" /dev/sgX.
device() { # KIND LUN [N]
  local session found
  session=$(sessions | sed -n "${3:-1}p")
  [ -n "$session" ] || return 1
  for found in "$session"/device/target*/*:"$2"/"$1"/*; do
    [ -e "$found" ] && [ -e "/dev/${found##*/}" ] && echo "/dev/${found##*/}" && return
  done
  return 1
}
disk() { device block "$@"; }
generic() { device scsi_generic "$@"; }

# What was agreed for the first session, by the kernel's name: header_digest, first_burst_len, ...
agreed() { cat /sys/class/iscsi_connection/connection*:0/"$1" /sys/class/iscsi_session/session*/"$1" 2>/dev/null | head -1; }

# Writes patterns and reads them back, each block with a checksum of its own.
verified_io() { # DEVICE [FIO OPTION...]
  fio --name=verified --filename="$1" --direct=1 --ioengine=libaio --iodepth=8 --rw=randwrite --bsrange=512-64k \
    --size=8m --verify=crc32c --verify_fatal=1 --randseed=3 --minimal "${@:2}"
}
