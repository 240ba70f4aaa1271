"""Each event is one line that cannot be forged, in both formats, and no reader can stop us."""

import io
import json
import logging
import os
import threading

import pytest

from service.logs import Access, Descriptor, LogWriter, install, standard_error

FORMATS = ("console", "json")


def access(**changes):
    fields = {
        "time": 1_700_000_000.25,
        "request_id": "abc-1",
        "method": "GET",
        "path": "/generate/enso",
        "status": 200,
        "seconds": 0.01234,
        "cache": "hit",
    }
    return Access(**fields | changes)


def written(log_format, *items, level="info", encoding="utf-8"):
    """Return the lines that these access lines and records come to."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding, newline="")
    writer = LogWriter(stream, log_format, level)
    for item in items:
        if isinstance(item, Access):
            writer.access(item)
        else:
            writer.event(item)
    writer.close()
    text = raw.getvalue().decode(encoding)
    assert not text or text.endswith("\n")
    return text.split("\n")[:-1]


def record(message, *arguments, level=logging.INFO, exc_info=None):
    return logging.LogRecord("ink", level, __file__, 1, message, arguments, exc_info)


def caught(error):
    """Return the facts of `error` once it has been raised and caught."""
    with pytest.raises(type(error)) as failure:
        raise error
    return failure.type, failure.value, failure.tb


@pytest.mark.parametrize(
    ("status", "cache", "level", "told"),
    [
        (200, "hit", "INFO", "📦 served from cache"),
        (304, "hit", "INFO", "📦 served from cache"),
        (200, "stale", "INFO", "📦 served from cache"),
        (200, "miss", "INFO", "✨ generated"),
        (200, "coalesced", "INFO", "✨ generated"),
        (200, "none", "INFO", "➜ answered"),
        (404, "none", "INFO", "➜ answered"),
        (500, "none", "ERROR", "❌ failed"),
        (504, "none", "ERROR", "❌ failed"),
        (503, "none", "WARNING", "⏳ not now"),
    ],
)
def test_a_request_is_told_by_its_outcome(status, cache, level, told):
    item = access(status=status, cache=cache)
    (line,) = written("console", item)
    assert f" {level:<7} {told}  GET /generate/enso {status} 12.3 ms cache={cache} id=abc-1" in line
    (line,) = written("json", item)
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.250+00:00",
        "level": level.lower(),
        "message": told,
        "request_id": "abc-1",
        "method": "GET",
        "path": "/generate/enso",
        "status": status,
        "duration_ms": 12.34,
        "cache": cache,
    }


# Line ends of terminals, of str.splitlines and of JavaScript; escape sequences; half characters.
FORGERIES = (
    "/a\n22:13:20.000 INFO forged",
    "/a\r22:13:20.000 INFO forged",
    "/a\x85forged",
    "/a\u2028forged",
    "/a\x0bforged\x1c",
    "/a\x1b[2Jforged",
    "/a\x9b2Jforged",
    "/a\udc85\udcff",
    "/a\u202eforged",
    '/a"} {"message": "forged"',
    "/a\0",
)


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("text", FORGERIES)
def test_what_was_sent_cannot_forge_lines(log_format, encoding, text):
    error = caught(ValueError(text))
    items = access(path=text, method=text), record("asked for %s", text, exc_info=error)
    lines = written(log_format, *items, encoding=encoding)
    for line in lines:
        assert line.isprintable()
        assert len(line.splitlines()) == 1
    if log_format == "json":
        assert len([json.loads(line) for line in lines]) == 2
    else:
        assert len([line for line in lines if not line.startswith("    ")]) == 2


@pytest.mark.parametrize("log_format", FORMATS)
def test_long_paths_and_methods_are_cut(log_format):
    (line,) = written(log_format, access(path="/" + "x" * 8000, method="M" * 8000))
    assert len(line) < 600


def test_a_record_is_told_with_its_level_and_traceback():
    error = caught(KeyError("brush"))
    item = record("lost %d of %s", 1, "brushes", level=logging.WARNING, exc_info=error)
    first, *rest = written("console", item)
    assert first.endswith(" WARNING lost 1 of brushes")
    assert rest[0] == "    Traceback (most recent call last):"
    assert rest[-1] == "    KeyError: 'brush'"
    (line,) = written("json", item)
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == (
        "warning",
        "ink",
        "lost 1 of brushes",
    )
    assert told["traceback"].endswith("KeyError: 'brush'")


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_record_that_cannot_be_formatted_does_not_end_the_log(log_format):
    bad, good = written(log_format, record("%d brushes", "no"), record("on it goes"))
    assert "'%d brushes' cannot be formatted: TypeError" in bad
    assert "on it goes" in good


@pytest.mark.parametrize("log_format", FORMATS)
def test_the_level_decides_what_is_told(log_format):
    items = access(), access(status=500)
    assert len(written(log_format, *items, level="debug")) == 2
    assert len(written(log_format, *items, level="info")) == 2
    assert len(written(log_format, *items, level="warning")) == 1
    assert len(written(log_format, *items, level="error")) == 1


@pytest.mark.parametrize(
    ("level", "told"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)]
)
def test_the_records_of_all_loggers_are_told_by_level(level, told):
    stream = io.StringIO()
    writer = LogWriter(stream, "console", level)
    uninstall = install(writer, level)
    try:
        for each in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger("somebody.else").log(each, "hear, hear")
    finally:
        uninstall()
    logging.getLogger("somebody.else").error("too late")
    writer.close()
    assert stream.getvalue().count("hear, hear") == told
    assert "too late" not in stream.getvalue()


BAD_BODY = (
    b"POST /cache/clear HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"
)


@pytest.mark.parametrize(("level", "told"), [("debug", 1), ("info", 0), ("error", 0)])
async def test_a_body_that_cannot_be_read_is_the_callers_fault(running, level, told):
    stream = io.StringIO()
    writer = LogWriter(stream, "console", level)
    uninstall = install(writer, level)
    try:
        assert (await running.send(BAD_BODY)).startswith(b"HTTP/1.1 200 ")
        logging.getLogger("aiohttp.server").error("ours", exc_info=ValueError("no ink"))
    finally:
        uninstall()
        writer.close()
    text = stream.getvalue()
    assert text.count(" DEBUG   the body of a request could not be read") == told
    assert "RequestPayloadError" not in text
    assert text.count(" ERROR   ours\n    ValueError: no ink") == text.count("ERROR") == 1


def test_a_reader_that_stalls_delays_nobody_and_is_told_what_it_missed(monkeypatch):
    monkeypatch.setattr("service.logs._MAX_WAITING", 100)
    reading, writing = os.pipe()
    writer = LogWriter(Descriptor(writing, "utf-8"), "json", "info")
    try:
        item = access(path="/" + "x" * 290)
        for _ in range(5000):  # the pipe holds some 150 of them
            writer.access(item)
        closing = threading.Thread(target=writer.close)
        closing.start()
        told = b""
        while b"were lost" not in told:
            told += os.read(reading, 1 << 20)
        closing.join()
    finally:
        os.close(reading)
        os.close(writing)
    lines = [json.loads(line) for line in told.decode().splitlines()]
    lost = int(lines[-1]["message"].split()[0])
    assert len(lines) - 1 + lost == 5000


def test_a_descriptor_that_would_not_wait_is_waited_for():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text = "x" * 300_000
    thread = threading.Thread(target=Descriptor(writing, "utf-8").write, args=(text,))
    thread.start()
    told = b""
    while len(told) < len(text):
        told += os.read(reading, 1 << 20)
    thread.join()
    assert told == text.encode()
    os.close(reading)
    os.close(writing)


class FullDisk(io.StringIO):
    """A stream that has no room while `full`."""

    full = True

    def write(self, text):
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_full_disk_is_survived_and_told(monkeypatch):
    monkeypatch.setattr("service.logs._BATCH_SECONDS", 0.001)
    stream = FullDisk()
    refused = threading.Event()
    original = stream.write

    def write(text):
        try:
            return original(text)
        except OSError:
            refused.set()
            raise

    stream.write = write
    writer = LogWriter(stream, "console", "info")
    writer.access(access())
    assert refused.wait(10)
    stream.full = False
    writer.access(access(path="/after"))
    writer.close()
    assert "/after" in stream.getvalue()
    assert "1 lines of the log were lost" in stream.getvalue()


def test_a_process_without_standard_error_logs_into_the_void(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    writer = LogWriter(standard_error(), "console", "info")
    writer.access(access())
    writer.close()
