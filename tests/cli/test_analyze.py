"""`nanobanana analyze` shows what ails a running service, and prints the settings that cure it."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from dotenv import dotenv_values

MULTIPLES = ("0.25x", "0.5x", "1x", "2x", "4x", "8x")


def advice(setting, present, proposed, why, ratio=0.9):
    return {
        "action": "raise-ttl",
        "setting": setting,
        "from": present,
        "to": proposed,
        "predicted_hit_ratio": ratio,
        "memory_bytes": 1,
        "why": why,
    }


def analysis(diagnosis, *recommendations, lookups=500):
    return {
        "lookups": lookups,
        "hit_ratio": 0.25,
        "predicted_hit_ratio": {"capacity": dict.fromkeys(MULTIPLES, 0.5)},
        "diagnosis": diagnosis,
        "recommendations": list(recommendations),
    }


@pytest.fixture
def analytics():
    """What the service of this test answers, by type."""
    return {"enso": analysis("healthy")}


@pytest.fixture
def analyze(nanobanana, analytics):
    """A function that runs the command against a server that answers with `analytics`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/cache/analytics"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({"analytics": analytics}).encode())

        def log_message(self, *_arguments):
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield lambda *arguments: nanobanana("analyze", *arguments, "--url", url)
        server.shutdown()
        thread.join()


def test_a_service_that_is_too_small_is_told_and_cured(serving, nanobanana):
    def looped(service):
        for seed in [*range(12)] * 6:
            service.ask(f"/generate/sigil?seed={seed}&width=16")
        return f"http://127.0.0.1:{service.port()}"

    small = {"CACHE_SIZE_SIGIL": 3, "CACHE_WARM": "", "GENERATOR_WORKERS": 0}
    sick = serving(**small)
    sick.ready()
    url = looped(sick)
    ended = nanobanana("analyze", "--url", url)
    assert ended.returncode == 0
    row = next(line.split() for line in ended.stdout.splitlines() if line.startswith(" sigil"))
    assert (row[1], row[-1]) == ("72", "too-small")
    lines = nanobanana("analyze", "--apply", "--url", url).stdout
    advised = dotenv_values(stream=io.StringIO(lines))
    assert list(advised) == ["CACHE_SIZE_SIGIL"]
    assert lines.startswith("# sigil: ")
    sick.signal(15)
    sick.exit_code()

    well = serving(**{**small, **advised})
    well.ready()
    url = looped(well)
    document = json.loads(nanobanana("analyze", "--json", "--url", url).stdout)
    assert document["analytics"]["sigil"]["diagnosis"] == "healthy"
    ended = nanobanana("analyze", "--apply", "--url", url)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "Nothing to change.\n")


def test_the_table_fits_a_terminal_and_says_nothing_twice(analyze, analytics):
    analytics["directed_enso"] = analysis("high-variation", lookups=1_000_000)
    analytics["sigil"] = analysis("low-volume", lookups=0)
    ended = analyze()
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert "…" not in ended.stdout
    rows = {line.split()[0]: line.split() for line in ended.stdout.splitlines() if line.strip()}
    assert rows["enso"][1:] == ["500", "25.0", *["50"] * 6, "healthy"]
    assert rows["sigil"][1:] == ["0", *["-"] * 7, "low-volume"]
    assert ended.stdout.endswith("Nothing to change.\n")


def test_advice_names_setting_value_ratio_and_reason(analyze, analytics):
    analytics["enso"] = analysis("too-small", advice("CACHE_SIZE_ENSO", 20, 66, "60 [keys] fit."))
    assert analyze().stdout.endswith(
        "enso: CACHE_SIZE_ENSO=66, was 20, then 90.0% hit\n  60 [keys] fit.\n"
    )


def test_the_larger_of_two_values_of_a_shared_setting_serves_both(analyze, analytics):
    for name, seconds in (("giraffe", 7200.0), ("kangaroo", 14400.0)):
        why = f"{name}s come back\nlate"
        analytics[name] = analysis(
            "ttl-too-short", advice("CACHE_TTL_CREATURE", 3600.0, seconds, why)
        )
    analytics["sigil"] = analysis("high-variation", advice(None, None, None, "Ask for less."))
    ended = analyze("--apply")
    assert ended.stdout.splitlines() == [
        "# giraffe: giraffes come back late",
        "# kangaroo: kangaroos come back late",
        "CACHE_TTL_CREATURE=14400",
    ]
    assert ended.stderr == ""


def test_a_document_and_settings_at_once_are_asked_wrongly(nanobanana):
    with pytest.raises(SystemExit) as ended:
        nanobanana("analyze", "--json", "--apply")
    assert ended.value.code == 2


@pytest.mark.parametrize("how", [(), ("--apply",)])
def test_somebody_else_answering_is_told(analyze, analytics, how):
    analytics["enso"] = ["hello"]
    ended = analyze(*how)
    assert ended.returncode == 1
    assert "is not NanoBanana" in ended.stderr
