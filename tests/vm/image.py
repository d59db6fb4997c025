"""The guest's disk, kernel and first file system: made once from Debian packages, then kept.

Nothing is installed on this machine. What is made lies under TIDEMARK_VM_CACHE, or
~/.cache/tidemark/vm, in a folder named for the recipe, so that a changed recipe makes a new one.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess

SUITE = "bookworm"
DISK_MIB = 1500  # sparse

PACKAGES = [
    "linux-image-amd64", "kmod", "udev", "iproute2", "procps",
    "open-iscsi", "sg3-utils", "ddpt", "lsscsi", "multipath-tools", "dmsetup", "mdadm",
    "fio", "xfsprogs", "e2fsprogs", "sqlite3", "curl", "jq",
    # What tidemark and tidemarkd are linked with.
    "libfmt9", "libspdlog1.10", "libiscsi7", "liburing2", "libisal2", "libssl3", "libstdc++6",
]

# Drivers of machines that QEMU is not, and what nobody reads in a guest.
LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*",
            "/lib/modules/*/kernel/sound/*", "/lib/modules/*/kernel/drivers/*"]
KEPT = ["/lib/modules/*/kernel/drivers/" + part for part in (
    "block/*", "char/*", "md/*", "net/virtio_net*", "net/net_failover*", "scsi/scsi*",
    "scsi/device_handler/*", "scsi/sg*", "scsi/sd*", "scsi/ses*", "scsi/iscsi*", "scsi/libiscsi*",
    "scsi/virtio*", "virtio/*", "dax/*", "nvdimm/*")]

# Needed before the disk is there; everything else is loaded by name.
FIRST_MODULES = ["virtio_pci", "virtio_blk", "ext4"]

INIT = """#!/bin/sh
mount -t proc proc /proc 2>/dev/null
modprobe 9pnet_virtio
mkdir -p /harness
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144 harness /harness
exec /harness/guest/init
"""

# In a mount namespace of its own: what mmdebstrap has mounted in the tree is not to be copied.
MAKE_DISK = f"""#!/bin/sh
set -e
for mounted in proc sys dev/shm dev/pts dev; do umount -l "$1/$mounted" 2>/dev/null || true; done
exec /sbin/mke2fs -q -F -t ext4 -O ^has_journal -m 0 -d "$1" "$2" {DISK_MIB}M
"""

NEEDED_HERE = {"mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs",
               "qemu-system-x86_64": "qemu-system-x86"}


def missing_packages():
    """Debian packages this machine lacks for building and running the guest."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [package for program, package in NEEDED_HERE.items()
            if shutil.which(program, path=path) is None]


def cache():
    """Where guests are kept."""
    given = os.environ.get("TIDEMARK_VM_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(given or os.path.join(base, "tidemark", "vm"))


def command(folder):
    """The mmdebstrap command line that leaves disk.img, vmlinuz and initrd.img in `folder`."""
    options = ["--quiet", "--variant=minbase", "--format=null", "--include=" + ",".join(PACKAGES)]
    options += ["--dpkgopt=path-exclude=" + path for path in LEFT_OUT]
    options += ["--dpkgopt=path-include=" + path for path in KEPT]
    hooks = [
        'upload {0}/vm-init /sbin/vm-init',
        'chmod 755 "$1/sbin/vm-init"',
        'upload {0}/modules /etc/initramfs-tools/modules',
        'echo MODULES=list > "$1/etc/initramfs-tools/conf.d/tidemark"',
        'chroot "$1" update-initramfs -u',
        'download /vmlinuz {0}/vmlinuz',
        'download /initrd.img {0}/initrd.img',
        'unshare --mount {0}/make-disk "$1" {0}/disk.img',
    ]
    options += ["--customize-hook=" + hook.format(folder) for hook in hooks]
    return ["mmdebstrap", *options, SUITE, "/dev/null"]


def prepare(say):
    """The folder of the guest, made first if this recipe's is not there."""
    recipe = "\n".join(command("FOLDER") + FIRST_MODULES + [INIT, MAKE_DISK])
    folder = cache() / hashlib.sha256(recipe.encode()).hexdigest()[:12]
    if (folder / "disk.img").exists():
        return folder
    say("making the guest from Debian packages; this takes minutes, once")
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    (making / "vm-init").write_text(INIT)
    (making / "make-disk").write_text(MAKE_DISK)
    (making / "make-disk").chmod(0o755)
    (making / "modules").write_text("\n".join(FIRST_MODULES) + "\n")
    with open(making / "log", "w") as log:
        if subprocess.run(command(making), stdout=log, stderr=log, check=False).returncode != 0:
            raise RuntimeError(f"the guest could not be made: {making}/log says why")
    making.rename(folder)
    for old in cache().iterdir():
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    return folder
