"""Silhouettes filled with wash: the bodies of creatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .arrays import Floats, Rows, floats
from .splines import even_spline, normals
from .tone import blurred, enlarged, reduced

_MARGIN = 8
_SOFTNESS = 1.76
_QUARTER = 4
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
    right, bottom = min(width, right), min(height, bottom)
    if left >= right or top >= bottom:
        raise ValueError(f"no part of the silhouette lies on the {width}×{height} picture")
    hard = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(hard)
    corner = floats([left, top])
    for outline in outlines:
        draw.polygon((outline - corner).ravel().tolist(), fill=255)
    soft = hard.filter(ImageFilter.BoxBlur(_SOFTNESS))
    mask = np.multiply(np.asarray(soft), np.float32(1 / 255), dtype=np.float32)
    return Silhouette((slice(top, bottom), slice(left, right)), mask)


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
        near = behind.full(paper.shape)[area.window]
        covered *= np.maximum(0, 1 - np.float32(1.3) * near)
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
