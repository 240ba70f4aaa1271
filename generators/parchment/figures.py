"""The drawings by name, placed on the sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from ..ink import Floats, floats, turned
from .beings import herb, moth, serpent, tentacle
from .composition import Figure, Round
from .diagrams import chart, enso, moons
from .pen import PenPath, pen_path
from .strokes import Drawing

FIGURES: Mapping[Figure, Callable[[np.random.Generator, float], Drawing]] = MappingProxyType(
    {
        "enso": enso,
        "chart": chart,
        "herb": herb,
        "tentacle": tentacle,
        "moth": moth,
        "moons": moons,
        "serpent": serpent,
    }
)
"""Each draws itself on a circle of radius 1 about (0, 0), y down, from a stream and a detail of
0 … 1. Those in TALL reach to 1.5 above and below."""

_WAVES = 6
_UNSTEADY = 0.0026
"""Deviation of the amplitude of each wave that bends a drawing, in units of its radius."""

_WAVE_NUMBER = 9.0
"""Deviation of the waves' numbers, radians per radius: most are longer than a small circle."""


def drawn_figure(rng: np.random.Generator, figure: Figure, detail: float, place: Round) -> PenPath:
    """Return the path of a figure on the sheet, its third column the ink relative to writing.

    Args:
        rng: stream of its shape.
        figure: which.
        detail: 0 (few lines) … 1.
        place: where; the radius is that of the figure's circle.
    """
    tilt = float(rng.normal(0, 0.05))
    path = pen_path(FIGURES[figure](rng, detail))
    points = path.points.copy()
    points[:, :2] += _unsteady(rng, points[:, :2])
    points[:, :2] = turned(
        points[:, :2], (0, 0), tilt, scale=place.radius, shift=(place.x, place.y)
    )
    return PenPath(points, path.drawn)


def _unsteady(rng: np.random.Generator, places: Floats) -> Floats:
    """Return how far a hand strays at places of the unit circle, shape (places, 2).

    Neighbours stray alike, so that the eye sees a hand, and small circles stay round.
    """
    numbers = floats(rng.normal(0, _WAVE_NUMBER, (2, _WAVES)))
    phases = floats(rng.uniform(0, 2 * np.pi, _WAVES))
    amplitudes = floats(rng.normal(0, _UNSTEADY, (_WAVES, 2)))
    return floats(np.sin(places @ numbers + phases) @ amplitudes)
