"""Signs for the gaps of a star: a sun, a moon, an element, a rune."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..ink import Floats, Samples, arcs, blobs, floats, joined, quill_lines
from . import runes

Sign = Callable[[np.random.Generator, Floats, Floats, float, float], Samples]
"""Draws a sign at each of some centres (n, 2), its top in the directions (n,), at a size in
pixels, with a chaos."""


def sun(
    rng: np.random.Generator, centres: Floats, upright: Floats, size: float, chaos: float
) -> Samples:
    """Return circles with a dot and short rays."""
    x, y = centres[:, 0], centres[:, 1]
    rays = 8
    around = upright[:, np.newaxis] + floats(2 * np.pi * np.arange(rays) / rays)
    cosine, sine = np.cos(around), np.sin(around)
    inner, outer = np.float32(0.40 * size), np.float32(0.52 * size)
    return joined(
        [
            arcs(rng, x, y, 0.30 * size, sweep=6.5, thick=0.35, wobble=0.4 * chaos),
            blobs(rng, x, y, 0.07 * size + 0.4, ink=1.2),
            quill_lines(
                rng,
                (x[:, np.newaxis] + inner * cosine).ravel(),
                (y[:, np.newaxis] + inner * sine).ravel(),
                (x[:, np.newaxis] + outer * cosine).ravel(),
                (y[:, np.newaxis] + outer * sine).ravel(),
                ink=0.8,
                wobble=0.2,
            ),
        ]
    )


def crescent(
    rng: np.random.Generator, centres: Floats, upright: Floats, size: float, chaos: float
) -> Samples:
    """Return crescents that lie open to their top, a spark above them."""
    x, y = centres[:, 0], centres[:, 1]
    up = np.column_stack([np.cos(upright), np.sin(upright)]) * np.float32(size)
    half = 2.05
    inner_radius, lift = 0.36, 0.17
    reach = np.arcsin(np.sin(half) * 0.40 / inner_radius)
    return joined(
        [
            arcs(
                rng,
                x,
                y,
                0.40 * size,
                start=upright + np.float32(np.pi - half),
                sweep=2 * half,
                thick=0.35,
                wobble=0.3 * chaos,
            ),
            arcs(
                rng,
                x + np.float32(lift) * up[:, 0],
                y + np.float32(lift) * up[:, 1],
                inner_radius * size,
                start=upright + np.float32(np.pi - (np.pi - reach)),
                sweep=2 * (np.pi - reach),
                ink=0.9,
                wobble=0.3 * chaos,
            ),
            blobs(
                rng,
                x + np.float32(0.24) * up[:, 0],
                y + np.float32(0.24) * up[:, 1],
                0.05 * size + 0.5,
                ink=1.2,
            ),
        ]
    )


def element(
    rng: np.random.Generator, centres: Floats, upright: Floats, size: float, chaos: float
) -> Samples:
    """Return the alchemists' triangles, some pointing in, some barred, the same for all."""
    radius = 0.46 * size
    inward = rng.random() < 0.5
    turned = upright + np.float32(np.pi if inward else 0.0)
    corners = turned[:, np.newaxis] + floats(2 * np.pi * np.arange(3) / 3)
    x = centres[:, :1] + np.float32(radius) * np.cos(corners)
    y = centres[:, 1:] + np.float32(radius) * np.sin(corners)
    x0, y0, x1, y1 = x, y, np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    if rng.random() < 0.6:
        side = np.column_stack([-np.sin(turned), np.cos(turned)]) * np.float32(0.40 * size)
        x0 = np.column_stack([x0, centres[:, 0] - side[:, 0]])
        y0 = np.column_stack([y0, centres[:, 1] - side[:, 1]])
        x1 = np.column_stack([x1, centres[:, 0] + side[:, 0]])
        y1 = np.column_stack([y1, centres[:, 1] + side[:, 1]])
    return quill_lines(
        rng, x0.ravel(), y0.ravel(), x1.ravel(), y1.ravel(), thick=0.4, wobble=0.8 * chaos
    )


def rune(
    rng: np.random.Generator, centres: Floats, upright: Floats, size: float, chaos: float
) -> Samples:
    """Return large runes."""
    cell = (0.72 * size, 1.0 * size)
    return runes.written(
        rng, runes.cast(rng, len(centres)), centres, upright, cell, ink=1.0, wobble=0.6 * chaos
    )


SIGNS: tuple[Sign, ...] = (sun, crescent, element, rune)
