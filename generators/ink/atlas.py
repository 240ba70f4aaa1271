"""The three materials of every picture: paper tooth, clouds of pigment, hairs of a brush.

Each atlas is drawn once per process from a seed of its own and rank-transformed, so its values
are uniform in 0 … 1. A picture takes crops; its random stream decides where.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .arrays import Bytes, Floats
from .noise import rank_transform, spectral_field
from .seeds import stream

_PAPER_SIZE = 1536
_CLOUD_SIZE = 1024
_HAIRS, _HAIR_LENGTH = 512, 4096
_ATLAS_SEED = 0
_CLOUD_OCTAVES = (9, 18, 36, 72, 144)
_CLOUD_GAIN = 0.62
_STREAK_COARSE = ((14, 0.8), (48, 0.7), (180, 0.55))
_STREAK_FINE = ((700, 0.35), (2000, 0.2))
_HAIR_SPREAD = 0.7


def paper(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Return a crop of paper tooth, 0 (valley, takes little ink) … 1 (peak, takes most)."""
    return _crop(_paper_atlas(), rng, shape)


def clouds(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Return a crop of soft clouds, 0 … 1: where a wash blooms and pigment settles."""
    return _crop(_cloud_atlas(), rng, shape)


def streaks(rng: np.random.Generator, hairs: int, length: int) -> Floats:
    """Return how much ink each of `hairs` neighbouring hairs holds along `length` samples, 0 … 1.

    A hair runs along a row. Some are rich for life, some poor; neighbours are related.
    """
    return _crop(_streak_atlas(), rng, (hairs, length))


def bundles(rng: np.random.Generator, count: int, hairs: int, length: int) -> Floats:
    """Return the `streaks` of `count` brushes, shape (count, hairs, length)."""
    atlas = _streak_atlas()
    held = np.empty((count, hairs, length), np.uint8)
    tops = rng.integers(max(1, atlas.shape[0] - hairs + 1), size=count).tolist()
    lefts = rng.integers(max(1, atlas.shape[1] - length + 1), size=count).tolist()
    for each, top, left in zip(held, tops, lefts, strict=True):
        each[...] = _part(atlas, top, left, (hairs, length))
    return _unit(held)


def build_atlases() -> None:
    """Draw the three atlases now instead of at their first use."""
    for build in (_paper_atlas, _cloud_atlas, _streak_atlas):
        build()


@cache
def _paper_atlas() -> Bytes:
    """Fine fibre (σ 1.1 px and white) with a coarser weave (σ 3.2 px)."""
    squared = _squared_frequency(_PAPER_SIZE, _PAPER_SIZE)
    fine, coarse = _blurred(squared, 1.1), _blurred(squared, 3.2)
    power = (0.8 * fine / _deviation(fine) + 0.25) ** 2 + (0.6 * coarse / _deviation(coarse)) ** 2
    return _uniform_bytes(spectral_field(stream(_ATLAS_SEED, "paper"), power))


@cache
def _cloud_atlas() -> Bytes:
    """The sum of B-spline lattices, written as the power spectrum that it has."""
    rows = np.fft.fftfreq(_CLOUD_SIZE)[:, np.newaxis]
    columns = np.fft.rfftfreq(_CLOUD_SIZE)[np.newaxis, :]
    power = np.zeros((rows.size, columns.size), np.float32)
    for octave, knots in enumerate(_CLOUD_OCTAVES):
        spacing = _CLOUD_SIZE / knots
        power += _CLOUD_GAIN ** (2 * octave) * (
            _bspline_power(rows, spacing) * _bspline_power(columns, spacing)
        )
    return _uniform_bytes(spectral_field(stream(_ATLAS_SEED, "clouds"), power))


@cache
def _streak_atlas() -> Bytes:
    """Noise along each hair, coarse parts shared with its neighbours, plus a constant per hair."""
    across = np.fft.fftfreq(_HAIRS)[:, np.newaxis]
    along = np.fft.rfftfreq(_HAIR_LENGTH)[np.newaxis, :]
    neighbours = ((2 + 2 * np.cos(2 * np.pi * across)) / 3) ** 2  # of the kernel (1, 2, 1) / 3
    power = np.zeros((across.size, along.size), np.float32)
    for octaves, smoothing in ((_STREAK_COARSE, neighbours), (_STREAK_FINE, np.ones_like(across))):
        for knots, amplitude in octaves:
            power += smoothing * (amplitude**2 * _bspline_power(along, _HAIR_LENGTH / knots))
    rng = stream(_ATLAS_SEED, "streaks")
    field = spectral_field(rng, power)
    field += np.float32(_HAIR_SPREAD) * rng.standard_normal((_HAIRS, 1), dtype=np.float32)
    return _uniform_bytes(field)


def _crop(atlas: Bytes, rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Return a part of the atlas; one larger than the atlas repeats it, which has no seams."""
    top, left = (
        int(rng.integers(max(1, size - wanted + 1)))
        for size, wanted in zip(atlas.shape, shape, strict=True)
    )
    return _unit(_part(atlas, top, left, shape))


def _part(atlas: Bytes, top: int, left: int, shape: tuple[int, int]) -> Bytes:
    height, width = shape
    part = atlas[top : top + height, left : left + width]
    if part.shape == shape:
        return part
    return np.pad(part, ((0, height - part.shape[0]), (0, width - part.shape[1])), mode="wrap")


def _unit(part: Bytes) -> Floats:
    values = part.astype(np.float32)
    values *= np.float32(1 / 255)
    return values


def _uniform_bytes(field: Floats) -> Bytes:
    ranks = rank_transform(field)
    ranks *= np.float32(255.99)
    atlas = ranks.astype(np.uint8)
    atlas.setflags(write=False)
    return atlas


def _squared_frequency(height: int, width: int) -> Floats:
    rows, columns = np.fft.fftfreq(height), np.fft.rfftfreq(width)
    squared: Floats = (rows[:, np.newaxis] ** 2 + columns[np.newaxis, :] ** 2).astype(np.float32)
    return squared


def _blurred(squared_frequency: Floats, sigma: float) -> Floats:
    """Return the frequency response of a Gaussian blur of `sigma` pixels."""
    response: Floats = np.exp(squared_frequency * np.float32(-2 * (np.pi * sigma) ** 2))
    return response


def _deviation(response: Floats) -> float:
    """Return the standard deviation of unit white noise after a filter of that response."""
    return float(np.sqrt(np.mean(np.square(response))))


def _bspline_power(frequency: Floats, spacing: float) -> Floats:
    """Return the power spectrum of unit normal values joined by a cubic B-spline.

    The spline of knots `spacing` apart is four box filters in a row: sinc⁴, squared for power.
    """
    power: Floats = (spacing * np.sinc(frequency * spacing) ** 8).astype(np.float32)
    return power
