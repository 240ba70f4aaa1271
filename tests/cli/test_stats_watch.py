"""`nanobanana stats --watch` shows the cache for as long as one looks, and waits for a service."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

import pytest

DEADLINE_SECONDS = 30


class Watcher:
    """A `stats --watch` under way, and what it has said so far."""

    def __init__(self, process, descriptor):
        self.process = process
        self.said = ""
        self._descriptor = descriptor

    def read_until(self, *patterns):
        """Read on until all patterns have been said since the last call."""
        start, end = len(self.said), time.monotonic() + DEADLINE_SECONDS
        while not all(re.search(each, self.said[start:]) for each in patterns):
            assert time.monotonic() < end, self.said
            readable, _, _ = select.select([self._descriptor], [], [], 0.5)
            if readable:
                chunk = os.read(self._descriptor, 65536)
                assert chunk, self.said
                self.said += chunk.decode()


@pytest.fixture
def watch(home):
    """A function that starts `stats --watch` with its output in a terminal or a pipe."""
    with contextlib.ExitStack() as stack:

        def start(port, *, terminal):
            ours, theirs = pty.openpty() if terminal else os.pipe()
            stack.callback(os.close, ours)
            if terminal:
                fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "service", "stats", "--watch", "--interval", "0.1"),
                    *("--url", f"http://127.0.0.1:{port}"),
                ],
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=subprocess.PIPE,
                env={**os.environ, "TERM": "xterm"},
            )
            os.close(theirs)
            stack.callback(process.stderr.close)
            stack.callback(process.wait)
            stack.callback(lambda: process.poll() is None and process.kill())
            return Watcher(process, ours)

        yield start


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]


@pytest.mark.parametrize("terminal", [True, False])
def test_it_shows_what_happens_and_ends_well_on_ctrl_c(watch, serving, terminal):
    service = serving(GENERATOR_WORKERS=0, CACHE_WARM="")
    watcher = watch(service.ready(), terminal=terminal)
    watcher.read_until("of lookups hit", "hit rate", "why missed", "sigil +- ")
    for _ in range(2):
        service.ask("/generate/sigil?width=16&seed=1")
    watcher.read_until("sigil +50.0% .* 1 cold")
    watcher.process.send_signal(signal.SIGINT)
    assert watcher.process.wait(DEADLINE_SECONDS) == 0
    assert watcher.process.stderr.read() == b""
    assert ("\x1b" in watcher.said) == terminal


def test_a_service_away_is_told_and_tried_again(watch, serving, free_port):
    watcher = watch(free_port, terminal=False)
    watcher.read_until(f"http://127.0.0.1:{free_port} does not answer: .*; trying again")
    service = serving(PORT=free_port, GENERATOR_WORKERS=0, CACHE_WARM="")
    watcher.read_until("of lookups hit")
    service.signal(signal.SIGKILL)
    service.exit_code()
    # What was last known is still shown, with why it is not news.
    watcher.read_until(r"of lookups hit[^;]*does not answer: .*; trying again")
    assert watcher.process.poll() is None


@pytest.mark.parametrize("interval", ["0", "nan", "soon", "1e9"])
def test_an_interval_that_is_none_is_exit_code_2(command, interval):
    ended = command("stats", "--watch", "--interval", interval)
    assert ended.returncode == 2
    assert "--interval" in ended.stderr
