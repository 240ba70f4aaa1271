"""What a sheet will be: its layout, its folds, its wounds; drawn before any ink."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

SIZE = 1024

BANDS = tuple(slice(row, row + 64) for row in range(0, SIZE, 64))
"""The sheet in pieces that fit a processor's cache: chains of full-size arithmetic go band by band,
or memory, which is shared with other processes, would be what they wait for."""

Layout = Literal["letter", "columns", "margin", "wheel", "verse", "plate"]
Figure = Literal["enso", "chart", "herb", "tentacle", "moth", "moons", "serpent"]

_LAYOUTS: tuple[Layout, ...] = ("letter", "columns", "margin", "wheel", "verse", "plate")
_LAYOUT_ODDS = (0.22, 0.18, 0.22, 0.13, 0.11, 0.14)

_FIGURES: Mapping[Layout, tuple[Figure, ...]] = MappingProxyType(
    {
        "letter": (),
        "columns": ("chart", "moth", "herb", "enso"),
        "margin": ("herb", "tentacle", "moth", "chart", "enso", "serpent", "moons"),
        "wheel": ("chart", "serpent", "enso", "moth"),
        "verse": ("moons", "enso", "tentacle", "herb"),
        "plate": ("chart", "serpent", "moth", "tentacle", "herb"),
    }
)

TALL: frozenset[Figure] = frozenset({"herb", "tentacle"})
"""Figures that are half as high again as they are wide."""

# Places of vertical and of horizontal folds; simple sheets first.
_FOLDS: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = (
    ((), ()),
    ((), (0.5,)),
    ((0.5,), ()),
    ((0.5,), (0.5,)),
    ((), (0.34, 0.67)),
    ((0.5,), (0.34, 0.67)),
    ((0.34, 0.67), (0.5,)),
    ((0.34, 0.67), (0.34, 0.67)),
)
_SIMPLE_FOLD_ODDS = (0.2, 0.24, 0.12, 0.3, 0.14, 0, 0, 0)
_INTRICATE_FOLD_ODDS = (0.08, 0.08, 0.06, 0.2, 0.14, 0.24, 0.1, 0.1)


@dataclass(frozen=True, slots=True)
class Round:
    """A circle on the sheet, in pixels."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Tear:
    """A corner that is gone: everything beyond a line.

    Attributes:
        x, y: the corner, 0 or 1 each.
        depth: how much of the corner's diagonal is lost, in sheet widths.
        lean: how unequal the two sides' losses are, -0.4 … 0.4.
    """

    x: int
    y: int
    depth: float
    lean: float


@dataclass(frozen=True, slots=True)
class Composition:
    """The decisions that make one sheet unlike another.

    Attributes:
        layout: how the writing is arranged.
        figure: what is drawn beside it, if anything.
        vertical, horizontal: places of folds, 0 … 1.
        initial: whether the text opens with a great letter.
        seal: where wax was dropped.
        burns: holes and bites that fire left.
        tear: the corner that was torn off.
        tilt: of the writing, radians.
    """

    layout: Layout
    figure: Figure | None
    vertical: tuple[float, ...]
    horizontal: tuple[float, ...]
    initial: bool
    seal: Round | None
    burns: tuple[Round, ...]
    tear: Tear | None
    tilt: float


def composed(rng: np.random.Generator, complexity: int, chaos: float, age: float) -> Composition:
    """Return the composition of a sheet."""
    layout = _LAYOUTS[rng.choice(len(_LAYOUTS), p=_LAYOUT_ODDS)]
    figures = _FIGURES[layout]
    pick, drawn, ornate = rng.random(3)
    bare = not figures or (layout in ("columns", "verse") and drawn < 0.35)
    share = min(1.0, max(0.0, (complexity - 35) / 30))
    odds = (1 - share) * np.array(_SIMPLE_FOLD_ODDS) + share * np.array(_INTRICATE_FOLD_ODDS)
    vertical, horizontal = _FOLDS[rng.choice(len(_FOLDS), p=odds / odds.sum())]
    seal = _seal(rng, layout)
    return Composition(
        layout=layout,
        figure=None if bare else figures[int(pick * len(figures))],
        vertical=tuple(place + rng.normal(0, 0.012) for place in vertical),
        horizontal=tuple(place + rng.normal(0, 0.012) for place in horizontal),
        initial=layout in ("columns", "margin") and ornate < 0.6,
        seal=seal,
        burns=tuple(burn for burn in _burns(rng, chaos, age) if not _touches(burn, seal)),
        tear=_tear(rng, chaos),
        tilt=float(rng.normal(0, 0.003 + 0.007 * chaos)),
    )


def _seal(rng: np.random.Generator, layout: Layout) -> Round | None:
    wanted, x, y, radius = rng.random(4)
    if layout not in ("letter", "plate", "verse") or wanted > 0.5:
        return None
    middle = 0.5 if layout == "plate" else 0.26 + 0.5 * x
    return Round(SIZE * middle, SIZE * (0.855 + 0.03 * y), 37 + 15 * radius)


def _burns(rng: np.random.Generator, chaos: float, age: float) -> tuple[Round, ...]:
    """Return bites out of the edge and, rarer, holes in the sheet; only wild sheets have any."""
    count = int(rng.random() + max(0.0, chaos - 0.7) * (0.5 + 0.8 * age))
    burns = []
    for _ in range(count):
        along, in_from, size = rng.random(3)
        side = int(rng.integers(4))
        depth = -0.02 + 0.06 * in_from if rng.random() < 0.6 else 0.12 + 0.12 * in_from
        place = ((along, depth), (along, 1 - depth), (depth, along), (1 - depth, along))[side]
        radius = 0.012 + 0.055 * size**1.7 * min(chaos, 1.6)
        burns.append(Round(SIZE * place[0], SIZE * place[1], SIZE * radius))
    return tuple(burns)


def _touches(burn: Round, seal: Round | None) -> bool:
    if seal is None:
        return False
    return float(np.hypot(burn.x - seal.x, burn.y - seal.y)) < 2 * (burn.radius + seal.radius)


def _tear(rng: np.random.Generator, chaos: float) -> Tear | None:
    wanted, depth, lean = rng.random(3)
    corner = int(rng.integers(4))
    if wanted > 0.3 * (chaos - 0.3):
        return None
    return Tear(corner % 2, corner // 2, 0.05 + 0.09 * depth, 0.8 * lean - 0.4)
