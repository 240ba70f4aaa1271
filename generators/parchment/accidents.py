"""What happened to the sheet: fibres in its pulp, creases, blots of ink."""

from __future__ import annotations

import numpy as np

from ..ink import (
    Floats,
    Samples,
    blobs,
    flicks,
    floats,
    hairlines,
    joined,
    stream,
    tendrils,
    walks,
)
from .composition import SIZE

_LIGHT = -0.17
"""Ink of a light mark relative to a dark one of its strength."""

_CREASE_STEPS = 8


def accidents(seed: int, complexity: int, chaos: float, stains: float) -> Samples:
    """Return all that is neither writing nor tone; light marks are negative ink."""
    return joined(
        [
            _fibres(seed, complexity),
            _creases(seed, chaos),
            _blots(seed, complexity, chaos, stains),
        ]
    )


def _fibres(seed: int, complexity: int) -> Samples:
    rng = stream(seed, "fibres")
    count = int(180 + 5 * complexity)
    length = floats(rng.gamma(3, 9, count))
    strength = rng.uniform(0.1, 1.0, count) ** 2 * np.minimum(1, length / 20)
    strength *= np.where(rng.random(count) < 0.45, 0.5, 1.3 * _LIGHT)
    return flicks(
        rng,
        floats(rng.uniform(0, SIZE, count)),
        floats(rng.uniform(0, SIZE, count)),
        floats(rng.uniform(0, 2 * np.pi, count)),
        length,
        ink=floats(strength),
        curve=0.9,
        fade=(2, 1),
    )


def _creases(seed: int, chaos: float) -> Samples:
    """Return wrinkles: a dark valley and a pale ridge beside it, where light falls."""
    rng = stream(seed, "creases")
    count = int(3 + 5 * chaos)
    paths = walks(
        rng,
        floats(rng.uniform(0.05, 0.95, count) * SIZE),
        floats(rng.uniform(0.05, 0.95, count) * SIZE),
        floats(rng.uniform(0, 2 * np.pi, count)),
        floats(rng.uniform(18, 60, count)),
        _CREASE_STEPS,
        bend=0.10,
        drift=0.07,
    )
    along = (np.arange(_CREASE_STEPS + 1) + 0.5) / (_CREASE_STEPS + 1)
    depth = 0.55 * np.sin(np.pi * along) * rng.uniform(0.4, 1, (count, 1))
    dark = hairlines(np.concatenate([paths, floats(depth)[..., np.newaxis]], axis=2))
    return joined([dark, dark.moved(1.6, 1.6).scaled(1.6 * _LIGHT)])


def _blots(seed: int, complexity: int, chaos: float, stains: float) -> Samples:
    """Return drops of ink with their spray and, on wild sheets, what crept out of them."""
    rng = stream(seed, "blots")
    count = round((1 + complexity / 40) * (0.2 + 1.4 * stains))
    place = floats(rng.uniform(0.08, 0.92, (count, 2)) * SIZE)
    size = (0.35 + chaos) ** 0.75 * (0.6 + 0.6 * stains)
    radius = floats(3 + (1 + 18 * rng.random(count) ** 2.5) * size)
    drops = blobs(
        rng,
        place[:, 0],
        place[:, 1],
        radius,
        ink=1.5,
        stretch=floats(1 + 0.3 * rng.random(count)),
        angle=floats(rng.uniform(0, np.pi, count)),
        lobes=0.16,
    )
    fingers = _fingers(rng, place, radius)
    return joined(
        [drops, fingers, _spray(rng, place, radius, chaos), _creep(rng, place, radius, chaos)]
    )


def _fingers(rng: np.random.Generator, place: Floats, radius: Floats) -> Samples:
    """Return the tongues that a drop puts out where it hits."""
    owner = np.repeat(np.arange(radius.size), rng.integers(2, 9, radius.size))
    angle = rng.uniform(0, 2 * np.pi, owner.size)
    away = radius[owner] * rng.uniform(0.8, 1.12, owner.size)
    return blobs(
        rng,
        floats(place[owner, 0] + away * np.cos(angle)),
        floats(place[owner, 1] + away * np.sin(angle)),
        floats(radius[owner] * rng.uniform(0.08, 0.26, owner.size)),
        ink=1.4,
        stretch=floats(rng.uniform(1.2, 2.6, owner.size)),
        angle=floats(angle),
    )


def _spray(rng: np.random.Generator, place: Floats, radius: Floats, chaos: float) -> Samples:
    """Return satellites: thrown to one side mostly, few large and many tiny."""
    each = int(8 + 10 * chaos)
    shape = (radius.size, each)
    side = rng.uniform(0, 2 * np.pi, (radius.size, 1))
    angle = np.where(
        rng.random(shape) < 0.6, rng.normal(side, 0.5, shape), rng.uniform(0, 7, shape)
    )
    away = radius[:, np.newaxis] * (1.15 + 6 * rng.random(shape) ** 2.2)
    return blobs(
        rng,
        floats(place[:, :1] + away * np.cos(angle)).ravel(),
        floats(place[:, 1:] + away * np.sin(angle)).ravel(),
        floats(0.5 + 3 * rng.random(shape) ** 4 * np.sqrt(radius / 9)[:, np.newaxis]).ravel(),
        ink=1.3,
        stretch=floats(1 + 0.8 * rng.random(shape)).ravel(),
        angle=floats(angle).ravel(),
    )


def _creep(rng: np.random.Generator, place: Floats, radius: Floats, chaos: float) -> Samples:
    """Return ink that ran along the fibres, curling."""
    owner = np.repeat(np.arange(radius.size), rng.poisson(0.9 * chaos, radius.size))
    angle = floats(rng.uniform(0, 2 * np.pi, owner.size))
    return tendrils(
        rng,
        place[owner, 0] + 0.9 * radius[owner] * np.cos(angle),
        place[owner, 1] + 0.9 * radius[owner] * np.sin(angle),
        angle,
        floats(rng.uniform(0.25, 0.75, owner.size)) * radius[owner],
        ink=1.1,
    )
