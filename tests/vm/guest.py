"""One QEMU guest: its kernel is Linux's own initiator, its only way out is this machine's loopback.

It reaches 127.0.0.1 as 10.0.2.2 over its first network card and as 10.0.3.2 over its second. One
serial port carries lines both ways: what a scenario prints, what it asks of this machine
("@host WORDS"), the answers, and "@end STATUS".
"""

import json
import os
import pathlib
import socket
import subprocess
import time

HARNESS = pathlib.Path(__file__).resolve().parent
CARDS = ("10.0.2", "10.0.3")


class Lines:
    """Lines over a socket, each awaited until a deadline (time.monotonic)."""

    def __init__(self, connection):
        self._socket = connection
        self._rest = b""

    def read(self, deadline):
        """The next line; TimeoutError past the deadline, ConnectionError at the end."""
        while b"\n" not in self._rest:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            more = self._socket.recv(65536)
            if not more:
                raise ConnectionError("the guest is gone")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")

    def write(self, text):
        """Sends a line."""
        self._socket.settimeout(10)
        self._socket.sendall(text.encode() + b"\n")


def _listen(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(1)
    server.settimeout(60)
    return server


class Guest:
    """Starts at once; `stop` ends it. `scratch` is a folder of this run."""

    def __init__(self, image, programs, scratch, words, memory_mib=768):
        self._error_path = scratch / "qemu.log"
        control, port = scratch / "control", scratch / "port"
        servers = [_listen(control), _listen(port)]
        with open(self._error_path, "wb") as errors:
            self._process = subprocess.Popen(
                self._command(image, programs, scratch, words, memory_mib, control, port),
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        try:
            self._control = Lines(servers[0].accept()[0])
            self.lines = Lines(servers[1].accept()[0])
        except TimeoutError as why:
            self.stop()
            raise RuntimeError(f"QEMU did not start: {self._error_path.read_text()}") from why
        self._control.read(time.monotonic() + 60)
        self._order("qmp_capabilities")

    @staticmethod
    def _command(image, programs, scratch, words, memory_mib, control, port):
        # KVM is asked for by hand: where it is there but does not work, a guest hangs.
        accelerator = os.environ.get("TIDEMARK_VM_ACCEL", "tcg")
        append = ["console=ttyS0", "root=/dev/vda", "rw", "quiet", "panic=-1", "net.ifnames=0",
                  "init=/sbin/vm-init"]
        command = ["qemu-system-x86_64", "-accel", accelerator, "-cpu", "max", "-m", str(memory_mib),
                   "-display", "none", "-no-reboot", "-nodefaults",
                   "-kernel", f"{image}/vmlinuz", "-initrd", f"{image}/initrd.img",
                   "-append", " ".join(append + [f"vm.{word}" for word in words]),
                   "-drive", f"file={image}/disk.img,format=raw,if=virtio,snapshot=on",
                   "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
                   "-chardev", f"socket,id=port,path={port}",
                   "-device", "virtserialport,chardev=port,name=host",
                   "-serial", f"file:{scratch}/console.log",
                   "-qmp", f"unix:{control}"]
        for tag, folder in (("harness", HARNESS), ("programs", programs)):
            command += ["-virtfs", f"local,path={folder},mount_tag={tag},security_model=none,readonly=on"]
        for number, net in enumerate(CARDS):
            command += ["-netdev", f"user,id=net{number},net={net}.0/24,ipv6=off",
                        "-device", f"virtio-net-pci,netdev=net{number},id=card{number}"]
        return command

    def _order(self, what, **arguments):
        self._control.write(json.dumps({"execute": what, "arguments": arguments}))
        while True:
            answer = json.loads(self._control.read(time.monotonic() + 60))
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])
            if "return" in answer:
                return

    def link(self, card, up):
        """Pulls the plug of a network card, or puts it back."""
        self._order("set_link", name=f"card{card}", up=up)

    def stop(self):
        """Ends the guest as a power cut does."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
