"""Colours where distances look even, so that inks can be mixed and lightened.

Oklab and its matrices: Björn Ottosson, "A perceptual color space for image processing", 2020.
The sRGB transfer curve: IEC 61966-2-1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

_GAMUT_STEPS = 12  # halvings: chroma to 1/4096, finer than 8 bits show


class Lab(NamedTuple):
    """Lightness 0 (black) to 1 (white); a, b: greenish to reddish, bluish to yellowish."""

    lightness: float
    a: float
    b: float

    @property
    def chroma(self) -> float:
        """How far from grey: 0 to about 0.32 in sRGB."""
        return math.hypot(self.a, self.b)

    def with_chroma(self, chroma: float) -> Lab:
        """Return the same lightness and hue at another chroma; grey stays grey."""
        scale = chroma / self.chroma if self.chroma > 0 else 0.0
        return Lab(self.lightness, self.a * scale, self.b * scale)


def from_hex(color: str) -> Lab:
    """Read "#rrggbb"."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return Lab(
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def to_hex(color: Lab) -> str:
    """Write "#rrggbb", less colourful where sRGB cannot show it."""
    if not _is_shown(_to_linear(color)):
        low, high = 0.0, color.chroma
        for _ in range(_GAMUT_STEPS):
            middle = (low + high) / 2
            if _is_shown(_to_linear(color.with_chroma(middle))):
                low = middle
            else:
                high = middle
        color = color.with_chroma(low)
    return "#" + "".join(f"{_byte(channel):02x}" for channel in _to_linear(color))


def _to_linear(color: Lab) -> tuple[float, float, float]:
    lightness, a, b = color
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _is_shown(linear: tuple[float, float, float]) -> bool:
    return all(-1e-4 <= channel <= 1.0001 for channel in linear)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _byte(linear: float) -> int:
    light = min(max(linear, 0.0), 1.0)
    encoded = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(255 * encoded)
