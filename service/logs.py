"""The log: one line per request and event, for people (with emoji) or machines (JSON).

Lines are formatted and written by a thread of their own, in batches: a request only leaves a tuple
behind, and a reader that stalls never stops the event loop.
"""

from __future__ import annotations

import codecs
import functools
import json
import logging
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Literal, NamedTuple, Protocol

from monitoring import HUNG_UP

LogFormat = Literal["console", "json"]

# Lines that may wait for a stalled reader; beyond that the oldest are dropped.
_MAX_WAITING = 50_000
_BATCH_SECONDS = 0.05
_MAX_PATH = 300
_MAX_METHOD = 20

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


# What a request leaves behind: the fields of an `Access`, since making one takes as long as the
# cache's whole share of a hit.
AccessFields = tuple[float, str, str, str, int, float, str]


class Access(NamedTuple):
    """What is logged of one answered request."""

    time: float
    request_id: str
    method: str
    path: str
    status: int
    seconds: float
    cache: str

    @property
    def level(self) -> int:
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return logging.WARNING
        return logging.ERROR if self.status >= 500 else logging.INFO

    @property
    def message(self) -> str:
        """What happened, in the words of the console."""
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return "⏳ not now"
        if self.status >= 500:
            return "❌ failed"
        if self.status == HUNG_UP:
            return "✂ hung up"
        if self.cache in {"hit", "stale"}:
            return "📦 served from cache"
        if self.cache in {"miss", "coalesced"} and self.status < 400:
            return "✨ generated"
        return "➜ answered"


class Stream(Protocol):
    """Where lines go: any text stream, or a `Descriptor`."""

    @property
    def encoding(self) -> str | None: ...

    def write(self, text: str, /) -> object:
        """Write all of `text`."""

    def flush(self) -> object:
        """Let it go now."""


class Descriptor:
    """A file descriptor as a stream without buffer and lock.

    A thread that is stuck writing to `sys.stderr` holds its lock, without which the interpreter
    cannot end; one that is stuck here can be left behind.
    """

    def __init__(self, descriptor: int, encoding: str) -> None:
        self._descriptor = descriptor
        self.encoding = encoding

    def write(self, text: str) -> None:
        """Write all of `text`, waiting for the reader even where the descriptor would not."""
        waiting = memoryview(text.encode(self.encoding))
        while waiting:
            try:
                waiting = waiting[os.write(self._descriptor, waiting) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])

    def flush(self) -> None:
        """Nothing is held back."""


def standard_error() -> Stream:
    """Return the standard error stream of this process, or the void if it was started without."""
    # Without one the name is None, and its descriptor may by now be a connection of ours.
    given = sys.stderr
    if given is None:
        return Descriptor(os.open(os.devnull, os.O_WRONLY), "utf-8")
    return Descriptor(given.fileno(), given.encoding)


class LogWriter:
    """Owns the thread that writes to a stream; `close` writes what is left.

    Args:
        stream: where lines go.
        log_format: for people or for machines.
        log_level: debug, info, warning or error; access lines of lesser weight are left out.
    """

    def __init__(self, stream: Stream, log_format: LogFormat, log_level: str) -> None:
        self._stream = stream
        self._encoding = codecs.lookup(stream.encoding or "utf-8").name
        self._level = _LEVELS[log_level]
        # Replaced by backslash and code, an emoji would be no JSON.
        self._encoder = json.JSONEncoder(ensure_ascii=self._encoding != "utf-8")
        self._line = self._json_line if log_format == "json" else _console_line
        self._waiting: deque[AccessFields | logging.LogRecord] = deque(maxlen=_MAX_WAITING)
        self._lost = 0
        self._signalled = False
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def access(self, fields: AccessFields) -> None:
        """Log one answered request."""
        if self._level <= logging.INFO or Access(*fields).level >= self._level:
            self._put(fields)

    def event(self, record: logging.LogRecord) -> None:
        """Log one record of the logging module."""
        self._put(record)

    def close(self) -> None:
        """Write what waits and end the thread; one that is stuck is left behind after 1 s."""
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout=1.0)

    def _put(self, item: AccessFields | logging.LogRecord) -> None:
        if len(self._waiting) == _MAX_WAITING:
            self._lost += 1
        self._waiting.append(item)
        # Setting an event takes a lock; once per batch is enough.
        if not self._signalled:
            self._signalled = True
            self._wake.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(_BATCH_SECONDS)
            self._wake.clear()
            self._signalled = False
            self._write()
        self._write()

    def _write(self) -> None:
        items = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if self._lost:
            items.append(_loss(self._lost))
            self._lost = 0
        if not items:
            return
        text = "".join(f"{self._line(item)}\n" for item in items)
        try:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                # What a client sent may hold characters that the stream cannot write.
                escaped = text.encode(self._encoding, "backslashreplace")
                self._stream.write(escaped.decode(self._encoding))
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            # The reader is gone, or the stream closed, for good: keep nothing for it.
            self._waiting = deque(maxlen=0)
        except OSError:
            # A full disk may have room again, and is then told what it missed.
            self._lost += len(items)

    def _json_line(self, item: AccessFields | logging.LogRecord) -> str:
        document = _document(item)
        line = self._encoder.encode(document)
        # Some readers end a line at more characters than the one that we do.
        return line if line.isprintable() else json.dumps(document)


class _Handler(logging.Handler):
    def __init__(self, writer: LogWriter, level: int) -> None:
        super().__init__()
        self._writer = writer
        self._least = level

    def emit(self, record: logging.LogRecord) -> None:
        told = _without_alarm(record) if _is_of_a_bad_body(record) else record
        if told.levelno >= self._least:
            self._writer.event(told)


def _is_of_a_bad_body(record: logging.LogRecord) -> bool:
    """Return whether the server failed to read what a caller sent after it had answered."""
    if record.name != "aiohttp.server" or not record.exc_info:
        return False
    # Who logs under that name has been imported; at the top this would delay the workers' start.
    from aiohttp.web import RequestPayloadError

    return isinstance(record.exc_info[1], RequestPayloadError)


def _without_alarm(record: logging.LogRecord) -> logging.LogRecord:
    """Return what is told of a caller's fault: for debugging the caller, without traceback."""
    text = "the body of a request could not be read"
    told = logging.LogRecord(
        record.name, logging.DEBUG, record.pathname, record.lineno, text, (), None
    )
    told.created = record.created
    return told


def install(writer: LogWriter, log_level: str) -> Callable[[], None]:
    """Send the records of the logging module to `writer`; return what takes it back."""
    root = logging.getLogger()
    handler = _Handler(writer, _LEVELS[log_level])
    previous = root.level
    root.addHandler(handler)
    root.setLevel(_LEVELS[log_level])

    def uninstall() -> None:
        root.removeHandler(handler)
        root.setLevel(previous)

    return uninstall


def _loss(lines: int) -> logging.LogRecord:
    text = "%d lines of the log were lost: they were not read, or could not be written"
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, (lines,), None)


def _console_line(item: AccessFields | logging.LogRecord) -> str:
    if isinstance(item, tuple):
        now, request_id, method, path, status, seconds, cache = item
        told = _told(method, path, status, cache)
        return (
            f"{_second(now // 1)}.{int(now % 1 * 1000):03d} {told}"
            f" {seconds * 1000:.1f} ms cache={cache} id={request_id}"
        )
    text = "\n".join(filter(None, (_text(item), _traceback(item))))
    # Further lines are set off: nothing that was sent to us can pass for a line of ours.
    first, *others = map(_printable, text.split("\n"))
    line = f"{_clock(item.created)} {item.levelname:<7} {first}"
    return "\n    ".join((line, *others))


def _document(item: AccessFields | logging.LogRecord) -> dict[str, object]:
    if isinstance(item, tuple):
        access = Access(*item)
        members = {
            "request_id": access.request_id,
            "method": _shown_method(access.method),
            "path": _shown_path(access.path),
            "status": access.status,
            "duration_ms": round(access.seconds * 1000, 3),
            "cache": access.cache,
        }
        return _entry(access.time, access.level, access.message, members)
    members = {"logger": item.name}
    if traceback := _traceback(item):
        members["traceback"] = traceback
    return _entry(item.created, item.levelno, _text(item), members)


def _entry(
    seconds: float, level: int, message: str, members: Mapping[str, object]
) -> dict[str, object]:
    return {
        "time": f"{_utc_second(int(seconds))}.{int(seconds % 1 * 1000):03d}+00:00",
        "level": logging.getLevelName(level).lower(),
        "message": message,
        **members,
    }


def _clock(seconds: float) -> str:
    return f"{_second(int(seconds))}.{int(seconds % 1 * 1000):03d}"


@functools.lru_cache(maxsize=2)
def _second(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))


@functools.lru_cache(maxsize=2)
def _utc_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


# Most lines are of hits, which are many and alike.
@functools.lru_cache(maxsize=1024)
def _told(method: str, path: str, status: int, cache: str) -> str:
    access = Access(0.0, "", method, path, status, 0.0, cache)
    level = logging.getLevelName(access.level)
    return f"{level:<7} {access.message}  {_shown_method(method)} {_shown_path(path)} {status}"


def _shown_method(method: str) -> str:
    return _printable(method[:_MAX_METHOD])


def _shown_path(path: str) -> str:
    return _printable(path[:_MAX_PATH])


def _printable(text: str) -> str:
    """Return `text` with what a terminal would obey, not show, as escape sequences."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _text(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # arguments that do not fit must not end the log of all others
        return f"{record.msg!r} cannot be formatted: {type(error).__name__}"


def _traceback(record: logging.LogRecord) -> str:
    if not record.exc_info:
        return ""
    return logging.Formatter().formatException(record.exc_info)
