"""What goes into the worker pool, what comes out, and what the pool reports about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..encode import Format
from ..generator import Parameters


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to draw.

    Attributes:
        asset_type: the name of the generator.
        parameters: an instance of that generator's parameter model; it is pickled.
        seed: 0 … 2^63-1.
        format: the file format.
        width: pixels, 16 … 2048, or None for the native size.
    """

    asset_type: str
    parameters: Parameters
    seed: int
    format: Format
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as a file, and how long each stage took.

    Attributes:
        body: the file.
        width, height: of the picture in it, in pixels.
        queue_seconds: from submission until a worker took the order, lost attempts included.
        render_seconds: drawing.
        encode_seconds: scaling and writing the file.
    """

    body: bytes
    width: int
    height: int
    queue_seconds: float
    render_seconds: float
    encode_seconds: float


class GenerationOutcome(StrEnum):
    """How one attempt at a generation ended."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class GenerationReport:
    """The facts of one attempt that ended.

    An order gives one report, or one `crashed` for each worker that died with it and then its
    last. An order that is dropped from the queue because nobody waits gives none.

    Attributes:
        asset_type, format: of the order.
        outcome: how it ended.
        queue_seconds: until a worker took it; until it ended, if none did.
        render_seconds, encode_seconds, output_bytes: only of what was drawn.
        exception: what the caller got, or, of a crash that is tried again, would have got.
    """

    asset_type: str
    format: Format
    outcome: GenerationOutcome
    queue_seconds: float
    render_seconds: float | None = None
    encode_seconds: float | None = None
    output_bytes: int | None = None
    exception: Exception | None = None


@dataclass(frozen=True, slots=True)
class PoolReport:
    """The pool at this moment.

    Attributes:
        workers: how many there should be.
        ready: how many are alive and loaded, drawing or not.
        busy: how many of them draw.
        queued: orders that wait for a worker.
        in_progress: orders being drawn, by asset type; a type without any may be absent.
    """

    workers: int
    ready: int
    busy: int
    queued: int
    in_progress: Mapping[str, int]
