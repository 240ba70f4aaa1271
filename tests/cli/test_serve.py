"""`nanobanana serve` starts fast, stops without dropping anyone, and leaves nothing behind."""

import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import socket
import threading
import time

import pytest

# The service's, a caller's, and a prompt, which is no secret and may be in a path.
KEYS = ("swordfish-1", "swordfish-2", "rage")

# What the issue allows a start is 3 s; others may share the machine that runs this.
START_SECONDS = 3.0 * 4


def test_the_first_image_is_served_within_seconds_of_the_start(serving):
    started = time.monotonic()
    service = serving()
    reply = service.ask("/generate/enso")
    assert reply.status == 200
    assert reply.body.startswith(b"\x89PNG")
    assert time.monotonic() - started < START_SECONDS


def test_the_port_is_open_before_the_cache_is_warm(serving, gate):
    service = serving(CACHE_WARM="gated,broken", INKWELL_GATE=gate, GENERATOR_WORKERS=2)
    drawing = os.open(gate, os.O_WRONLY)  # returns once the warm-up draws
    reply = service.ask("/ready")
    assert reply.status == 503
    assert reply.json()["failing"] == ["warm_up"]
    assert service.ask("/health").status == 200
    os.close(drawing)
    service.ready()
    service.wait_for_log("✨ generated gated to warm its cache")
    service.wait_for_log("broken was not warmed: broken failed: ValueError: the well is dry")
    stats = service.ask("/cache/stats").json()["cache_stats"]["caches"]["gated"]
    assert (stats["size"], stats["hits"], stats["misses"]) == (1, 0, 0)
    service.ask("/generate/gated")
    assert service.ask("/cache/stats").json()["cache_stats"]["total_hits"] == 1


def test_a_signal_lets_open_requests_finish_and_then_ends_everything(serving, gate, processes):
    descendants, is_alive = processes
    service = serving(CACHE_WARM="", INKWELL_GATE=gate, GENERATOR_WORKERS=1)
    service.ready()
    below = descendants(service.pid)
    assert len(below) >= 2  # the fork server and a worker
    replies, thread = service.asking("/generate/gated")
    drawing = os.open(gate, os.O_WRONLY)  # returns once the request is being drawn
    service.signal(signal.SIGTERM)
    service.wait_for_log("stopping: finishing 1 requests")
    reply = service.ask("/ready")
    assert reply.status == 503
    assert reply.json()["failing"] == ["draining"]
    assert reply.headers["Connection"] == "close"
    assert service.process.poll() is None
    os.close(drawing)
    thread.join()
    assert [reply.status for reply in replies] == [200]
    assert service.exit_code() == 0
    assert not [pid for pid in below if is_alive(pid)]
    assert service.log.endswith("stopped\n")


def test_a_response_under_way_is_sent_to_its_end(serving):
    service = serving(CACHE_WARM="", GENERATOR_WORKERS=0)
    with begun_response(service) as (begun, client):
        service.signal(signal.SIGTERM)
        service.wait_for_log("stopping: finishing 0 requests")
        wait_until_refused(service.port())
        body = begun + b"".join(iter(lambda: client.recv(1 << 20), b""))
    headers, _, image = body.partition(b"\r\n\r\n")
    assert len(image) == int(re.search(rb"Content-Length: (\d+)", headers)[1])
    assert service.exit_code() == 0


def test_a_second_signal_ends_it_at_once(serving, gate, processes):
    descendants, is_alive = processes
    service = serving(CACHE_WARM="", INKWELL_GATE=gate, GENERATOR_WORKERS=1)
    with begun_response(service):
        below = descendants(service.pid)
        replies, thread = service.asking("/generate/gated")
        drawing = os.open(gate, os.O_WRONLY)
        service.signal(signal.SIGTERM)
        service.wait_for_log("stopping: finishing 1 requests")
        service.signal(signal.SIGTERM)
        service.wait_for_log("stopping at once")
        started = time.monotonic()
        assert service.exit_code() == 0
        # It would wait 10 s for the drawing, and as long for the reader.
        assert time.monotonic() - started < 5
    assert not [pid for pid in below if is_alive(pid)]
    thread.join()
    assert replies == []
    os.close(drawing)


def test_a_signal_during_the_start_ends_it_as_well(serving):
    service = serving()
    service.port()
    service.signal(signal.SIGTERM)
    assert service.exit_code() == 0
    assert "Traceback" not in service.log


def test_a_signal_before_it_serves_ends_it_as_well(serving, gate, processes):
    descendants, is_alive = processes
    service = serving(INKWELL_LOADING=gate, GENERATOR_WORKERS=1)
    loading = os.open(gate, os.O_WRONLY)  # returns once a process loads the plug-ins
    below = descendants(service.pid)
    service.signal(signal.SIGTERM)
    assert service.exit_code() == 0
    os.close(loading)
    assert not [pid for pid in below if is_alive(pid)]
    assert "Traceback" not in service.log


@pytest.mark.parametrize("path", ["/health", "/generate/sigil?width=16&seed={}"])
def test_callers_who_never_pause_are_all_answered_and_do_not_hold_up_the_end(serving, path):
    service = serving(CACHE_WARM="", GENERATOR_WORKERS=1)
    seeds = itertools.count()
    callers = [Caller(service.ready(), path, seeds) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        assert caller.is_under_way.wait(30)
    service.signal(signal.SIGTERM)
    signalled = time.monotonic()
    assert service.exit_code() == 0
    assert time.monotonic() - signalled < 10
    for caller in callers:
        caller.join()
    assert [caller.unanswered for caller in callers] == [None] * 6
    assert all(caller.told_to_leave for caller in callers)
    assert "dropping" not in service.log


def test_an_open_connection_that_says_nothing_is_closed_soon(serving):
    service = serving(CACHE_WARM="", GENERATOR_WORKERS=0)
    with socket.create_connection(("127.0.0.1", service.ready())) as client:
        service.signal(signal.SIGTERM)
        client.settimeout(10)
        assert client.recv(1) == b""
    assert service.exit_code() == 0


def test_a_request_over_an_open_connection_is_answered_after_the_port_is_closed(serving):
    service = serving(CACHE_WARM="", GENERATOR_WORKERS=0)
    connection = http.client.HTTPConnection("127.0.0.1", service.ready(), timeout=30)
    with contextlib.closing(connection):
        connection.connect()
        service.signal(signal.SIGTERM)
        wait_until_refused(service.port())
        connection.request("GET", "/ready")
        response = connection.getresponse()
        assert response.status == 503
        assert response.getheader("Connection") == "close"
    assert service.exit_code() == 0


def test_a_killed_service_leaves_no_process_behind(serving, gate, processes):
    descendants, is_alive = processes
    service = serving(CACHE_WARM="", INKWELL_GATE=gate, GENERATOR_WORKERS=2)
    service.ready()
    below = descendants(service.pid)
    thread = service.asking("/generate/gated")[1]
    drawing = os.open(gate, os.O_WRONLY)
    service.signal(signal.SIGKILL)
    assert service.exit_code() == -signal.SIGKILL
    end = time.monotonic() + 10
    while left := [pid for pid in below if is_alive(pid)]:
        assert time.monotonic() < end, f"{left} live on"
        time.sleep(0.01)
    thread.join()
    os.close(drawing)


@pytest.mark.parametrize("name", ["PORT", "METRICS_PORT"])
def test_a_port_in_use_is_one_clear_line(command, name):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = command("serve", **{"PORT": 0, "GENERATOR_WORKERS": 1, name: port})
    assert ended.returncode == 1
    lines = [line for line in ended.stderr.splitlines() if line.startswith("nanobanana: ")]
    assert len(lines) == 1
    assert re.fullmatch(
        f"nanobanana: cannot listen on 127.0.0.1, port {port}: .*in use.*", lines[0]
    )
    assert "Traceback" not in ended.stderr


def test_workers_that_cannot_start_are_one_clear_line(command):
    ended = command("serve", PORT=0, GENERATOR_WORKERS=1, INKWELL_SPILLED=1)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("nanobanana: the workers cannot start: ")
    assert ended.stderr.splitlines()[-1].endswith("the inkwell is spilled")
    assert "Traceback" not in ended.stderr


def test_metrics_can_have_a_port_of_their_own(serving, ask):
    service = serving(METRICS_PORT=0, GENERATOR_WORKERS=0, CACHE_WARM="", CACHE_METRICS="false")
    port = service.port(r"metrics on http://127\.0\.0\.1:(\d+)/metrics")
    reply = ask(port, "/metrics")
    assert reply.status == 200
    assert b"nanobanana_http_requests_total" in reply.body
    assert b"nanobanana_cache_" not in reply.body
    assert ask(port, "/health").status == 404
    assert service.ask("/metrics").status == 404


def test_every_request_is_one_line_of_json_and_no_key_is_in_it(serving):
    service = serving(
        LOG_FORMAT="json",
        LOG_LEVEL="debug",
        GENERATOR_WORKERS=0,
        CACHE_WARM="",
        OPENAI_API_KEY=KEYS[0],
        LLM_BASE_URL="http://127.0.0.1:9/v1",
    )
    service.ready()
    asked = {
        "miss": ("/generate/sigil?width=16", 200, "✨ generated", "miss"),
        "hit": ("/generate/sigil?width=16", 200, "📦 served from cache", "hit"),
        "page": ("/generators", 200, "➜ answered", "none"),
        "unknown": ("/generate/nebula%0Aforged", 404, "➜ answered", "none"),
        "bad": ("/generate/sigil?points=%E2%80%A8", 400, "➜ answered", "none"),
        "broken": ("/generate/broken", 500, "❌ failed", "none"),
        "directed": (f"/generate/directed/enso?prompt={KEYS[2]}", 502, "❌ failed", "none"),
    }
    for request_id, (path, status, _, _) in asked.items():
        headers = {"X-Request-ID": request_id, "X-API-Key": KEYS[1]}
        assert service.ask(path, headers=headers).status == status
    service.signal(signal.SIGTERM)
    assert service.exit_code() == 0

    lines = [json.loads(line) for line in service.log.splitlines()]
    for request_id, (path, status, message, cache) in asked.items():
        (line,) = (line for line in lines if line.get("request_id") == request_id)
        assert (line["method"], line["path"], line["status"]) == ("GET", path, status)
        assert (line["message"], line["cache"]) == (message, cache)
        assert line["duration_ms"] > 0
    (failure,) = (line for line in lines if "the well is dry" in line["message"])
    assert failure["level"] == "error"
    assert not [key for key in KEYS[:2] if key in service.log]


def test_nobody_reading_the_log_does_not_stop_the_service(spawn, ask):
    reading, writing = os.pipe()
    process = spawn(writing, CACHE_WARM="", GENERATOR_WORKERS=0, LOG_FORMAT="json")
    os.close(writing)
    port = port_told_by(reading)
    # Many times what the pipe holds; each path is logged up to 300 characters.
    path = "/health?" + "x" * 300
    for _ in range(300):
        assert ask(port, path).status == 400
    assert ask(port, "/health").status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    os.close(reading)


def test_a_log_whose_reader_has_gone_stops_nothing_but_ctrl_c_does(spawn, ask):
    reading, writing = os.pipe()
    process = spawn(writing, CACHE_WARM="", GENERATOR_WORKERS=0)
    os.close(writing)
    port = port_told_by(reading)
    os.close(reading)
    for _ in range(20):
        assert ask(port, "/health").status == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


class Caller(threading.Thread):
    """Sends one request after the other over one connection, until it is asked to close that.

    It does not come back then: a connection that is opened while the port is closed may be reset.

    Attributes:
        is_under_way: its first answer is there.
        told_to_leave: an answer asked it to close its connection.
        unanswered: what became of a request that was sent, but not answered.
    """

    def __init__(self, port, path, seeds):
        super().__init__()
        self.is_under_way = threading.Event()
        self.told_to_leave = False
        self.unanswered = None
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._path = path
        self._seeds = seeds

    def run(self):
        with contextlib.closing(self._connection):
            while not (self.told_to_leave or self.unanswered):
                self._ask()

    def _ask(self):
        try:
            self._connection.request("GET", self._path.format(next(self._seeds)))
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            self.unanswered = error
            return
        self.told_to_leave |= response.getheader("Connection") == "close"
        self.is_under_way.set()


@contextlib.contextmanager
def begun_response(service):
    """Give the begin of a response of many megabytes, and the connection that holds the rest."""
    with socket.create_connection(("127.0.0.1", service.ready())) as client:
        client.settimeout(30)
        client.sendall(b"GET /generate/huge HTTP/1.1\r\nHost: localhost\r\n\r\n")
        yield client.recv(1024), client


def wait_until_refused(port):
    """Wait until the port is closed."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionResetError:
            continue  # it was closed just then
        except ConnectionRefusedError:
            return
    raise TimeoutError


def port_told_by(reading):
    """Return the port that the first lines from the pipe tell of, and read no further."""
    told = b""
    while not (match := re.search(rb"serves on http://127\.0\.0\.1:(\d+)", told)):
        chunk = os.read(reading, 65536)
        assert chunk, told
        told += chunk
    return int(match[1])
