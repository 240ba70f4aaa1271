"""The washes: far limbs, body, haunch, joey, near arm, each in front of the one before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ink import Floats, Silhouette, coverage, silhouette, wash
from .figure import Figure
from .rider import HEIGHT, WIDTH

SHAPE = (HEIGHT, WIDTH)
_SHOULDER = (24.0, 36.0)
"""From here on the arm leaves the body, and over this distance; pixels of the rest frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Masses:
    """The washed picture and what its parts hide.

    Attributes:
        density: shape (800, 600), the washes.
        body: the body with the near leg, without arms.
        cover: shape (2, 800, 600), 0 … 1: first how far the near arm and the joey hide what is on
            the body, then how far near leg and near arm hide the stick.
    """

    density: Floats
    body: Silhouette
    cover: Floats


def lay(figure: Figure, joey: list[Floats], scale: float, tooth: Floats, cloud: Floats) -> Masses:
    """Lay all washes.

    Args:
        figure: where its parts are.
        joey: its outlines; empty without one.
        scale: of the rest frame on the sheet.
        tooth, cloud: paper and clouds of the whole sheet, 0 … 1.
    """
    near_leg = figure.near_leg()
    leg = silhouette(SHAPE, near_leg)
    body = silhouette(SHAPE, figure.trunk() + near_leg)
    far = silhouette(SHAPE, figure.far_side())
    density = np.zeros(SHAPE, np.float32)
    density[far.window] += _tint(far, tooth, cloud, 0.30)
    density[body.window] *= np.maximum(0, 1 - np.float32(1.3) * body.mask)
    density[body.window] += wash(body, tooth, cloud, tone=0.27)
    density[leg.window] += np.float32(0.13) * coverage(leg, tooth)
    cover = np.zeros((2, *SHAPE), np.float32)
    _hide(cover[1], leg)
    if joey:
        small = silhouette(SHAPE, joey)
        _reserve(density, small)
        density[small.window] += _tint(small, tooth, cloud, 0.42)
        _hide(cover[0], small)

    arm = silhouette(SHAPE, [figure.limbs.near_arm.outline()])
    halo = silhouette(SHAPE, [figure.limbs.halo.outline()])
    shoulder = figure.limbs.near_arm.rows[0]
    halo = Silhouette(halo.window, halo.mask * _ramp(halo, shoulder, scale))
    _reserve(density, halo)
    density[arm.window] += _tint(arm, tooth, cloud, 0.30) * _ramp(arm, shoulder, scale)
    _hide(cover[0], halo)
    _hide(cover[1], halo)
    return Masses(density, body, cover)


def _tint(area: Silhouette, tooth: Floats, cloud: Floats, tone: float) -> Floats:
    """Return a wash over something too slender to show a form: granulated, but flat."""
    tint = np.square(cloud[area.window])
    tint += np.float32(0.5) * tooth[area.window]
    tint += np.float32(1.6)
    tint *= np.float32(tone) * coverage(area, tooth)
    return tint


def _reserve(density: Floats, area: Silhouette) -> None:
    """Keep paper light where something nearer will be laid, in place."""
    density[area.window] *= 1 - np.float32(0.8) * area.mask


def _ramp(area: Silhouette, shoulder: Floats, scale: float) -> Floats:
    """Return 0 at the shoulder, where arm and body are one, … 1 further down, on the window."""
    rows, columns = area.window
    x = np.square(np.arange(columns.start, columns.stop, dtype=np.float32) - shoulder[0])
    y = np.square(np.arange(rows.start, rows.stop, dtype=np.float32) - shoulder[1])
    begin, length = (np.float32(scale * size) for size in _SHOULDER)
    ramp: Floats = np.sqrt(x + y[:, np.newaxis])  # several times as fast as hypot
    ramp -= begin
    ramp /= length
    return np.clip(ramp, 0, 1, out=ramp)


def _hide(cover: Floats, area: Silhouette) -> None:
    """Add what lies in front to a cover, in place."""
    part = cover[area.window]
    np.maximum(part, area.mask, out=part)
