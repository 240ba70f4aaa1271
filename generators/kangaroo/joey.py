"""The joey: from complexity 45 up it looks out of the pouch, the higher the bolder."""

from __future__ import annotations

from ..ink import (
    Floats,
    Stroke,
    bone_line,
    closed_spline,
    floats,
    stream,
    turned,
)
from .figure import measured
from .rider import Rider

_SHY = 45
_HEAD = (
    (294, 480),
    (295, 465),
    (303, 455),
    (315, 453),
    (327, 459),
    (338, 466),
    (340, 472),
    (331, 477),
    (316, 481),
)
_EARS = (
    ((301, 459, 3), (294, 447, 5.5), (287, 437, 1)),
    ((311, 455, 3), (310, 442, 5.5), (307, 430, 1)),
)
_SPOTS = ((338, 467), (320, 462), (320.7, 461.2))
_ROOT = (308.0, 486.0)


class Joey:
    """A joey where the pouch is."""

    def __init__(self, rider: Rider, complexity: int) -> None:
        boldness = (complexity - _SHY) / (100 - _SHY)
        self._scale = rider.scale
        self._head, *self._ears, self._spots = rider.flesh(
            [
                turned(rows, _ROOT, 0.12 * boldness, shift=(0, 5 - 11 * boldness))
                for rows in (_HEAD, *_EARS, _SPOTS)
            ]
        )

    @staticmethod
    def looks_out(complexity: int) -> bool:
        """Return whether a picture of `complexity` shows it."""
        return complexity >= _SHY

    def outlines(self) -> list[Floats]:
        """Return head and ears as polygons."""
        return [closed_spline(self._head[:, :2]), *(ear.outline() for ear in measured(self._ears))]

    def lines(self, seed: int) -> list[Stroke]:
        """Return its contour."""
        return [bone_line(stream(seed, "joey"), self._head[1:8], 1.5, ink=0.8, dry=0.4)]

    def face(self) -> Floats:
        """Return nose, eye and its light as spots, rows (x, y, radius, ink, stretch, angle)."""
        looks = ((2.4, 1.6), (2.3, 1.7), (0.6, -2.0))
        places = self._spots[:, :2].tolist()
        return floats(
            [
                (*place, size * self._scale, ink, 1, 0)
                for place, (size, ink) in zip(places, looks, strict=True)
            ]
        )
