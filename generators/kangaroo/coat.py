"""The coat: dry brushes along back and haunch, single hairs, and tufts that break the outline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..ink import Brush, Floats, Samples, Stroke, flicks, floats, normals, spline, stream
from . import anatomy
from .figure import Figure
from .rider import Rider

_DRY = Brush(
    ink=0.27, dryness=(0.05, 0.6), pool=0.3, ragged=0.25, wobble=0.3, taper=(0.02, 0.3), pitch=0.9
)
_FAINT = replace(_DRY, ink=0.16, dryness=(0.12, 0.62))
_DARK = replace(_DRY, ink=0.4, dryness=(-0.05, 0.5))
_CREST = replace(_DRY, ink=0.62, dryness=(0.15, 0.8), ragged=0.35, taper=(0.04, 0.4))
_EAR = replace(_DARK, dryness=(0.1, 0.7))

_SPINE = (
    (290, 308, 12),
    (250, 364, 22),
    (213, 428, 27),
    (196, 500, 26),
    (200, 550, 23),
    (170, 600, 19),
    (128, 620, 13),
    (84, 608, 8),
)
_STROKES: tuple[tuple[anatomy.Shape, Brush], ...] = (
    (_SPINE, _DRY),
    (
        (
            (288, 298, 4),
            (254, 350, 9),
            (216, 412, 11),
            (192, 470, 11),
            (187, 520, 10),
            (180, 562, 9),
            (152, 596, 6),
        ),
        _CREST,
    ),
    (((226, 488, 14), (258, 496, 28), (296, 530, 28), (326, 560, 15)), _FAINT),
    (((262, 645, 9), (300, 652, 9), (350, 656, 7), (396, 656, 4)), _DARK),
    (((92, 612, 10), (66, 584, 9), (52, 548, 6), (52, 506, 2.5)), _DARK),
)
_LAWNS: tuple[tuple[anatomy.Shape, float, float, float], ...] = (
    (_SPINE, 2.5, 9, 21),
    (((318, 316, 6), (308, 352, 9), (300, 400, 16), (296, 450, 20), (286, 490, 16)), 0.8, 7, 14),
    (((236, 498, 22), (268, 508, 30), (300, 540, 26), (322, 566, 12)), 1.2, 7, 17),
)
"""Where hairs grow: along what, how many per complexity, shortest and longest in pixels."""

_PATH = 200


class Coat:
    """The coat of one figure."""

    def __init__(self, rider: Rider, figure: Figure) -> None:
        shapes = [rows for rows, _ in _STROKES] + [lawn[0] for lawn in _LAWNS]
        placed = rider.flesh(shapes)
        self._strokes, self._lawns = placed[: len(_STROKES)], placed[len(_STROKES) :]
        self._back = figure.lines.back
        self._ears = (figure.limbs.near_ear, figure.limbs.far_ear)

    def brushed(self) -> list[Stroke]:
        """Return the dry strokes that shade back, haunch, foot, end of the tail and the ears."""
        strokes = [
            Stroke(rows, brush) for rows, (_, brush) in zip(self._strokes, _STROKES, strict=True)
        ]
        return strokes + [Stroke(ear.rows * floats([1, 1, 0.5]), _EAR) for ear in self._ears]

    def hairs(self, seed: int, complexity: int, chaos: float) -> Samples:
        """Return single hairs on spine, chest and flank, and tufts that stand off the back.

        Complexity makes them many, chaos long and unruly.
        """
        rng = stream(seed, "hairs")
        parts = [
            _grown(rng, rows, int(share * complexity), (short, long), 0.1 + 0.14 * chaos)
            for rows, (_, share, short, long) in zip(self._lawns, _LAWNS, strict=True)
        ]
        parts.append(_tufts(rng, self._back, int(1.3 * complexity), chaos))
        x, y, heading, length = np.concatenate(parts, axis=1)
        return flicks(rng, x, y, heading, length, ink=0.9)


def _grown(
    rng: np.random.Generator,
    rows: Floats,
    count: int,
    length: tuple[float, float],
    unrest: float,
) -> Floats:
    """Return hairs that lie along a limb, rows x, y, heading, length."""
    path = spline(rows, _PATH)
    at = rng.integers(4, _PATH - 8, count)
    side = normals(path)[at]
    root = path[at, :2] + side * path[at, 2:] * floats(rng.uniform(-0.95, 0.95, (count, 1)))
    heading = np.arctan2(-side[:, 0], side[:, 1]) + rng.normal(0, unrest, count)
    return floats(np.stack([root[:, 0], root[:, 1], heading, rng.uniform(*length, count)]))


def _tufts(rng: np.random.Generator, back: Floats, count: int, chaos: float) -> Floats:
    """Return hairs that leave the back, rows x, y, heading, length."""
    path = spline(back, _PATH)
    at = rng.integers(15, _PATH - 4, count)
    outward = normals(path)[at]
    heading = np.arctan2(outward[:, 1], outward[:, 0]) - 1.15
    heading += rng.normal(0, 0.10 + 0.16 * chaos, count)
    return floats(
        np.stack([path[at, 0], path[at, 1], heading, rng.uniform(6, 12 + 9 * chaos, count)])
    )
