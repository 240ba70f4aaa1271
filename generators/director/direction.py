"""What a director decides, and how an untrusted answer becomes that decision."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from typing import Annotated, Any, Final

from PIL import ImageColor
from pydantic import Field, field_validator

from ..generator import Parameters
from .errors import UnusableAnswer

MIN_COMPLEXITY: Final = 20
MAX_COMPLEXITY: Final = 100
DEFAULT_COMPLEXITY: Final = 40
MIN_CHAOS: Final = 0.1
MAX_CHAOS: Final = 2.0
DEFAULT_CHAOS: Final = 1.0
DEFAULT_COLOR: Final = "#000000"
MAX_INSCRIPTION_CHARACTERS: Final = 60

# A direction is under 200 characters; models that think aloud first write a few thousand.
MAX_ANSWER_CHARACTERS: Final = 20_000
# Bounds of the search for the object, so that a hostile answer costs milliseconds at most.
_MAX_STARTS: Final = 50
_MAX_NODES: Final = 200
# Longer than any spelling of a colour or a number that is worth reading.
_MAX_WORD_CHARACTERS: Final = 40

_COLOR_NAMES: Final = ("color_hex", "color", "colour")
_FIELD_NAMES: Final = frozenset((*_COLOR_NAMES, "complexity", "chaos"))
_BARE_HEX: Final = re.compile(r"[0-9A-Fa-f]{6}")


class Direction(Parameters):
    """What a prompt asks of the enso."""

    color: Annotated[
        str, Field(pattern=r"^#[0-9a-f]{6}$", description="Ink colour, #rrggbb in lower case")
    ] = DEFAULT_COLOR
    complexity: Annotated[
        int,
        Field(
            ge=MIN_COMPLEXITY,
            le=MAX_COMPLEXITY,
            description="Density: width of the brush, stray hairs, splatter",
        ),
    ] = DEFAULT_COMPLEXITY
    chaos: Annotated[
        float, Field(ge=MIN_CHAOS, le=MAX_CHAOS, description="From serene to unhinged")
    ] = DEFAULT_CHAOS
    text_overlay: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=MAX_INSCRIPTION_CHARACTERS,
            description="A short inscription beside the stroke",
        ),
    ] = None

    @field_validator("text_overlay")
    @classmethod
    def _printable(cls, text: str | None) -> str | None:
        if text is not None and text != inscription(text):
            raise ValueError(
                "must be single-spaced text without control characters or outer blanks"
            )
        return text


# Types only, and every field required: what all providers of structured output accept. Ranges
# are told in words, since several reject `minimum`, and the answer is clamped anyway.
DIRECTION_SCHEMA: Final[dict[str, object]] = {
    "type": "object",
    "properties": {
        "color_hex": {"type": "string", "description": "ink colour as #rrggbb"},
        "complexity": {"type": "integer", "description": "20 (sparse) to 100 (dense)"},
        "chaos": {"type": "number", "description": "0.1 (serene) to 2.0 (unhinged)"},
        "text_overlay": {
            "type": ["string", "null"],
            "description": "at most 60 characters to write beside the stroke, only if asked for",
        },
    },
    "required": ["color_hex", "complexity", "chaos", "text_overlay"],
    "additionalProperties": False,
}


def direction_from_answer(answer: str) -> Direction:
    """Make a direction of what a model wrote, however badly it wrote it.

    Takes the first JSON object with a readable colour, complexity or chaos: bare, fenced, amid
    prose, in an array or inside another object. Values out of range are clamped, those that
    cannot be read take their default. Only the first 20,000 characters are looked at.

    Raises:
        UnusableAnswer: there is no such object.
    """
    for fields in _objects(answer[:MAX_ANSWER_CHARACTERS]):
        direction = _read(fields)
        if direction is not None:
            return direction
    raise UnusableAnswer("the provider's answer holds no direction")


def inscription(text: str) -> str | None:
    """Return `text` as it may be drawn: one line, printable, at most 60 characters.

    Drops every character of Unicode category C (control, format, surrogate, private,
    unassigned); None when nothing is left.
    """
    # Four times the limit leaves room for what is dropped, and bounds the work.
    line = " ".join(text[: 4 * MAX_INSCRIPTION_CHARACTERS].split())
    printable = "".join(sign for sign in line if unicodedata.category(sign)[0] != "C")
    return " ".join(printable[:MAX_INSCRIPTION_CHARACTERS].split()) or None


def _read(fields: dict[str, Any]) -> Direction | None:
    color = next(filter(None, (_color(fields.get(name)) for name in _COLOR_NAMES)), None)
    complexity = _number(fields.get("complexity"))
    chaos = _number(fields.get("chaos"))
    if color is None and complexity is None and chaos is None:
        return None
    overlay = fields.get("text_overlay")
    return Direction(
        color=color or DEFAULT_COLOR,
        complexity=(
            DEFAULT_COMPLEXITY
            if complexity is None
            else round(_clamp(complexity, MIN_COMPLEXITY, MAX_COMPLEXITY))
        ),
        chaos=DEFAULT_CHAOS if chaos is None else round(_clamp(chaos, MIN_CHAOS, MAX_CHAOS), 2),
        text_overlay=inscription(overlay) if isinstance(overlay, str) else None,
    )


def _objects(answer: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of `answer` that have one of the fields, in order."""
    decoder = json.JSONDecoder()
    position = 0
    for _ in range(_MAX_STARTS):
        position = _next_start(answer, position)
        if position < 0:
            return
        try:
            found, position = decoder.raw_decode(answer, position)
        except (ValueError, RecursionError):  # not JSON here, or a number or nesting too long
            position += 1
        else:
            yield from _objects_within(found)


def _next_start(answer: str, position: int) -> int:
    starts = [at for at in (answer.find(sign, position) for sign in "{[") if at >= 0]
    return min(starts, default=-1)


def _objects_within(found: Any) -> Iterator[dict[str, Any]]:
    """Yield what has one of the fields in a parsed value, outermost first."""
    waiting = deque([found])
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        node = waiting.popleft()
        if isinstance(node, dict):
            if not _FIELD_NAMES.isdisjoint(node):
                yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node[:_MAX_NODES])


def _number(value: Any) -> float | None:
    """Read a number, or a short string of one; None for NaN and for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > _MAX_WORD_CHARACTERS:
        return None
    if isinstance(value, int):  # may be too large for a float
        return float(_clamp(value, -MAX_COMPLEXITY, MAX_COMPLEXITY))
    try:
        number = float(value)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _color(value: Any) -> str | None:
    """Read #rgb, #rrggbb, rrggbb, rgb(…), hsl(…) or a CSS name."""
    if not isinstance(value, str) or len(value) > _MAX_WORD_CHARACTERS:
        return None
    spelled = value.strip()
    if _BARE_HEX.fullmatch(spelled):
        spelled = f"#{spelled}"
    try:
        channels = ImageColor.getrgb(spelled)[:3]
    except ValueError:
        return None
    return "#" + "".join(f"{min(max(channel, 0), 255):02x}" for channel in channels)


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
