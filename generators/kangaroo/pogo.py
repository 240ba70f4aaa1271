"""The pogo stick: pole, bar and plate, the only ruled things, and the spring."""

from __future__ import annotations

import numpy as np

from ..ink import Brush, Floats, Samples, Stroke, floats, hairlines, joined
from .anatomy import PLATE, POLE, SPRING
from .rider import Rider

_TURNS = 7
_PER_TURN = 14
_COIL = 13.0

_METAL = Brush(
    ink=0.95, dryness=(-0.2, 0.3), pool=0.4, ragged=0.15, wobble=0.1, taper=(0.005, 0.02)
)
_WET = Brush(ink=1.1, dryness=(-0.4, -0.1), pool=0.4, ragged=0.2, taper=(0.01, 0.06))

_POLE_ROWS = ((POLE, 342, 4.4), (POLE, 500, 4.2), (POLE, PLATE + 6, 4.8))
_BAR = ((349, 341, 4.6), (360, 342.5, 4.9), (374, 345.5, 5), (402, 355, 4.4))
"""It begins right of the far hand, which closes over it."""

_GRIPS = ((331, 341), (403, 355))
_PLATE_ROWS = ((302, 667, 2.5), (332, 665, 5), (378, 666, 5), (416, 668, 2))


def stick(rider: Rider) -> list[Stroke]:
    """Return pole and bar, which body and hands may hide."""
    return [Stroke(rider.rigid(_POLE_ROWS), _METAL), Stroke(rider.rigid(_BAR), _WET)]


def plate(rider: Rider) -> list[Stroke]:
    """Return the plate, which nothing hides."""
    return [Stroke(rider.rigid(_PLATE_ROWS), _WET)]


def fittings(rider: Rider) -> Floats:
    """Return the ends of the grips and the foot under the spring as spots.

    Spots are rows (x, y, radius, ink, stretch, angle).
    """
    base = SPRING + rider.gesture.spring
    places = rider.rigid((*_GRIPS, (POLE, base + 5), (POLE, base + 12))).tolist()
    down = np.pi / 2
    looks = (
        (4.6, 1.3, 1.4, -0.05),
        (5.0, 1.3, 1.75, 0.3),
        (6.5, 1.1, 1.0, down),
        (4.6, 1.1, 1.7, down),
    )
    return floats(
        [
            (*place, size * rider.scale, ink, stretch, rider.gesture.tilt + angle)
            for place, (size, ink, stretch, angle) in zip(places, looks, strict=True)
        ]
    )


def spring(rider: Rider) -> Samples:
    """Return the coil, darker where it comes to the front."""
    length = rider.gesture.spring
    rise = length / _TURNS
    turn = np.linspace(0, 2 * np.pi * _TURNS, _TURNS * _PER_TURN + 1)
    across = (_COIL + 60 / length) * np.cos(turn)
    down = length * turn / turn[-1] + 0.35 * rise * np.sin(turn)
    coil = rider.rigid(floats(np.column_stack([POLE + across, SPRING + down])))
    density = floats(0.45 + 0.65 * np.maximum(0, np.sin(turn)))
    wire = hairlines(np.column_stack([coil, density])[np.newaxis])
    thickness = min(0.9, 0.13 * rise)
    return joined([wire, wire.moved(0, -thickness), wire.moved(0, thickness)])


def plate_edge(rider: Rider) -> Floats:
    """Return the underside of the plate, where ink may drip from."""
    return rider.rigid(((304, PLATE + 5), (330, PLATE + 6)))
