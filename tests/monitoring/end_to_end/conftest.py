"""A whole stack of real programs on 127.0.0.1: services, Redis, Prometheus, Alertmanager, webhook.

Prometheus and Alertmanager run our own configuration and rules with every duration divided by
`HASTE`, so that ten minutes take four seconds. Counts and rates are what they are.
"""

import contextlib
import http.client
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

import monitoring

FOLDER = Path(monitoring.__file__).parent
PLUGINS = Path(__file__).parent / "plugins"
HASTE = 150
SCRAPE_MILLISECONDS = 400
DEADLINE_SECONDS = 20.0
UNIT_MILLISECONDS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def hastened(text, units="mhd"):
    """Return `text` with all durations in these units divided by `HASTE`."""

    def divided(match):
        return f"{int(match[1]) * UNIT_MILLISECONDS[match[2]] // HASTE}ms"

    return re.sub(rf"\b(\d+)([{units}])\b", divided, text)


def reply_of(port, path, method="GET", headers=None):
    """Return status, headers and body of one exchange."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def wait_until(condition, what):
    """Wait for `condition`, and return what it then is."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.05)
    raise TimeoutError(f"not within {DEADLINE_SECONDS:g} s: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A program in a process of its own that can be ended and started again.

    It is up once `path` of its port answers 200; without a path, once its port is open.
    """

    def __init__(self, home, port, command, path=None, environment=None):
        self.port = port
        self._home = home
        self._command = [str(part) for part in command]
        self._path = path
        self._environment = {"PATH": os.environ["PATH"], **(environment or {})}
        self._process = None
        home.mkdir(exist_ok=True)

    @property
    def log(self):
        return (self._home / "log").read_text()

    def start(self):
        """Start it; `wait_until_up` waits for it."""
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._home,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_up(self):
        wait_until(self._is_up, f"{self._command[0]} is up")

    def end(self):
        """End it at once, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_SECONDS)

    def _is_up(self):
        assert self._process.poll() is None, self.log
        with contextlib.suppress(OSError, http.client.HTTPException):
            if self._path is not None:
                return reply_of(self.port, self._path)[0] == 200
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        return False


@dataclass
class Told:
    """One alert of one notification, and the path of the webhook that it came to."""

    path: str
    status: str
    labels: dict
    annotations: dict


class Webhook:
    """Keeps what Alertmanager tells; a context in which it listens."""

    def __init__(self):
        self._news = threading.Condition()
        self._told = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook._take(self.path, body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def listen(self):
        """Return a function that waits for an alert which is told from now on."""
        since = len(self._told)

        def hear(name, status="firing", **labels):
            wanted = {"alertname": name, **labels}
            with self._news:
                self._news.wait_for(lambda: self._find(since, status, wanted), DEADLINE_SECONDS)
                found = self._find(since, status, wanted)
                heard = [(each.status, each.labels["alertname"]) for each in self._told[since:]]
            assert found, f"not told within {DEADLINE_SECONDS:g} s: {status} {wanted}; but {heard}"
            return found

        return hear

    def _take(self, path, alerts):
        with self._news:
            for each in alerts:
                self._told.append(Told(path, each["status"], each["labels"], each["annotations"]))
            self._news.notify_all()

    def _find(self, since, status, wanted):
        for told in self._told[since:]:
            if told.status == status and wanted.items() <= told.labels.items():
                return told
        return None


@dataclass
class Stack:
    """Everything that runs.

    Attributes:
        main: the service that is asked; its working directory is `home`.
        other: a second one, which may be ended.
    """

    home: Path
    main: Program
    other: Program
    redis: Program
    prometheus: Program
    alertmanager: Program
    webhook: Webhook = field(default_factory=Webhook)

    @contextlib.contextmanager
    def load(self, paths, pause_seconds=0.08):
        """Ask the main service for one path after the other inside the context."""
        over = threading.Event()

        def ask():
            for path in paths:
                reply_of(self.main.port, path)
                if over.wait(pause_seconds):
                    return

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def query(self, expression):
        """Return what Prometheus answers to a query: labels and value of each sample."""
        path = f"/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
        _, _, body = reply_of(self.prometheus.port, path)
        answer = json.loads(body)
        assert answer["status"] == "success", f"{answer['error']}: {expression}"
        result = answer["data"]["result"]
        match answer["data"]["resultType"]:
            case "scalar":
                return [({}, float(result[1]))]
            case "vector":
                return [(each["metric"], float(each["value"][1])) for each in result]
            case "matrix":
                return [
                    (each["metric"], float(value)) for each in result for _, value in each["values"]
                ]

    def is_settled(self):
        """Return whether both services are scraped, and no longer young."""
        up = [value for _, value in self.query("up")]
        rated = self.query("instance_asset_type:nanobanana_cache_hits:rate5m")
        young = self.query("instance:nanobanana_process_start_time_seconds:young15m")
        return up == [1, 1] and rated and not young


@pytest.fixture(scope="session")
def stack(program, tmp_path_factory):
    """The stack: it runs, and its services are out of their warm-up."""
    home = tmp_path_factory.mktemp("stack")
    with contextlib.ExitStack() as exits:
        webhook = exits.enter_context(Webhook())
        redis = _redis(home / "redis", program)
        alertmanager = _alertmanager(home / "alertmanager", program, webhook.port)
        main, other = (_service(home / name, redis.port) for name in ("main", "other"))
        prometheus = _prometheus(home / "prometheus", program, alertmanager.port, main, other)
        programs = (redis, alertmanager, main, other, prometheus)
        for each in programs:
            exits.callback(each.end)
            each.start()
        for each in programs:
            each.wait_until_up()
        stack = Stack(home / "main", main, other, redis, prometheus, alertmanager, webhook)
        wait_until(stack.is_settled, "services are scraped and out of their warm-up")
        yield stack


@pytest.fixture(scope="session")
def new_seeds():
    """Seeds that no test of this session has used."""
    return itertools.count(1000)


@pytest.fixture(scope="session")
def ask():
    """A function that sends one request to a port; returns status, headers and body."""
    return reply_of


@pytest.fixture(scope="session")
def haste():
    """A function that divides the durations in a text as those of the stack are."""
    return hastened


def _service(home, redis_port):
    port = free_port()
    settings = {
        "PORT": port,
        "GENERATOR_WORKERS": 1,
        "CACHE_WARM": "",
        # Sigils are evicted and expire, so that every query has something to tell of them.
        "CACHE_SIZE_SIGIL": 3,
        "CACHE_TTL_SIGIL": 1,
        "CACHE_TIERS": "memory,disk,redis",
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "PYTHONPATH": PLUGINS,
    }
    environment = {name: str(value) for name, value in settings.items()}
    command = (sys.executable, "-m", "service", "serve")
    return Program(home, port, command, "/ready", environment)


def _redis(home, program):
    port = free_port()
    command = (program("redis-server"), "--bind", "127.0.0.1", "--port", port, "--save", "")
    return Program(home, port, command)


def _alertmanager(home, program, webhook_port):
    home.mkdir()
    config = (FOLDER / "alertmanager" / "alertmanager.yml").read_text()
    config = re.sub(r"http://alert-receiver:8080/", f"http://127.0.0.1:{webhook_port}/", config)
    (home / "alertmanager.yml").write_text(hastened(config, "smhd"))
    port = free_port()
    command = (
        program("alertmanager"),
        "--config.file=alertmanager.yml",
        "--storage.path=storage",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    )
    return Program(home, port, command, "/-/ready")


def _prometheus(home, program, alertmanager_port, main, other):
    (home / "rules").mkdir(parents=True)
    for file in (FOLDER / "prometheus" / "rules").glob("*.yml"):
        (home / "rules" / file.name).write_text(hastened(file.read_text()))
    config = yaml.safe_load((FOLDER / "prometheus" / "prometheus.yml").read_text())
    interval = f"{SCRAPE_MILLISECONDS}ms"
    config["global"] = dict.fromkeys(config["global"], interval)
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [
        f"127.0.0.1:{alertmanager_port}"
    ]
    (scrape,) = config["scrape_configs"]
    (target,) = scrape["static_configs"]
    scrape["static_configs"] = [
        target | {"targets": [f"127.0.0.1:{main.port}"]},
        {"targets": [f"127.0.0.1:{other.port}"], "labels": {"instance": "localhost:8002"}},
    ]
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = (
        program("prometheus"),
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=storage",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        # It knows its Alertmanagers five seconds after its start; what it told nobody until then
        # it would tell again after a minute.
        "--rules.alert.resend-delay=2s",
    )
    return Program(home, port, command, "/-/ready")
