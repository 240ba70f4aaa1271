"""Smooth random fields and the transform that makes their values uniform."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from .arrays import Floats

_RANK_BINS = 4096


@cache
def bspline_basis(size: int, knots: int) -> Floats:
    """Return the matrix that upsamples `knots` ≥ 4 lattice values to `size` smooth ones.

    Uniform cubic B-spline at positions 0 … knots-3. Shape (size, knots); read-only, cached.
    """
    position = np.linspace(0.0, knots - 3.0, size)
    cell = np.minimum(position.astype(np.intp), knots - 4)
    t = position - cell
    weights = (
        (1 - t) ** 3,
        3 * t**3 - 6 * t**2 + 4,
        -3 * t**3 + 3 * t**2 + 3 * t + 1,
        t**3,
    )
    basis = np.zeros((size, knots), np.float32)
    for offset, weight in enumerate(weights):
        basis[np.arange(size), cell + offset] = weight / 6
    basis.setflags(write=False)
    return basis


@cache
def _side_by_side(size: int, knots: tuple[int, ...]) -> Floats:
    basis = np.hstack([bspline_basis(size, k) for k in knots])
    basis.setflags(write=False)
    return basis


def noise_line(rng: np.random.Generator, size: int, knots: int) -> Floats:
    """Return `size` smooth values around 0 (deviation about 0.7), shaped by `knots` ≥ 4 values."""
    return bspline_basis(size, knots) @ rng.standard_normal(knots, dtype=np.float32)


def octave_noise(
    rng: np.random.Generator, shape: tuple[int, int], knots: Sequence[int], gain: float
) -> Floats:
    """Return cloud-like noise around 0: the sum of ever finer lattices, ever weaker by `gain`.

    Args:
        rng: the stream of the lattices.
        shape: (height, width) in pixels.
        knots: lattice size along the longer side, per octave, coarse to fine; at least 4 each.
        gain: amplitude of an octave relative to the one before it.

    All octaves are one matrix product: their column bases side by side, times the stacked
    products of lattice and row basis.
    """
    height, width = shape
    longer = max(shape)
    rows = tuple(max(4, round(k * height / longer)) for k in knots)
    columns = tuple(max(4, round(k * width / longer)) for k in knots)
    stacked = [
        (rng.standard_normal((r, c), dtype=np.float32) * np.float32(gain**octave))
        @ bspline_basis(width, c).T
        for octave, (r, c) in enumerate(zip(rows, columns, strict=True))
    ]
    return _side_by_side(height, rows) @ np.vstack(stacked)


def rank_transform(field: Floats) -> Floats:
    """Map each value to its rank, 0 … 1, through the field's own cumulative histogram.

    The result is uniform: "below 0.6" then means 60 % of the area, whatever the noise looked like.
    The histogram has 4096 bins over the field's range; values that share a bin share a rank.
    """
    low, high = float(field.min()), float(field.max())
    bins = field - np.float32(low)
    bins *= np.float32((_RANK_BINS - 1) / max(high - low, 1e-9))
    index = bins.astype(np.uint16)
    counts = np.bincount(index.ravel(), minlength=_RANK_BINS)
    ranks = ((np.cumsum(counts) - 0.5 * counts) / field.size).astype(np.float32)
    return ranks[index]


def spectral_field(rng: np.random.Generator, power: Floats) -> Floats:
    """Return a Gaussian random field with the given power spectrum; it tiles seamlessly.

    Args:
        rng: the stream of the phases.
        power: shape (height, width // 2 + 1), the variance per frequency as `np.fft.rfft2` lays
            frequencies out; width is even.

    One inverse transform replaces every blur of white noise, since blurring is multiplying here.
    """
    height, half = power.shape
    pairs = rng.standard_normal((height, half, 2), dtype=np.float32)
    pairs *= np.sqrt(power * np.float32(0.5))[..., np.newaxis]
    spectrum = pairs.view(np.complex64)[..., 0]
    field = np.fft.irfft2(spectrum, s=(height, 2 * (half - 1)), norm="ortho")
    return field.astype(np.float32, copy=False)
