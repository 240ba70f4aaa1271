"""A hand: who wrote, how slanted, how hurried; and rows of their writing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, floats
from .alphabet import alphabet
from .pen import PenPath

_WORD_LENGTHS = np.arange(1, 12)
_WORD_ODDS = np.array([2, 11, 17, 17, 15, 12, 10, 7, 5, 3, 1]) / 100
_WIDEST_STRETCH = 1.25
"""How far a justified row is stretched at most; shorter ones stay ragged."""

_NARROWEST = 0.75
"""Mean advance of the narrowest texts, in heights times the hand's width, word gaps included."""

_DIP = 55
"""Letters that a freshly dipped quill writes."""


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """How somebody writes.

    Attributes:
        slant: what x gains per unit of height.
        width: letters' width relative to the alphabet's.
        gap: space between words in heights of a small letter.
        joined: share of letters that are joined to the one before.
        tension: 0 (round) … 1 (angular), see `quill`.
        nib, angle: of the quill, pixels and radians.
        unsteady: deviation of points in heights of a small letter.
        sway: how far rows wander, in heights of a small letter.
        odds: shape (letters,), how often each is written.
    """

    slant: float
    width: float
    gap: float
    joined: float
    tension: float
    nib: float
    angle: float
    unsteady: float
    sway: float
    odds: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows to be written.

    Attributes:
        left, right: shape (rows,), where each may begin and must end, pixels.
        baseline: shape (rows,), pixels.
        ink: shape (rows,), optical density.
        justified: whether words are spread to reach the right end.
    """

    left: Floats
    right: Floats
    baseline: Floats
    ink: Floats
    justified: bool = False


def chosen_hand(rng: np.random.Generator, chaos: float) -> Hand:
    """Return a hand: a cursive, an upright book hand or an angular one."""
    letters = alphabet().odds
    odds = letters * rng.gamma(2.5, 0.4, letters.size)  # every hand has a language of its own
    odds /= odds.sum()
    manner = rng.choice(3, p=(0.55, 0.27, 0.18))
    slant = (rng.uniform(0.12, 0.5), rng.normal(0.02, 0.04), rng.uniform(-0.12, 0.2))[manner]
    return Hand(
        slant=float(slant),
        width=(rng.uniform(0.85, 1.15), rng.uniform(0.78, 0.95), rng.uniform(0.75, 0.95))[manner],
        gap=float(rng.uniform(0.65, 0.95)),
        joined=(0.96, 0.12, 0.45)[manner],
        tension=(rng.uniform(0, 0.15), rng.uniform(0.2, 0.45), rng.uniform(0.75, 1))[manner],
        nib=(rng.uniform(0.9, 1.3), rng.uniform(1.5, 2.0), rng.uniform(1.1, 1.5))[manner],
        angle=float(rng.normal(-0.7, 0.12)),
        unsteady=0.020 + 0.030 * chaos,
        sway=0.08 + 0.16 * chaos,
        odds=odds,
    )


def written(rng: np.random.Generator, hand: Hand, rows: Rows, height: float) -> PenPath:
    """Return the path that fills `rows` with words as high as `height` (a small letter, pixels).

    Words that would not end within their row are left out.
    """
    letters = alphabet()
    reach = (rows.right - rows.left) / height
    most = int(reach.max(initial=0) / (_NARROWEST * hand.width)) + 3
    kind = np.searchsorted(
        np.cumsum(hand.odds[:-1]), rng.random((reach.size, most), dtype=np.float32)
    )
    last = _word_ends(rng, kind.shape)
    width = letters.advance[kind] * np.float32(hand.width)
    width *= 1 + np.float32(0.07) * rng.standard_normal(kind.shape, dtype=np.float32)
    stop = np.cumsum(width + np.float32(hand.gap) * last, axis=1) - np.float32(hand.gap) * last
    start = stop - width
    fits = last & (stop <= reach[:, np.newaxis])
    until = np.where(fits.any(axis=1), most - 1 - np.argmax(fits[:, ::-1], axis=1), -1)
    if rows.justified:
        used = np.take_along_axis(stop, np.maximum(until, 0)[:, np.newaxis], axis=1)
        stretch = reach[:, np.newaxis] / np.maximum(used, 1e-3)
        start *= np.where(stretch < _WIDEST_STRETCH, stretch, 1)

    row, place = np.nonzero(np.arange(most) <= until[:, np.newaxis])
    first = np.ones_like(last)
    first[:, 1:] = last[:, :-1]
    joined = ~first[row, place] & (rng.random(row.size) < hand.joined)
    return _traced(
        rng, hand, height, _Letters(kind[row, place], joined, start[row, place], row), rows
    )


def _word_ends(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    lengths = rng.choice(_WORD_LENGTHS, shape, p=_WORD_ODDS)
    ends = np.cumsum(lengths, axis=1) - 1
    marks = np.zeros((shape[0], shape[1] + 1), np.bool_)
    np.put_along_axis(marks, np.minimum(ends, shape[1]), True, axis=1)
    return marks[:, :-1]


@dataclass(frozen=True, slots=True, eq=False)
class _Letters:
    """All letters in the order of writing: kind, whether joined, x in heights, row."""

    kind: NDArray[np.intp]
    joined: NDArray[np.bool_]
    start: Floats
    row: NDArray[np.intp]


def _traced(
    rng: np.random.Generator, hand: Hand, height: float, letters: _Letters, rows: Rows
) -> PenPath:
    """Return the points of every letter, slanted, unsteady, on its row."""
    table = alphabet()
    count = table.count[letters.kind]
    owner = np.repeat(np.arange(count.size), count)
    begins = np.cumsum(count) - count
    source = table.first[letters.kind][owner] + np.arange(owner.size) - begins[owner]
    shape = table.points[source] + np.float32(hand.unsteady) * rng.standard_normal(
        (owner.size, 2), dtype=np.float32
    )
    size = floats(rng.normal(1, 0.05, count.size))[owner]
    row = letters.row[owner]
    x, y = shape[:, 0] * size, shape[:, 1] * size
    across = letters.start[owner] + np.float32(hand.width) * x + np.float32(hand.slant) * y
    drift = 6 * np.cumsum(rng.normal(0, 0.012, count.size)) + letters.row
    lift = floats(hand.sway * np.sin(drift))[owner]  # a baseline that wanders but comes back
    points = np.empty((owner.size, 3), np.float32)
    points[:, 0] = rows.left[row] + height * across
    points[:, 1] = rows.baseline[row] - height * (y + lift)
    points[:, 2] = rows.ink[row] * _load(rng, count.size)[owner]
    drawn = table.drawn[source]
    drawn[begins] = letters.joined
    return PenPath(points, drawn)


def _load(rng: np.random.Generator, count: int) -> Floats:
    """Return the ink of each letter in turn: fullest after a dip, then ever less."""
    since = (np.arange(count) + rng.integers(0, _DIP)) % _DIP / _DIP
    load = 1.3 - 0.75 * since**0.8
    return floats(load * rng.normal(1, 0.08, count))
