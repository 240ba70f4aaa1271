"""The drawings by name, placed on the sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from ..ink import turned
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

_UNSTEADY = 0.004


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
    points[:, :2] += np.float32(_UNSTEADY) * rng.standard_normal((len(points), 2), dtype=np.float32)
    points[:, :2] = turned(
        points[:, :2], (0, 0), tilt, scale=place.radius, shift=(place.x, place.y)
    )
    return PenPath(points, path.drawn)
