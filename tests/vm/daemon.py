"""The tidemarkd under test: on this machine's loopback, on ports and a state directory of its own."""

import base64
import json
import os
import pathlib
import signal
import socket
import string
import subprocess
import time
import urllib.error
import urllib.request

TARGET = "iqn.2026-11.dev.tidemark:main"

# For configurations with CHAP ("secret_env").
SECRETS = {"TIDEMARK_VM_SECRET": "the-guests-secret", "TIDEMARK_VM_DISCOVERY": "the-finders-secret",
           "TIDEMARK_VM_MUTUAL": "tidemarks-own-secret"}


def free_ports(count):
    """TCP ports of 127.0.0.1 that nobody has just now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Daemon:
    """`template` is a configuration in which $portal0, $portal1 and $management stand for ports."""

    def __init__(self, programs, scratch, template):
        self._program = pathlib.Path(programs) / "tidemarkd"
        self.state = scratch / "state"
        self.state.mkdir()
        self.ports = dict(zip(("portal0", "portal1", "management"), free_ports(3)))
        self._config = scratch / "tidemark.json"
        self._config.write_text(string.Template(template.read_text()).substitute(self.ports))
        self._log_path = scratch / "tidemarkd.log"
        self._process = None

    def start(self):
        """Returns when the management port answers."""
        with open(self._log_path, "ab") as log:
            self._process = subprocess.Popen(
                [self._program, "--config", self._config, "--state-dir", self.state],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | SECRETS)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.rest("GET", "status")
                return
            except OSError as why:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"tidemarkd did not start: {self._log_path.read_text()}") from why
            time.sleep(0.05)

    def rest(self, method, path, *body):
        """The answer's JSON, on one line; RuntimeError with the problem's if it is refused."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports['management']}/api/v1/{path}", method=method,
            data=" ".join(body).encode() if body else None)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return json.dumps(json.load(reply))
        except urllib.error.HTTPError as refusal:
            raise RuntimeError(refusal.read().decode()) from refusal

    def command(self, *words):
        """What the command prints that talks to its management port, in base64; RuntimeError if it fails."""
        done = subprocess.run([self._program.with_name("tidemark"), *words], capture_output=True,
                              check=False, timeout=60,
                              env=os.environ | {"TIDEMARK_URL": f"http://127.0.0.1:{self.ports['management']}"})
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return base64.b64encode(done.stdout).decode()

    def kill(self):
        """As a crash: no warning, nothing flushed."""
        self._end(signal.SIGKILL)

    def stop(self):
        """As an operator; the exit status."""
        return self._end(signal.SIGTERM)

    def signal(self, name):
        """Sends a signal such as SIGHUP, SIGSTOP, SIGCONT."""
        self._process.send_signal(getattr(signal, name))

    def _end(self, how):
        if self._process is None:
            return 0
        self._process.send_signal(how)
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._process = None

    def allocated(self, volume):
        """Bytes that a file volume takes on this machine's disk."""
        return (self.state / "volumes" / f"{volume}.img").stat().st_blocks * 512
