"""The measures that all parts of a sigil share."""

from __future__ import annotations

import numpy as np

from ..ink import Floats, floats

SIZE = 500
MIDDLE = (SIZE - 1) / 2
RIM = 212.0
"""Radius between the two outermost rings, where ink escapes."""

RUNE_RADIUS = 191.0
TICK_RADIUS = 171.0
STAR_RADIUS = 168.0


def at(angles: Floats, radius: float | Floats) -> Floats:
    """Return the points (n, 2) in those directions from the middle."""
    return floats(
        np.column_stack([MIDDLE + radius * np.cos(angles), MIDDLE + radius * np.sin(angles)])
    )
