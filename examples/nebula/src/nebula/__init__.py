"""Nebula: a twisted cloud of ink with stars in it, a complete asset type in one file."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from generators import GradientMap, Parameters, Spec
from generators.ink import (
    Canvas,
    Color,
    Floats,
    blobs,
    clouds,
    floats,
    ink_table,
    octave_noise,
    opacity,
    paper,
    stream,
    wide_blur,
)

SIZE = 640
_SHAPE = (SIZE, SIZE)
_TILE = 1024  # the clouds repeat without a seam after so many pixels, a power of two
_NIGHT = 0.45  # density from which a star is bare paper, and not a speck of ink


class NebulaParameters(Parameters):
    """What a caller may choose of a nebula."""

    density: Annotated[float, Field(ge=0, le=1, description="How much ink the cloud holds.")] = 0.5
    twist: Annotated[float, Field(ge=0, le=1, description="How far it is wound up.")] = 0.5
    stars: Annotated[int, Field(ge=0, le=1000, description="How many stars there are.")] = 300
    color: Annotated[Color, Field(description="Ink as #rrggbb.")] = "#0a0a0a"


class Nebula:
    """Draws a drifting cloud that its own filaments leave, and the stars within and around it."""

    spec = Spec(
        name="nebula",
        summary="A twisted cloud of ink with stars in it",
        width=SIZE,
        height=SIZE,
        mode="RGBA",
        version="1",
        parameters=NebulaParameters,
    )

    def render(self, parameters: NebulaParameters, seed: int) -> GradientMap:
        """Draw the nebula of `seed`; the same seed and parameters give the same bytes."""
        cloud = _cloud(seed, parameters.density, parameters.twist)
        stars = _stars(seed, parameters.stars, cloud)
        glow = wide_blur(np.minimum(stars, 0), 5)  # bright stars thin the ink around them
        cloud *= np.exp(np.float32(2.5) * glow)
        cloud *= np.float32(0.6) + np.float32(0.8) * paper(stream(seed, "paper"), _SHAPE)
        return GradientMap(opacity(cloud + stars), ink_table(parameters.color))


def _cloud(seed: int, density: float, twist: float) -> Floats:
    """Return the optical density of the cloud: a veil, and filaments that reach beyond it."""
    body = _body(seed, twist)
    pigment = _marbled(seed)
    veil = body * body * (0.25 + 1.5 * pigment * pigment)
    crest = np.square(1 - np.abs(2 * pigment - 1))  # where neighbouring billows meet
    filaments = np.sqrt(body) * crest * crest
    return floats((0.7 + 3.2 * density) * veil + (0.15 + 1.2 * density) * filaments)


def _body(seed: int, twist: float) -> Floats:
    """Return where the cloud is, 0 … 1: a tilted band, wound up around its middle."""
    rng = stream(seed, "composition")
    x = np.linspace(-1, 1, SIZE, dtype=np.float32)[np.newaxis, :]
    y = x.T
    distance = np.hypot(x, y)
    winding = 4.2 * twist if rng.random() < 0.5 else -4.2 * twist
    turn = rng.uniform(0, np.pi) + winding * np.exp(-2.2 * distance)
    along = x * np.cos(turn) + y * np.sin(turn)
    across = y * np.cos(turn) - x * np.sin(turn)
    across += 0.11 * octave_noise(stream(seed, "bend"), _SHAPE, knots=(5, 10, 20), gain=0.6)
    band = np.exp(-np.square(np.square(along / 0.72)) - np.square(across / rng.uniform(0.24, 0.34)))
    return floats(band * np.clip((0.97 - distance) / 0.25, 0, 1))


def _marbled(seed: int) -> Floats:
    """Return clouds, 0 … 1, pushed about by noise as ink is by moving water."""
    pigment = clouds(stream(seed, "cloud"), (_TILE, _TILE))
    pushes = [
        65 * octave_noise(stream(seed, part), _SHAPE, knots=(6, 12, 24), gain=0.55)
        for part in ("push down", "push right")
    ]
    place = np.arange(SIZE, dtype=np.float32)
    rows = (place[:, np.newaxis] + pushes[0]).astype(np.int32) & (_TILE - 1)
    columns = (place[np.newaxis, :] + pushes[1]).astype(np.int32) & (_TILE - 1)
    return floats(pigment[rows, columns])


def _stars(seed: int, count: int, cloud: Floats) -> Floats:
    """Return the density of the stars: negative, which is bare paper, where the cloud is dark."""
    rng = stream(seed, "stars")
    x, y = floats(rng.normal(SIZE / 2, 0.19 * SIZE, (2, count)))
    column, row = (np.clip(place, 0, SIZE - 1).astype(np.intp) for place in (x, y))
    night = cloud[row, column] > _NIGHT
    radius = floats(0.5 + 3.0 * rng.random(count) ** 8)
    canvas = Canvas(SIZE, SIZE)
    canvas.add(blobs(rng, x, y, radius, ink=floats(np.where(night, -4.0, 1.5)), lobes=0.08))
    return canvas.density()
