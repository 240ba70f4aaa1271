"""`nanobanana stats`, `clear` and `warm` talk to a running service, and say so when they cannot."""

import json
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import NamedTuple

import pytest

RIGHT, WRONG = "sesame", "simsim"


class Stranger(NamedTuple):
    url: str
    tokens: list


@pytest.fixture
def talk(nanobanana, running):
    """A function that runs a command against the running service, by default as its admin."""

    def run(*arguments, **settings):
        return nanobanana(*arguments, "--url", f"http://127.0.0.1:{running.port()}", **settings)

    return run


@pytest.fixture
def stranger():
    """A server that answers everything with JSON that is not ours, and notes the tokens it got."""
    tokens = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            tokens.append(self.headers["Authorization"])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'["hello"]')

        def log_message(self, *_arguments):
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Stranger(f"http://127.0.0.1:{server.server_port}", tokens)
        server.shutdown()
        thread.join()


def test_warm_fetches_and_stats_and_clear_tell_of_it(talk, running):
    ended = talk("warm", "sigil", "sigil")
    assert (ended.returncode, ended.stdout) == (0, "Warmed sigil.\n")
    assert "\x1b" not in ended.stderr

    ended = talk("stats", "--json")
    assert ended.returncode == 0
    cache = json.loads(ended.stdout)["cache_stats"]["caches"]["sigil"]
    assert (cache["size"], cache["misses"]) == (1, 1)

    ended = talk("stats")
    assert ended.returncode == 0
    row = next(line.split() for line in ended.stdout.splitlines() if "sigil" in line)
    assert row[:4] == ["sigil", "0.0%", "0", "1"]
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert "…" not in ended.stdout

    assert talk("clear", "sigil", ADMIN_TOKEN=WRONG).returncode == 1
    ended = talk("clear", "sigil", "--token", RIGHT, ADMIN_TOKEN=WRONG)
    assert (ended.returncode, ended.stdout) == (0, "Cleared sigil: 1 entry.\n")
    ended = talk("clear", ADMIN_TOKEN=RIGHT)
    assert (ended.returncode, ended.stdout) == (0, "Cleared every type: 0 entries.\n")
    assert running.ask("/cache/stats").json()["cache_stats"]["total_size"] == 0


def test_a_missing_token_is_told(talk):
    ended = talk("clear")
    assert ended.returncode == 1
    assert ended.stderr == "nanobanana: 401: This needs the admin token.\n"


@pytest.mark.parametrize("name", ["nebula", "directed_enso"])
def test_what_cannot_be_warmed_is_told(talk, name):
    ended = talk("warm", name)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"nanobanana: cannot warm {name}; can: parchment, enso, sigil")


def test_what_the_service_refuses_is_told(talk):
    ended = talk("clear", "nebula", "--token", RIGHT)
    assert ended.returncode == 2
    assert ended.stderr.startswith("nanobanana: Bad parameters: asset_type. asset_type must")
    assert ended.stderr.count("\n") == 1


def test_a_drawing_that_fails_is_told(talk):
    ended = talk("warm", "broken")
    assert ended.returncode == 1
    assert "nanobanana: 500: Something failed here" in ended.stderr


def test_without_url_the_settings_tell_where_the_service_is(nanobanana):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ended = nanobanana("stats", HOST="0.0.0.0", PORT=port)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"nanobanana: cannot talk to http://127.0.0.1:{port}: ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("url", ["localhost:8001", "ftp://localhost", "http://", "http://a:b"])
def test_a_url_that_is_none_is_exit_code_2(nanobanana, url):
    ended = nanobanana("stats", "--url", url)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"nanobanana: --url {url}: ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["stats", "warm"])
def test_somebody_else_answering_is_told(nanobanana, stranger, name):
    ended = nanobanana(name, "--url", stranger.url)
    assert ended.returncode == 1
    assert (
        ended.stderr.splitlines()[-1]
        == f"nanobanana: what answers at {stranger.url} is not NanoBanana"
    )
    assert "Traceback" not in ended.stderr


def test_a_reader_who_leaves_early_is_no_traceback(running, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "service", "stats", "--url", f"http://127.0.0.1:{running.port()}"],
        cwd=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=30,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_the_token_of_the_settings_goes_where_it_is_needed_alone(nanobanana, stranger):
    for name in ("stats", "warm", "analyze"):
        nanobanana(name, "--url", stranger.url, ADMIN_TOKEN=RIGHT)
    assert stranger.tokens == [None] * 3
    nanobanana("stats", "--url", stranger.url, "--token", RIGHT)
    assert stranger.tokens[3:] == [f"Bearer {RIGHT}"]
