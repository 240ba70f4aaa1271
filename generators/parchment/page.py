"""Where on the sheet is written, and where something is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ink import floats
from .composition import SIZE, TALL, Composition, Round
from .hand import Rows

_LEFT, _RIGHT, _TOP, _BOTTOM = 0.125 * SIZE, 0.875 * SIZE, 0.14 * SIZE, 0.875 * SIZE
_NARROWEST = 95.0
"""Pieces of a row shorter than this stay empty, pixels."""

_INITIAL_ROWS = 3

_Row = tuple[float, float, float]
"""Left and right end and baseline of a row."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows of one size.

    Attributes:
        rows: where they run.
        height: of a small letter, pixels.
    """

    rows: Rows
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """What is put on a sheet.

    Attributes:
        blocks: rows to write.
        figure: where the drawing goes, if there is one.
        initial: the box of the great first letter, if there is one: left, top, size.
    """

    blocks: tuple[Block, ...]
    figure: Round | None
    initial: tuple[float, float, float] | None


def arranged(rng: np.random.Generator, plan: Composition, complexity: int, script: float) -> Page:
    """Return the page of a composition.

    Args:
        rng: stream of row ends and fading.
        plan: the composition.
        complexity: 20 … 100; more means smaller writing.
        script: 0 … 1; less means fewer and paler rows.
    """
    pitch = (_BOTTOM - _TOP) / (8 + 0.16 * complexity)
    arrange = {
        "letter": _letter,
        "columns": _columns,
        "margin": _margin,
        "wheel": _wheel,
        "verse": _verse,
        "plate": _plate,
    }[plan.layout]
    groups, figure = arrange(rng, pitch, plan)
    initial = _with_initial(groups) if plan.initial else None
    blocks = tuple(
        Block(_inked(rng, rows, script, justified), (3.0 + 0.14 * pitch) * scale)
        for rows, scale, justified in groups
        if rows
    )
    return Page(blocks, figure if plan.figure else None, initial)


_Group = tuple[list[_Row], float, bool]
"""Rows, their size relative to the page's, and whether they are justified."""


def _letter(
    rng: np.random.Generator, pitch: float, plan: Composition
) -> tuple[list[_Group], Round | None]:
    bottom = _BOTTOM if plan.seal is None else plan.seal.y - plan.seal.radius - 0.9 * pitch
    date = (_RIGHT - 210, _RIGHT, _TOP)
    greeting = (_LEFT, _LEFT + rng.uniform(180, 330), _TOP + 1.3 * pitch)
    body = _paragraphs(rng, _LEFT, _RIGHT, _TOP + 2.7 * pitch, bottom - 1.6 * pitch, pitch)
    name = (_RIGHT - rng.uniform(240, 300), _RIGHT, bottom)
    return [([date], 0.85, False), ([greeting, *body], 1.0, False), ([name], 1.5, False)], None


def _columns(
    rng: np.random.Generator, pitch: float, plan: Composition
) -> tuple[list[_Group], Round | None]:
    pitch *= 0.82
    gutter = rng.uniform(24, 34)
    middle = SIZE / 2 + rng.normal(0, 8)
    sides = ((_LEFT - 14, middle - gutter), (middle + gutter, _RIGHT + 14))
    rows = [_even(left, right, _TOP, _BOTTOM, pitch) for left, right in sides]
    side = int(rng.integers(2))
    left, right = sides[side]
    radius = 0.44 * (right - left)
    y = float(rng.choice((_TOP + radius, SIZE / 2, _BOTTOM - radius)))
    figure = Round((left + right) / 2, y, radius * (0.72 if plan.figure in TALL else 1.0))
    if plan.figure:
        reach = radius + 0.8 * pitch
        rows[side] = [row for row in rows[side] if not y - reach < row[2] < y + reach + 0.3 * pitch]
    return [(rows[0] + rows[1], 0.86, True)], figure


def _margin(
    rng: np.random.Generator, pitch: float, plan: Composition
) -> tuple[list[_Group], Round | None]:
    on_left = rng.random() < 0.45
    width = 0.29 * SIZE
    left, right = (_LEFT - 20 + width, _RIGHT) if on_left else (_LEFT, _RIGHT + 20 - width)
    x = _LEFT - 20 + 0.42 * width if on_left else _RIGHT + 20 - 0.42 * width
    tall = plan.figure in TALL
    radius = 0.39 * width * (1.15 if tall else 1.0)
    y = SIZE * rng.uniform(0.3, 0.66)
    body = _paragraphs(rng, left, right, _TOP, _BOTTOM, pitch, blank=0.0)
    reach = radius * (1.5 if tall else 1.0)
    note = [
        (x - 0.36 * width, x + 0.38 * width, y + reach + (k + 1.6) * 0.72 * pitch)
        for k in range(int(rng.integers(0, 5)))
    ]
    note = [row for row in note if row[2] < _BOTTOM]
    return [(body, 1.0, bool(rng.random() < 0.5)), (note, 0.72, False)], Round(x, y, radius)


def _wheel(
    rng: np.random.Generator, pitch: float, plan: Composition
) -> tuple[list[_Group], Round | None]:
    radius = SIZE * rng.uniform(0.15, 0.185)
    wheel = Round(SIZE / 2 + rng.normal(0, 12), SIZE * rng.uniform(0.45, 0.55), radius)
    rows = _even(_LEFT, _RIGHT, _TOP, _BOTTOM, pitch)
    return [(_around(rows, wheel, 0.55 * pitch), 1.0, True)], wheel


def _verse(
    rng: np.random.Generator, pitch: float, plan: Composition
) -> tuple[list[_Group], Round | None]:
    left = _LEFT + rng.uniform(10, 60)
    long = rng.uniform(330, 430)
    stanza = int(rng.integers(3, 6))
    rows = []
    y = _TOP
    while y + (stanza - 1) * pitch < _BOTTOM:
        indents = 34.0 * (np.arange(stanza) % 2)
        rows += [
            (left + indent, left + indent + long * rng.uniform(0.72, 1.0), y + k * pitch)
            for k, indent in enumerate(indents)
        ]
        y += (stanza + 1.1) * pitch
    tall = plan.figure in TALL
    figure = Round(SIZE * 0.74, SIZE * rng.uniform(0.4, 0.64), 118 if tall else 132)
    return [(rows, 1.1, False)], figure


def _plate(
    rng: np.random.Generator, pitch: float, plan: Composition
) -> tuple[list[_Group], Round | None]:
    radius = SIZE * rng.uniform(0.19, 0.23)
    tall = plan.figure in TALL
    reach = radius * (1.12 if tall else 1.0)
    below = plan.seal is None and rng.random() < 0.45
    y = SIZE - 0.15 * SIZE - reach if below else 0.15 * SIZE + reach
    plate = Round(SIZE / 2 + rng.normal(0, 14), y, radius * (0.74 if tall else 1.0))
    top, bottom = (_TOP, y - reach - pitch) if below else (y + reach + 1.5 * pitch, _BOTTOM)
    if plan.seal is not None:
        bottom = plan.seal.y - plan.seal.radius - 0.6 * pitch
    inset = rng.uniform(30, 110)
    rows = _even(_LEFT + inset, _RIGHT - inset, top, bottom, pitch)
    notes = [
        (x, x + 120, plate.y + rng.uniform(-0.8, 0.7) * radius + k * 0.72 * pitch)
        for x in (_LEFT - 10, _RIGHT - 110)
        for k in range(int(rng.integers(1, 4)))
    ]
    return [(rows, 1.0, True), (notes, 0.68, False)], plate


def _with_initial(groups: list[_Group]) -> tuple[float, float, float] | None:
    """Make room for a great letter before the first rows; return its box: left, top, size."""
    rows, scale, justified = groups[0]
    if len(rows) < _INITIAL_ROWS + 1:
        return None
    left = min(row[0] for row in rows[:_INITIAL_ROWS])
    pitch = rows[1][2] - rows[0][2]
    size = (_INITIAL_ROWS - 0.25) * pitch
    pushed = [(left + size + 16, right, y) for _, right, y in rows[:_INITIAL_ROWS]]
    groups[0] = (pushed + rows[_INITIAL_ROWS:], scale, justified)
    return left, rows[0][2] - 0.62 * pitch, size


def _even(left: float, right: float, top: float, bottom: float, pitch: float) -> list[_Row]:
    return [(left, right, float(y)) for y in np.arange(top, bottom + 0.5 * pitch, pitch)]


def _paragraphs(
    rng: np.random.Generator,
    left: float,
    right: float,
    top: float,
    bottom: float,
    pitch: float,
    blank: float = 0.3,
) -> list[_Row]:
    """Return rows in paragraphs: the first indented, the last short, perhaps a gap between."""
    rows = []
    y, until_end = top, int(rng.integers(3, 9))
    begins = True
    while y <= bottom + 0.3 * pitch:
        end = right - 0.08 * (right - left) * rng.random() ** 2
        begin = left + (42.0 if begins else 0.0) + 3 * rng.standard_normal()
        begins = until_end == 0
        if begins:
            end = left + (right - left) * rng.uniform(0.28, 0.75)
            until_end = int(rng.integers(3, 9))
        rows.append((begin, end, y))
        y += pitch * (1.9 if begins and rng.random() < blank else 1.0)
        until_end -= 1
    return rows


def _around(rows: Sequence[_Row], wheel: Round, gap: float) -> list[_Row]:
    """Return the rows with a circle left free."""
    pieces = []
    for left, right, y in rows:
        off = abs(y - 0.25 * gap - wheel.y) / (wheel.radius + gap)
        if off >= 1:
            pieces.append((left, right, y))
            continue
        half = (wheel.radius + gap) * float(np.sqrt(1 - off**2))
        pieces += [(left, wheel.x - half, y), (wheel.x + half, right, y)]
    return [piece for piece in pieces if piece[1] - piece[0] > _NARROWEST]


def _inked(rng: np.random.Generator, rows: Sequence[_Row], script: float, justified: bool) -> Rows:
    """Return the rows with their ink: some nearly gone, and the fewer the fainter the ghost."""
    left, right, baseline = floats(rows).T
    fade = rng.uniform(0.36, 1.0, len(rows)) ** 1.3
    kept = rng.random(len(rows)) < 0.25 + 1.5 * script
    ink = fade * kept * min(1.0, 4 * script) * (0.25 + 1.25 * script)
    return Rows(left, right, baseline, floats(ink), justified)
