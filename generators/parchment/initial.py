"""The great first letter of a text, in its box of penwork."""

from __future__ import annotations

import numpy as np

from ..ink import floats
from .alphabet import alphabet
from .pen import PenPath, pen_path
from .strokes import Drawing, circles, lifted, lines, segments

_FILL = 0.66
"""How much of its box the letter takes."""

NIB = 0.085
"""Width of the nib that writes it, relative to the box."""

NIB_ANGLE = -0.75
"""Direction of that nib, radians."""


def great_letter(
    rng: np.random.Generator, left: float, top: float, size: float, ink: float
) -> PenPath:
    """Return the path of a letter that fills a box, to be written with a nib of NIB times its size.

    Args:
        rng: stream of the choice.
        left, top, size: the box's upper left corner and side, pixels.
        ink: optical density.
    """
    table = alphabet()
    kind = int(rng.integers(table.count.size))
    chosen = slice(table.first[kind], table.first[kind] + table.count[kind])
    shape = table.points[chosen]
    low, high = shape.min(axis=0), shape.max(axis=0)
    scale = size * _FILL / (high - low)
    scale = np.minimum(scale, 1.7 * scale.min())  # a small letter is widened, not distorted
    rows = np.full((len(shape), 3), ink, np.float32)
    rows[:, :2] = (shape - (low + high) / 2) * scale * (1, -1) + (left + size / 2, top + size / 2)
    return PenPath(rows, table.drawn[chosen])


def penwork(rng: np.random.Generator, left: float, top: float, size: float) -> PenPath:
    """Return the box of a great letter and its ornament, ink relative to writing."""
    path = pen_path(_ornament(rng))
    return PenPath(path.points * floats([size, size, 1]) + floats([left, top, 0]), path.drawn)


def _ornament(rng: np.random.Generator) -> Drawing:
    """Return the frame, its ground and three vines on a square of side 1."""
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], float)
    frame = [
        segments(inset + (1 - 2 * inset) * square[:-1], inset + (1 - 2 * inset) * square[1:], ink)
        for inset, ink in ((0.0, 1.1), (0.05, 0.7))
    ]
    rows = np.linspace(0.09, 0.91, 15)
    edges = np.full(15, 0.08)
    ground = segments(np.column_stack([edges, rows]), np.column_stack([1 - edges, rows]), 0.22)
    t = np.linspace(0, 1, 24)
    vines = []
    for reach, turn in zip(rng.uniform(0.5, 1.5, 3), (-1, 1, -1), strict=True):
        curl = turn * (1.0 - 7 * t**3)
        heading = np.pi / 2 + np.cumsum(curl) / t.size
        steps = reach / t.size * np.column_stack([np.cos(heading), np.sin(heading)])
        vines.append(np.cumsum(steps, axis=0) + np.array([0.02 + 0.03 * turn, 1.0]))
    ends = np.array([vine[-1] for vine in vines])
    return [
        *frame,
        ground,
        lifted(np.stack(vines), 0.9),
        circles(ends[:, 0], ends[:, 1], 0.03),
        lines(square * 1.06 - 0.03, 0.5),
    ]
