"""Ink samples and the one place where they become a density field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Floats

_FAINTEST = 0.004
"""Weights up to this are dropped: a quarter of the lightest of 255 levels, hundreds in a gap."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Specks of ink, what every mark turns into.

    Attributes:
        x, y: position in pixels, (0, 0) the centre of the top left pixel, y down.
        weight: optical density brought to one pixel; negative lightens what lies there.
    """

    x: Floats
    y: Floats
    weight: Floats

    def scaled(self, factor: float | Floats) -> Samples:
        """Return the same specks with weights times `factor`, one number or one per speck."""
        return Samples(self.x, self.y, self.weight * np.asarray(factor, np.float32))

    def moved(self, dx: float, dy: float) -> Samples:
        """Return the same specks `dx` to the right and `dy` down."""
        return Samples(self.x + np.float32(dx), self.y + np.float32(dy), self.weight)

    def behind(self, cover: Floats) -> Samples:
        """Return the specks as far as `cover` leaves them visible: weights times 1 - cover.

        Args:
            cover: shape (height, width) of the picture, 0 (clear) … 1 (hidden).
        """
        height, width = cover.shape
        rows = np.clip(np.rint(self.y), 0, height - 1).astype(np.intp)
        columns = np.clip(np.rint(self.x), 0, width - 1).astype(np.intp)
        return self.scaled(1 - cover[rows, columns])


def joined(parts: Sequence[Samples]) -> Samples:
    """Return all specks of `parts` as one; none at all without parts."""
    if not parts:
        empty = np.empty(0, np.float32)
        return Samples(empty, empty, empty)
    return Samples(
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )


class Canvas:
    """Collects the samples of a layer, then lays them down in one go."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._parts: list[Samples] = []

    def add(self, samples: Samples, weight: float = 1.0) -> None:
        """Take `samples` with their weights times `weight`; what lies outside leaves no ink."""
        strong = np.abs(samples.weight) > _FAINTEST / max(abs(weight), 1e-6)
        kept = np.flatnonzero(strong)
        x, y, ink = samples.x.take(kept), samples.y.take(kept), samples.weight.take(kept)
        np.clip(x, -1, self.width, out=x)
        np.clip(y, -1, self.height, out=y)
        if weight != 1.0:
            ink *= np.float32(weight)
        self._parts.append(Samples(x, y, ink))

    def density(self) -> Floats:
        """Return the optical density of all that was added, shape (height, width).

        Each sample is shared bilinearly by the four pixels around it. A border around the
        picture takes what falls over its edge: one pixel, and below it what the last pixel's
        neighbours need.
        """
        stride = self.width + 2
        padded = np.zeros((self.height + 4, stride), np.float32)
        _splat(padded.reshape(-1), stride, joined(self._parts))
        return np.ascontiguousarray(padded[1 : self.height + 1, 1 : self.width + 1])


def _splat(flat: Floats, stride: int, samples: Samples) -> None:
    column = np.floor(samples.x)
    row = np.floor(samples.y)
    pixel = row.astype(np.intp)
    pixel *= stride
    pixel += column.astype(np.intp)
    pixel += stride + 1
    right = np.subtract(samples.x, column, out=column)
    below = np.subtract(samples.y, row, out=row)
    bottom = samples.weight * below
    top = samples.weight - bottom
    bottom_right = bottom * right
    top_right = top * right
    # np.add.at adds in single precision in place: one quarter of the traffic of bincount.
    np.add.at(flat, pixel, np.subtract(top, top_right, out=top))
    np.add.at(flat[1:], pixel, top_right)
    np.add.at(flat[stride:], pixel, np.subtract(bottom, bottom_right, out=bottom))
    np.add.at(flat[stride + 1 :], pixel, bottom_right)
