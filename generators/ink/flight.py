"""How far flung ink flies before it lands on the sheet."""

from __future__ import annotations

import numpy as np

from .arrays import Floats, floats

_MARGIN = 14.0
"""Bare pixels along the border, half the length of the largest drop."""

_STEEP = 1e-6


def flights_on_sheet(
    x: Floats, y: Floats, angle: Floats, distance: Floats, sheet: tuple[int, int]
) -> Floats:
    """Return the distances at which drops land, so that the border cuts none.

    A flight within the sheet stays as it is. One that would go past the border lands as much
    nearer, in proportion, as it would have gone too far: drops that all stopped at the border
    would line it.

    Args:
        x, y: where each sets out, pixels.
        angle: the way it flies, radians.
        distance: how far it would fly without a border, > 0 pixels.
        sheet: width and height in pixels.
    """
    room = np.minimum(_room(x, np.cos(angle), sheet[0]), _room(y, np.sin(angle), sheet[1]))
    return floats(np.minimum(distance, np.square(room) / distance))


def _room(start: Floats, direction: Floats, size: int) -> Floats:
    """Return how far one may go from `start` before one axis ends, 0 where it is outside."""
    ahead = np.where(direction > 0, size - _MARGIN - start, start - _MARGIN)
    return floats(np.maximum(ahead, 0) / np.maximum(np.abs(direction), _STEEP))
