"""The two array types that all ink is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Densities, coordinates, masks: single precision everywhere, half the memory traffic of double."""

Bytes = NDArray[np.uint8]
"""Finished 8-bit fields and colour tables."""

Rows = Floats | Sequence[Sequence[float]]
"""Control points as an array or as literal rows, such as ((x, y, half_width), …)."""


def floats(values: Rows | Sequence[float] | NDArray[Any] | float) -> Floats:
    """Return `values` as a single-precision array, without a copy where it is one already."""
    return np.asarray(values, dtype=np.float32)
