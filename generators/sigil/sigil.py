"""The sigil as an asset: its parameters, its frame and the order of its parts."""

from __future__ import annotations

import numpy as np
from pydantic import Field as Parameter

from ..generator import GradientMap, Parameters, Spec
from ..ink import (
    PALETTES,
    Canvas,
    Color,
    Floats,
    PaletteName,
    Samples,
    arcs,
    blobs,
    floats,
    joined,
    paper,
    stream,
    tendrils,
)
from . import runes
from .centres import Field
from .frame import MIDDLE, RIM, RUNE_RADIUS, SIZE, at
from .light import glowing, light_table
from .star import Star, compose_star, knobs, signs_in_gaps, star_lines, ticks

_RUNE_CELL = (16.0, 19.0)


class SigilParameters(Parameters):
    """What a caller may choose of a sigil."""

    color: Color | None = Parameter(
        default=None, description="Hue of the glow as #rrggbb; without it the palette's."
    )
    complexity: int = Parameter(
        default=60, ge=20, le=100, description="Runes, second star and ring, fine lines, stray ink."
    )
    chaos: float = Parameter(
        default=0.8, ge=0.1, le=2.0, description="From ruled to haunted: wobble, tilt, stray ink."
    )
    points: int | None = Parameter(
        default=None, ge=5, le=12, description="Points of the star; without it the seed's choice."
    )
    glow: float = Parameter(
        default=1.0, ge=0.0, le=2.0, description="Light around the lines: 0 none, 2 twice."
    )
    palette: PaletteName = Parameter(
        default="void_black", description="Named colors, used when no color is given."
    )


class Sigil:
    """Draws sigils."""

    spec = Spec(
        name="sigil",
        summary="A star of light that guards an eye, a moon, a knot or nothing",
        width=SIZE,
        height=SIZE,
        mode="RGBA",
        version="1",
        parameters=SigilParameters,
    )

    def render(self, parameters: SigilParameters, seed: int) -> GradientMap:
        """Draw the sigil of `seed`."""
        complexity, chaos = parameters.complexity, parameters.chaos
        star = compose_star(seed, parameters.points, complexity, chaos)
        canvas = Canvas(SIZE, SIZE)
        canvas.add(_rings(seed, chaos))
        canvas.add(_rune_band(seed, complexity, chaos))
        canvas.add(star_lines(star, seed, chaos))
        canvas.add(ticks(star, seed))
        canvas.add(signs_in_gaps(star, seed, chaos))
        canvas.add(knobs(star, seed))
        canvas.add(_inner_rings(star, seed, complexity, chaos))
        field = Field(MIDDLE, star.inner_radius, complexity, chaos)
        canvas.add(star.centre(stream(seed, "centre"), field))
        canvas.add(_stray_ink(seed, complexity, chaos))
        color = parameters.color or PALETTES[parameters.palette].glow
        lines = canvas.density() * _tooth(seed)
        return GradientMap(glowing(lines, parameters.glow), light_table(color))


def _rings(seed: int, chaos: float) -> Samples:
    """Return the four outer rings: two firm ones with a faint companion each."""
    rng = stream(seed, "rings")
    start = floats(rng.uniform(0, 2 * np.pi, 4))
    sweep = floats(2 * np.pi + rng.uniform(0.02, 0.25, 4))
    tired = 0.16 * max(0.0, chaos - 0.8)
    wobble = 0.72 * chaos
    firm = arcs(
        rng,
        MIDDLE,
        MIDDLE,
        floats([214, 175]),
        start=start[:2],
        sweep=sweep[:2],
        ink=floats([1.0, 0.9]),
        dry=tired,
        thick=0.52,
        wobble=wobble,
    )
    faint = arcs(
        rng,
        MIDDLE,
        MIDDLE,
        floats([207, 171]),
        start=start[2:],
        sweep=sweep[2:],
        ink=floats([0.55, 0.4]),
        dry=floats([0.15, 0.25]) + np.float32(tired),
        wobble=wobble,
    )
    return joined([firm, faint])


def _rune_band(seed: int, complexity: int, chaos: float) -> Samples:
    rng = stream(seed, "runes")
    count = int(16 + 0.22 * complexity)
    angles = floats(rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(count) / count)
    return runes.written(
        rng,
        runes.cast(rng, count),
        at(angles, RUNE_RADIUS),
        angles,
        _RUNE_CELL,
        wobble=0.5 * chaos,
    )


def _inner_rings(star: Star, seed: int, complexity: int, chaos: float) -> Samples:
    rng = stream(seed, "inner rings")
    rings = ((star.inner_radius, 0.8, 0.0), (0.94 * star.inner_radius, 0.4, 0.3))
    radius, ink, dry = floats(rings if complexity > 40 else rings[:1]).T
    return arcs(
        rng,
        MIDDLE,
        MIDDLE,
        radius,
        start=rng.uniform(0, 2 * np.pi),
        sweep=6.45,
        ink=ink,
        dry=dry,
        wobble=0.6 * chaos,
    )


def _stray_ink(seed: int, complexity: int, chaos: float) -> Samples:
    """Return what escapes the outer ring: curls and sparks."""
    rng = stream(seed, "stray ink")
    count = int((4 + 0.22 * complexity) * chaos)
    angles = floats(rng.uniform(0, 2 * np.pi, count))
    roots = at(angles, RIM)
    turn = floats(rng.choice((-1, 1), count) * rng.uniform(0.5, 1.2, count))
    curls = tendrils(rng, roots[:, 0], roots[:, 1], angles + turn, 4.2, steps=(5, 8), bend=0.22)
    count = int((8 + 0.3 * complexity) * chaos)
    away = RIM + np.minimum(np.abs(rng.normal(0, 14, count)), 34)
    sparks = at(floats(rng.uniform(0, 2 * np.pi, count)), floats(away))
    radius = floats(0.4 + 2.2 * rng.random(count) ** 4)
    return joined([curls, blobs(rng, sparks[:, 0], sparks[:, 1], radius, ink=1.3)])


def _tooth(seed: int) -> Floats:
    """Return how much ink each pixel of the ground takes."""
    tooth = paper(stream(seed, "paper"), (SIZE, SIZE))
    tooth *= np.float32(0.7)
    tooth += np.float32(0.62)
    return tooth
