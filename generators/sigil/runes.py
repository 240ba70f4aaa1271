"""Runes nobody reads: staves, branches and feet from a small grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, Samples, floats, quill_lines

_LEVELS = np.array([-0.5, -0.25, 0.0, 0.25, 0.5])
_SIDES = np.array([-0.32, 0.0, 0.32])


@dataclass(frozen=True, slots=True, eq=False)
class Runes:
    """The lines of some runes, each in a cell from -½ to ½ with y down.

    Attributes:
        rune: (lines,), which rune a line belongs to.
        ends: (lines, 4), rows (x0, y0, x1, y1).
    """

    rune: NDArray[np.intp]
    ends: Floats


def cast(rng: np.random.Generator, count: int) -> Runes:
    """Return `count` random runes: one or two staves, one to three branches, sometimes a foot."""
    stave = np.array([[0.0, np.nan], [-0.3, np.nan], [-0.3, 0.3]])[rng.integers(0, 3, count)]
    staves = np.stack([stave, np.full_like(stave, -0.5), stave, np.full_like(stave, 0.5)], axis=-1)

    x0 = np.repeat(stave[:, :1], 3, axis=1)
    x1 = rng.choice(_SIDES, (count, 3))
    x1 = np.where(np.abs(x1 - x0) < 0.05, x1 + 0.34, x1)
    y0, y1 = rng.choice(_LEVELS, (2, count, 3))
    present = np.arange(3) < rng.integers(1, 4, (count, 1))
    branches = np.stack([np.where(present, x0, np.nan), y0, x1, y1], axis=-1)

    footed = np.where(rng.random((count, 1)) < 0.3, -0.14, np.nan)
    level = np.full_like(footed, 0.62)
    feet = np.stack([footed, level, np.full_like(footed, 0.14), level], axis=-1)

    ends = np.concatenate([staves, branches, feet], axis=1)
    drawn = ~np.isnan(ends).any(axis=-1)
    return Runes(np.nonzero(drawn)[0], floats(ends[drawn]))


def written(
    rng: np.random.Generator,
    runes: Runes,
    centres: Floats,
    upright: Floats,
    cell: tuple[float, float],
    *,
    ink: float = 1.15,
    thick: float = 0.45,
    wobble: float = 0.5,
) -> Samples:
    """Return `runes` at their places.

    Args:
        rng: the stream of the hand's unsteadiness.
        runes: what to write.
        centres: (runes, 2), the cells' centres in pixels.
        upright: (runes,), the direction in which each rune's top points.
        cell: width and height of the cell in pixels.
        ink, thick, wobble: as for `quill_lines`.
    """
    top = np.column_stack([np.cos(upright), np.sin(upright)])[runes.rune]
    side = np.column_stack([-top[:, 1], top[:, 0]])
    width, height = cell
    first, last = (
        centres[runes.rune]
        + side * (runes.ends[:, at : at + 1] * np.float32(width))
        - top * (runes.ends[:, at + 1 : at + 2] * np.float32(height))
        for at in (0, 2)
    )
    return quill_lines(
        rng,
        floats(first[:, 0]),
        floats(first[:, 1]),
        floats(last[:, 0]),
        floats(last[:, 1]),
        ink=ink,
        thick=thick,
        wobble=wobble,
    )
