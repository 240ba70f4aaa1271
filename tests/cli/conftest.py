"""What the tests of the console script share: real processes, and what they leave behind."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.cli import main
from service.settings import Settings

PLUGINS = Path(__file__).parent / "plugins"
DEADLINE_SECONDS = 30.0


@dataclass
class Reply:
    """One response, read to its end."""

    status: int
    headers: object
    body: bytes

    def json(self):
        return json.loads(self.body)


def reply_of(port, path, method="GET", headers=None):
    """Return the response to one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())


def wait_until(condition, what):
    """Wait for `condition`, and return what it then is."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.01)
    raise TimeoutError(f"not within {DEADLINE_SECONDS:g} s: {what}")


def environment(settings):
    """Return an environment in which `settings` are the only ones."""
    ours = {name.upper() for name in Settings.model_fields}
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("CACHE_", "INKWELL_", "PYTHON"))
    }
    plugins = {"PYTHONPATH": str(PLUGINS)}
    return inherited | plugins | {name: str(value) for name, value in settings.items()}


def descendants(pid):
    """Return the ids of all processes below `pid`."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = [int(each) for each in (task / "children").read_text().split()]
        found += children
        for child in children:
            with contextlib.suppress(FileNotFoundError):
                found += descendants(child)
    return found


def is_alive(pid):
    """Return whether the process runs; one that merely waits for its parent to notice does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


class Serving:
    """A service in a process of its own."""

    def __init__(self, process, log):
        self.process = process
        self._log = log

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self._log.read_text()

    def port(self, pattern=r"serves on http://127\.0\.0\.1:(\d+)"):
        """Return the port that the log tells of, once it does."""
        return int(self.wait_for_log(pattern)[1])

    def wait_for_log(self, pattern):
        """Return the match of `pattern` in the log, once there is one."""

        def found():
            assert self.process.poll() is None, self.log
            return re.search(pattern, self.log)

        return wait_until(found, f"{pattern} in the log")

    def ready(self):
        """Return the port, once the service is ready."""
        port = self.port()
        wait_until(lambda: reply_of(port, "/ready").status == 200, "ready")
        return port

    def ask(self, path, method="GET", headers=None):
        return reply_of(self.port(), path, method, headers)

    def asking(self, path):
        """Send a request from a thread; return the list its reply, if any, is put in, and that."""
        replies = []
        port = self.port()

        def get():
            with contextlib.suppress(OSError, http.client.HTTPException):
                replies.append(reply_of(port, path))

        thread = threading.Thread(target=get)
        thread.start()
        return replies, thread

    def signal(self, number):
        self.process.send_signal(number)

    def exit_code(self):
        """Return the exit code, once it has ended by itself."""
        return self.process.wait(DEADLINE_SECONDS)


def serving_process(home, settings, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "service", "serve"],
        cwd=home,
        env=environment({"PORT": 0, **settings}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        **options,
    )


@contextlib.contextmanager
def serving_in(home, settings):
    log = home / "log"
    with (
        log.open("wb") as stream,
        serving_process(home, settings, stderr=stream) as process,
    ):
        try:
            yield Serving(process, log)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="session")
def ask():
    """A function that sends one request to a port and returns the reply."""
    return reply_of


@pytest.fixture
def home(tmp_path):
    """The working directory of the processes of this test."""
    return tmp_path


@pytest.fixture
def command(home):
    """A function that runs `nanobanana` with arguments and settings, and returns its end."""

    def run(*arguments, **settings):
        return subprocess.run(
            [sys.executable, "-m", "service", *map(str, arguments)],
            cwd=home,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=DEADLINE_SECONDS,
        )

    return run


@pytest.fixture
def nanobanana(home, monkeypatch, capfd):
    """A function like `command`, but inside this process, which is ten times as fast."""

    def run(*arguments, **settings):
        monkeypatch.chdir(home)
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - environment({}).keys():
                patch.delenv(name)
            for name, value in settings.items():
                patch.setenv(name, str(value))
            code = main(list(map(str, arguments)))
        said = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run


@pytest.fixture
def serving(home):
    """A function that starts `nanobanana serve` with settings on a free port."""
    with contextlib.ExitStack() as stack:

        def start(**settings):
            return stack.enter_context(serving_in(home, settings))

        yield start


@pytest.fixture
def gate(home):
    """A named pipe that holds up the drawing of `gated`; whoever opens it waits for the drawing."""
    path = home / "gate"
    os.mkfifo(path)
    return path


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """A service that all tests of this session may talk to; its admin token is `sesame`."""
    settings = {"ADMIN_TOKEN": "sesame", "GENERATOR_WORKERS": 0, "CACHE_WARM": ""}
    with serving_in(tmp_path_factory.mktemp("running"), settings) as serving:
        serving.ready()
        yield serving


@pytest.fixture
def processes():
    """Functions that look at processes: all below one, and whether one runs."""
    if not Path(f"/proc/{os.getpid()}/task").exists():
        pytest.skip("only Linux lists the processes below another in /proc")
    return descendants, is_alive


@pytest.fixture
def spawn(home):
    """A function that starts `nanobanana serve` with a pipe that the test reads, or does not."""
    with contextlib.ExitStack() as stack:

        def start(stderr, **settings):
            process = stack.enter_context(serving_process(home, settings, stderr=stderr))
            stack.callback(lambda: process.poll() is None and process.kill())
            return process

        yield start
