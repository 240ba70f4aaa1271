"""From lines to light: the glow around them and the colours it passes through."""

from __future__ import annotations

import numpy as np

from ..ink import Bytes, Floats, blurred, enlarged, reduced, rgb


def glowing(density: Floats, glow: float) -> Bytes:
    """Return lines and the light around them as one 8-bit field.

    Args:
        density: of the lines; overwritten.
        glow: strength of the light around them, 0 … 2. Without it a full line reaches 133.
    """
    np.clip(density, 0, 1.6, out=density)
    half = reduced(density, 2)
    quarter = reduced(half, 2)
    near = blurred(half, 1.1)
    near *= np.float32(0.55)
    wide = np.float32(1.2) * blurred(quarter, 2.2) + np.float32(1.6) * blurred(quarter, 7)
    near += enlarged(wide, 2, near.shape)
    halo = enlarged(near, 2, density.shape)
    halo *= np.float32(-0.55 * glow)
    density *= np.float32(-1.5)
    light = 2 - np.exp(density, out=density)
    light -= np.exp(halo, out=halo)
    light *= np.float32(133.3)
    return np.clip(light, 0, 255, out=light).astype(np.uint8)


def light_table(color: str) -> Bytes:
    """Return the RGBA table of a light: deep and clear at its edge, hot in its core.

    A dark color has no heat, so it draws with dark ink instead.
    """
    base = np.array(rgb(color), float)
    heat = 0.75 * min(1.0, (base.max() / 160) ** 2)
    stops = [base * (0.55, 0.50, 0.50), base, base + heat * ((255, 250, 240) - base)]
    t = np.arange(256) / 255
    table = np.empty((256, 4))
    for channel, values in enumerate(np.transpose(stops)):
        table[:, channel] = np.interp(t, (0, 0.45, 1), values)
    table[:, 3] = 255 * np.minimum(1, 1.55 * t) ** 1.05
    return np.clip(np.rint(table), 0, 255).astype(np.uint8)
