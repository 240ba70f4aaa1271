"""A seal of wax, modelled in relief and lit from the upper left."""

from __future__ import annotations

import numpy as np

from ..ink import Floats, blurred, floats, octave_noise, stream
from .composition import Round

_WAX = 0.40
"""Tone of the wax where light falls flat on it."""

_SHINE = 1.1
"""How much its slopes catch the light."""

_RIM = 0.74
"""Where the stamp's edge pressed the wax up, in radii."""


def add_seal(tone: Floats, density: Floats, seed: int, place: Round) -> None:
    """Drop wax on the sheet and press a stamp into it, in place; it covers tone and ink.

    The seal must lie on the sheet with half a radius to spare.
    """
    rng = stream(seed, "seal")
    reach = int(1.5 * place.radius)
    top, left = int(place.y) - reach, int(place.x) - reach
    around = (slice(top, top + 2 * reach), slice(left, left + 2 * reach))
    window = tone[around]
    offset = floats(np.arange(2 * reach) - reach) / np.float32(place.radius)
    x, y = offset[np.newaxis, :], offset[:, np.newaxis]
    away, angle = np.hypot(x, y), np.arctan2(y, x)
    outline = 1.0 + sum(
        rng.uniform(0.02, 0.07) / order**0.5 * np.sin(order * angle + rng.uniform(0, 7))
        for order in (2, 3, 5, 7)
    )
    body = np.clip((outline - away) * np.float32(place.radius) + 0.5, 0, 1)
    height = _relief(rng, away, angle, outline)
    height += np.float32(0.035) * octave_noise(rng, window.shape, (6, 12, 24), 0.6)
    slope = np.zeros_like(height)
    slope[1:-1, 1:-1] = height[2:, 2:] - height[:-2, :-2]
    lit = np.float32(place.radius / 40 * _SHINE) * slope
    lit += np.float32(2.2) * np.square(np.maximum(lit - np.float32(0.06), 0))
    wax = np.clip(np.float32(_WAX) + lit, 0.05, 0.8)
    shadow = np.roll(blurred(floats(body), 4), (5, 5), axis=(0, 1))
    window -= np.float32(0.30) * shadow * (1 - body)
    window += body * (wax - window)
    density[around] *= 1 - body


def _relief(rng: np.random.Generator, away: Floats, angle: Floats, outline: Floats) -> Floats:
    """Return the height of the wax: a bulging rim, a pressed field, a raised device."""
    edge = np.clip((outline - away) / np.float32(0.2), 0, 1)
    height = np.sqrt(edge * (2 - edge)) * np.float32(0.45)
    pressed = np.clip((_RIM - away) / np.float32(0.05), 0, 1)
    height -= np.float32(0.30) * pressed
    points = int(rng.choice((3, 5, 6, 7, 8)))
    turn = angle * points + rng.uniform(0, 7)
    petals = 0.40 + 0.14 * np.cos(turn)
    for device in (petals, np.full_like(petals, 0.62), np.full_like(petals, 0.14)):
        ridge = np.exp(-np.square((away - device) / np.float32(0.045)))
        height += np.float32(0.16) * ridge * pressed
    return floats(height)
