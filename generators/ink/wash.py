"""Silhouettes filled with wash: the bodies of creatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .arrays import Bytes, Floats, Rows, floats
from .splines import even_spline, normals
from .tone import blurred, enlarged, reduced

_MARGIN = 8
_SOFT = 2
"""Reach of the blur that softens edges, pixels; its five taps weigh 3, 4, 4, 4, 3."""

_STRIDE = 32
"""Windows begin and end at multiples of this, so that blurs keep matrices of few sizes."""

_QUARTER = 4
_Whole = TypeVar("_Whole", NDArray[np.uint8], NDArray[np.uint16])

_FORM = 4.5
"""Blur of the body's form, in pixels of the quarter-size mask."""
_CAP_SAMPLES = 9


def ribbon(rows: Rows, samples: int = 40) -> Floats:
    """Return the outline of a limb: a spline with half-widths, square where it begins, round tip.

    Args:
        rows: shape (n, 3), rows (x, y, half_width).
        samples: points along each side.

    Returns:
        shape (points, 2), a polygon.
    """
    path = even_spline(rows, samples)
    middle, half_width = path[:, :2], path[:, 2:]
    side = normals(path) * half_width
    tip, radius = middle[-1], float(half_width[-1, 0])
    toward = float(np.arctan2(side[-1, 1], side[-1, 0]))
    turn = toward - np.linspace(0.0, np.pi, _CAP_SAMPLES)[1:-1]
    cap = tip + radius * np.column_stack([np.cos(turn), np.sin(turn)])
    return np.concatenate([middle + side, floats(cap), (middle - side)[::-1]])


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """The soft-edged area of a body part, in the window of the picture that it touches.

    Attributes:
        window: (rows, columns) of the picture; index any field of the picture's size with it.
        mask: shape of the window, 0 (outside) … 1 (inside).
    """

    window: tuple[slice, slice]
    mask: Floats

    def within(self, window: tuple[slice, slice]) -> Floats:
        """Return the mask over another window of the picture."""
        rows, columns = window
        field = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        theirs, ours = zip(*map(_shared, window, self.window), strict=True)
        field[theirs] = self.mask[ours]
        return field

    def full(self, shape: tuple[int, int]) -> Floats:
        """Return the mask over the whole picture of (height, width)."""
        field = np.zeros(shape, np.float32)
        field[self.window] = self.mask
        return field


def silhouette(shape: tuple[int, int], outlines: Sequence[Floats]) -> Silhouette:
    """Return the union of `outlines`, polygons of shape (points, 2), on a picture (height, width).

    Raises:
        ValueError: nothing of the outlines lies on the picture.
    """
    height, width = shape
    everything = np.concatenate(outlines)
    left, top = (max(0, int(low) - _MARGIN) for low in everything.min(axis=0))
    right, bottom = (int(high) + 1 + _MARGIN for high in everything.max(axis=0))
    left, top = left // _STRIDE * _STRIDE, top // _STRIDE * _STRIDE
    right, bottom = -(-right // _STRIDE) * _STRIDE, -(-bottom // _STRIDE) * _STRIDE
    right, bottom = min(width, right), min(height, bottom)
    if left >= right or top >= bottom:
        raise ValueError(f"no part of the silhouette lies on the {width}×{height} picture")
    hard = Image.new("L", (right - left + 2 * _SOFT, bottom - top + 2 * _SOFT))
    draw = ImageDraw.Draw(hard)
    corner = floats([left - _SOFT, top - _SOFT])
    for outline in outlines:
        draw.polygon((outline - corner).ravel().tolist(), fill=1)
    return Silhouette((slice(top, bottom), slice(left, right)), _softened(np.asarray(hard)))


def _softened(hard: Bytes) -> Floats:
    """Return zeros and ones with soft edges, 0 … 1; `_SOFT` pixels go on every side.

    Whole numbers in flat memory take a fifth of the time of a blur on floating ones.
    """
    height, width = hard.shape[0] - 2 * _SOFT, hard.shape[1]
    across = np.zeros(height * width, np.uint16)
    down = _tapped(hard.reshape(-1), width)
    across[: -2 * _SOFT] = _tapped(down.astype(np.uint16), 1)  # rows run on into what is cut off
    soft = across.reshape(height, width)[:, : -2 * _SOFT]
    return np.multiply(soft, np.float32(1 / 18**2), dtype=np.float32)


def _tapped(values: _Whole, step: int) -> _Whole:
    """Return the sum of five values `step` apart, weighing 3, 4, 4, 4, 3."""
    size = values.size - 2 * _SOFT * step
    first, second, third, fourth, fifth = (values[i * step :][:size] for i in range(5))
    inner = second + third
    inner += fourth
    inner *= 4
    outer = first + fifth
    outer *= 3
    inner += outer
    return inner


def coverage(area: Silhouette, paper: Floats) -> Floats:
    """Return how far a wash covers the window of `area`: its edge breaks on the paper's tooth.

    Args:
        area: the silhouette.
        paper: tooth of the whole picture, 0 … 1.
    """
    covered = np.float32(3.2) * area.mask
    covered += np.float32(0.96) * paper[area.window]
    covered -= np.float32(1.58)
    return np.clip(covered, 0, 1, out=covered)


def wash(
    area: Silhouette,
    paper: Floats,
    clouds: Floats,
    *,
    tone: float = 0.27,
    light: tuple[int, int] = (8, 4),
    behind: Silhouette | None = None,
) -> Floats:
    """Return the density of one wash over the window of `area`.

    Three things happen to a wash: the side away from the light is darker, pigment wanders to the
    rim, and the middle blooms.

    Args:
        area: where it is laid.
        paper, clouds: tooth and clouds of the whole picture, 0 … 1.
        tone: density in the middle greys: .21 (giraffe) … .30 (far limbs).
        light: pixels (x, y) from the shaded side to the lit one.
        behind: a nearer silhouette that hides this one.

    Returns:
        shape of the window: `density[area.window] += wash(area, …)`.
    """
    covered = coverage(area, paper)
    if behind is not None:
        covered *= np.maximum(0, 1 - np.float32(1.3) * behind.within(area.window))
    tint = _form(area, light)
    tint += np.float32(1.2) * covered
    tint += np.float32(0.5) * paper[area.window]
    tint += np.square(clouds[area.window])
    np.maximum(tint, 0, out=tint)
    tint *= covered
    tint *= np.float32(tone)
    return tint


def _form(area: Silhouette, light: tuple[int, int]) -> Floats:
    """Return 2.1·(1 - q moved by `light`) - 1.2·q + .05, q the wide blur of the silhouette.

    Both terms are as smooth as q, so they are joined at quarter size and enlarged once.
    """
    q = blurred(reduced(area.mask, _QUARTER), _FORM)
    dx, dy = round(light[0] / _QUARTER), round(light[1] / _QUARTER)
    moved = np.zeros_like(q)
    height, width = q.shape
    moved[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)] = q[
        max(0, -dy) : height + min(0, -dy), max(0, -dx) : width + min(0, -dx)
    ]
    joint = np.float32(2.15) - np.float32(2.1) * moved - np.float32(1.2) * q
    return enlarged(joint, _QUARTER, area.mask.shape)


def _shared(one: slice, other: slice) -> tuple[slice, slice]:
    """Return what two spans of pixels share, as seen from the beginning of either."""
    start = max(one.start, other.start)
    stop = max(start, min(one.stop, other.stop))
    return (
        slice(start - one.start, stop - one.start),
        slice(start - other.start, stop - other.start),
    )
