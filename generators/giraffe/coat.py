"""The coat: a mosaic of patches that follows the body it is painted on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, Silhouette, blurred, enlarged, floats, octave_noise, stream
from .anatomy import Body
from .patches import PatchSeeds, patch_seeds

_FACTOR = 3
"""The mosaic is computed at a third of the size."""

_NOWHERE = 9.0
_REACH = 2.5
"""How far a patch looks for its neighbours, in radii."""

_RIM = 5.0
"""Blur that finds the rims of patches, pixels."""


def coat_density(
    body: Body,
    near: Silhouette,
    far: Silhouette,
    tooth: Floats,
    shade: Floats,
    seed: int,
    complexity: int,
    chaos: float,
) -> Floats:
    """Return the density of the patches on the window of `near`.

    Args:
        body: what they follow.
        near, far: what they are painted on; fainter on the far legs.
        tooth: paper of the whole picture.
        shade: the wash below them, on the window of `near`: patches darken with it.
        seed: the picture's.
        complexity: 20 … 100: more and smaller patches.
        chaos: 0.1 … 2: how ragged they are.
    """
    seeds = patch_seeds(body, seed, complexity)
    shape = near.mask.shape
    mosaic, tones = _mosaic(seeds, near, seed, chaos)
    rims = blurred(_patches(mosaic + np.float32(0.08)), _RIM / _FACTOR)
    tones *= np.float32(2.25) - np.float32(1.25) * rims
    grain = tooth[near.window]
    patch = enlarged(mosaic, _FACTOR, shape)
    patch += np.float32(0.16) * grain
    patch = _patches(patch)
    under = np.float32(0.6) * grain
    under += np.float32(0.95) * shade
    under += np.float32(0.5)
    inside = np.float32(2.6) * near.mask
    inside -= np.float32(1.5)
    under *= np.clip(inside, 0, 1, out=inside)
    ink = enlarged(tones, _FACTOR, shape)
    ink *= under
    legs = slice(far.window[0].start - near.window[0].start, None)
    faint = far.within((slice(far.window[0].start, near.window[0].stop), near.window[1]))
    ink[legs] += np.float32(0.34) * faint * (1 - near.mask[legs])
    ink *= patch
    return ink


def _patches(height: Floats) -> Floats:
    """Return 1 in the middle of patches, 0 between them, with a steep slope from one to other."""
    inside = height - np.float32(0.28)
    inside *= 6
    return np.clip(inside, 0, 1, out=inside)


def _mosaic(seeds: PatchSeeds, area: Silhouette, seed: int, chaos: float) -> tuple[Floats, Floats]:
    """Return, at reduced size, how far each cell is inside its patch, and the patch's tone.

    Each cell knows its nearest and second nearest middle, measured in their radii; a patch is
    where the two differ enough (Worley's F2 - F1).
    """
    height, width = (-(-side // _FACTOR) for side in area.mask.shape)
    rng = stream(seed, "mosaic")
    strength = np.float32(2.2 + 1.6 * chaos)
    noise = strength * octave_noise(rng, (2 * height, width), (24, 60), 0.6)
    x, y = _cell_places(area, (height, width))
    x += noise[:height]
    y += noise[height:]
    owner, cell = _cells_in_reach(seeds, area, (height, width))
    away = np.square(x.ravel().take(cell) - seeds.x.take(owner))
    away += np.square(y.ravel().take(cell) - seeds.y.take(owner))
    np.sqrt(away, out=away)  # several times as fast as hypot
    away /= seeds.radius.take(owner)
    nearest = np.full(height * width, _NOWHERE, np.float32)
    np.minimum.at(nearest, cell, away)
    first = away == nearest[cell]
    tones = np.ones(height * width, np.float32)
    tones[cell[first]] = floats(rng.uniform(0.74, 1.18, seeds.x.size))[owner[first]]
    away[first] = _NOWHERE
    second = np.full(height * width, _NOWHERE, np.float32)
    np.minimum.at(second, cell, away)
    inside = np.minimum(second - nearest, 3)
    inside *= np.clip(4 * (np.float32(1.3) - nearest), 0, 1)
    return inside.reshape(height, width), tones.reshape(height, width)


def _cell_places(area: Silhouette, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return x and y, in the picture, of the middle of each cell."""
    rows, columns = area.window
    y, x = np.indices(shape, dtype=np.float32)
    middle = (_FACTOR - 1) / 2
    return x * _FACTOR + (columns.start + middle), y * _FACTOR + (rows.start + middle)


def _cells_in_reach(
    seeds: PatchSeeds, area: Silhouette, shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs (seed, cell), one for each cell in the square around each seed."""
    height, width = shape
    rows, columns = area.window
    left, right = _span(seeds.x - columns.start, seeds.radius, width)
    top, bottom = _span(seeds.y - rows.start, seeds.radius, height)
    row_owner, row = _spread(bottom - top)
    begin = (top[row_owner] + row) * width + left[row_owner]
    line, across = _spread((right - left)[row_owner])
    return row_owner.take(line), begin.take(line) + across


def _spread(counts: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return for each of `counts` things of every owner: its owner, and 0 … count-1."""
    owner = np.repeat(np.arange(counts.size), counts)
    return owner, np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)


def _span(middle: Floats, radius: Floats, size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first cell in reach of each seed and the one after the last."""
    low = np.rint((middle - _REACH * radius) / _FACTOR).astype(np.intp)
    high = np.rint((middle + _REACH * radius) / _FACTOR).astype(np.intp)
    return np.clip(low, 0, size), np.clip(high, 0, size)
