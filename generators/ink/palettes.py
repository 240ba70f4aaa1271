"""The named palettes and the colour tables made from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

import numpy as np
from pydantic import StringConstraints

from .arrays import Bytes

Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]
"""A colour `#rrggbb`, normalised to lower case."""

PaletteName = Literal["void_black", "eldritch", "ink", "parchment", "blood", "sacred"]

VOID = "#0a0a0a"
BONE = "#d4c5b0"


def _tones(colors: str) -> tuple[str, ...]:
    return tuple(f"#{color}" for color in colors.split())


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one mood, each `#rrggbb`.

    Attributes:
        ink: ink at full density; also what an asset uses when no colour is given.
        thin: what the same ink shows where it is thin.
        glow: the light of sigils, on dark ground.
        paper: old paper from its deepest scorch to its lightest fibre, eight tones at the
            places `PAPER_PLACES`.
    """

    ink: str
    thin: str
    glow: str
    paper: tuple[str, ...]


PAPER_PLACES = (0.0, 0.10, 0.22, 0.38, 0.55, 0.72, 0.84, 1.0)

PALETTES: Mapping[PaletteName, Palette] = MappingProxyType(
    {
        "void_black": Palette(
            VOID,
            VOID,
            BONE,
            _tones("050505 0a0a0a 1d1713 4a3c2e 86735a b9a488 d4c5b0 eadfcb"),
        ),
        "eldritch": Palette(
            "#0f1f1c",
            "#2f7d68",
            "#7fe0b4",
            _tones("030706 071010 12201d 2c4239 5c7764 93a88c b9c4a6 dbe0c6"),
        ),
        "ink": Palette(
            "#101a33",
            "#33507f",
            "#8fb4ff",
            _tones("04060a 080c14 161c28 38404f 6f7684 a5a9ae c8c8c5 e8e6de"),
        ),
        "parchment": Palette(
            "#3b2616",
            "#8a6238",
            "#e0b878",
            _tones("080402 120a05 2a1a0d 5c4021 9c7643 caa46a e0c390 f4e3bd"),
        ),
        "blood": Palette(
            "#4a0509",
            "#a5161c",
            "#ff4b3a",
            _tones("080202 140404 2c0d0b 5d2a22 96604e c39680 d9b9a4 eedccb"),
        ),
        "sacred": Palette(
            "#5c3d08",
            "#c3922b",
            "#ffd772",
            _tones("0a0702 171004 33250a 6b5119 a98a3c d3b96e e6d49b f8efd0"),
        ),
    }
)


def rgb(color: str) -> tuple[int, int, int]:
    """Return the three channels, 0 … 255, of a colour `#rrggbb`."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def gradient(stops: Sequence[tuple[float, str]]) -> Bytes:
    """Return 256 colours, shape (256, 3), interpolated between `stops` (place 0 … 1, colour)."""
    places = [place for place, _ in stops]
    channels = np.array([rgb(color) for _, color in stops], float)
    t = np.linspace(0.0, 1.0, 256)
    table = np.stack([np.interp(t, places, channel) for channel in channels.T], axis=1)
    colors: Bytes = np.rint(table).astype(np.uint8)
    return colors


def ink_table(ink: str, thin: str | None = None) -> Bytes:
    """Return the RGBA table of an ink on transparent ground: alpha is the index.

    Args:
        ink: colour at full density.
        thin: colour where there is little of it; the same if not given.
    """
    table = np.empty((256, 4), np.uint8)
    table[:, :3] = gradient(((0.0, thin or ink), (0.35, thin or ink), (0.95, ink)))
    table[:, 3] = np.arange(256)
    return table


def chosen_ink(color: str | None, palette: PaletteName) -> Bytes:
    """Return the RGBA table of an explicit colour or, without one, of the palette's ink."""
    if color is not None:
        return ink_table(color)
    named = PALETTES[palette]
    return ink_table(named.ink, named.thin)


def paper_table(palette: PaletteName) -> Bytes:
    """Return the RGB table of a palette's paper, shape (256, 3): index 0 scorched, 255 bare."""
    return gradient(tuple(zip(PAPER_PLACES, PALETTES[palette].paper, strict=True)))
