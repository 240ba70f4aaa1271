"""What is laid on wet: the body's washes, its coat, its hooves."""

from __future__ import annotations

import numpy as np

from ..ink import Floats, Silhouette, clouds, coverage, floats, silhouette, stream, wash
from .anatomy import Body, Limb
from .coat import coat_density
from .head import far_outlines, muzzle, near_outlines
from .poses import FAR_GROUND, GROUND

_KNEE = 590.0
_NEAR_TONE, _FAR_TONE = 0.21, 0.27

# How far around the lips, pixels, the wash is changed by which part of it: the face, the lips.
_FACE_REACH = floats([[60], [17]])
_FACE_CHANGE = floats([[-0.3], [1.5]])


def washed_body(body: Body, tooth: Floats, seed: int, complexity: int, chaos: float) -> Floats:
    """Return the density of all washes, shape of `tooth`."""
    shape = tooth.shape
    bloom = clouds(stream(seed, "clouds"), shape)
    trunk_side = (body.neck.outline, body.near_hind.outline, body.near_fore.outline)
    near = silhouette(shape, [body.trunk, *trunk_side, *near_outlines(body.head)])
    far_legs = silhouette(shape, [body.far_hind.outline, body.far_fore.outline])
    density = np.zeros(shape, np.float32)
    for far in (far_legs, silhouette(shape, far_outlines(body.head))):
        density[far.window] += wash(far, tooth, bloom, tone=_FAR_TONE, behind=near)
    skin = wash(near, tooth, bloom, tone=_NEAR_TONE)
    skin *= _shading(body, near)
    density[near.window] += skin
    density[near.window] += coat_density(body, near, far_legs, tooth, skin, seed, complexity, chaos)
    hooves, horn = _hooves(body, tooth)
    density[hooves.window] += horn
    return density


def _shading(body: Body, area: Silhouette) -> Floats:
    """Return factors of the wash: pale shanks, and a pale face that ends in dark lips.

    A wash darkens narrow parts; left alone, legs and face would be greyer than the coat's ground.
    """
    rows, columns = area.window
    y, x = (np.arange(part.start, part.stop, dtype=np.float32) for part in (rows, columns))
    shank = np.clip((y - _KNEE) / (GROUND - _KNEE), 0, 1)
    lips_x, lips_y = muzzle(body.head)
    stays = floats(1 - np.float32(0.45) * shank)[:, np.newaxis]
    across = np.exp(-np.square((x - lips_x) / _FACE_REACH))
    down = _FACE_CHANGE * np.exp(-np.square((y - lips_y) / _FACE_REACH))
    return floats(stays + down.T @ across)


def _hooves(body: Body, tooth: Floats) -> tuple[Silhouette, Floats]:
    """Return the four hooves: where they are and their density there."""
    grounds = (GROUND, GROUND, FAR_GROUND, FAR_GROUND)
    outlines = [_hoof(leg, ground) for leg, ground in zip(body.legs, grounds, strict=True)]
    area = silhouette(tooth.shape, outlines)
    ink = coverage(area, tooth)
    ink *= np.float32(1.15) + np.float32(0.9) * tooth[area.window]
    return area, ink


def _hoof(leg: Limb, ground: float) -> Floats:
    """Return the polygon of a hoof: steep behind, sloping in front, flat on the ground."""
    x, y, half = leg.rows[-1]
    return floats(
        [
            (x - half, y - 1),
            (x + half, y - 3),
            (x + half + 3, (y + ground) / 2 - 1),
            (x + half + 6.5, ground - 2),
            (x + half + 6, ground + 0.5),
            (x - half - 0.5, ground + 1),
            (x - half - 2, ground - 2),
        ]
    )
