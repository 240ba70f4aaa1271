"""The ensō: one brush stroke around emptiness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from .generator import GradientMap, Parameters, Spec
from .ink import (
    Brush,
    Bytes,
    Canvas,
    Color,
    Floats,
    PaletteName,
    Samples,
    Stroke,
    blobs,
    chosen_ink,
    flights_on_sheet,
    floats,
    hairlines,
    opacity,
    paint,
    paper,
    spline,
    stream,
    tendrils,
    wide_blur,
)

SIZE = 800
_POINTS = 22
_WET_POINTS = 17
"""Control points that still carry enough ink for a tendril to come from."""

_TONE_STEP = 3
"""Of 255 levels. The grain of black ink is noise, and noise is what files hold dearly."""

_HAIR_STEPS = 12
_BEGINNINGS = (2.15, 1.1, 4.5)
"""Where hands like to touch down: lower left, lower right, top; angles from the centre."""

_BEGINNING_ODDS = (0.45, 0.30, 0.25)

_SWINGS = (0.022, 0.016, 0.011, 0.007)
"""Deviations of the waves that bend a ring, longest first, in radii, before chaos."""

_BRUSHES = 0.16
"""How much brushes differ: deviation of the logarithm of their width."""

_MARGIN = 10
"""Pixels that a ring leaves at the border for the hairs that stray from it."""

_Doubles = NDArray[np.float64]
_RADIUS = 0.335 * SIZE

Complexity = Annotated[
    int, Field(ge=20, le=100, description="Width of the brush, stray hairs, splatter and tendrils.")
]
Chaos = Annotated[
    float,
    Field(
        ge=0.1, le=2.0, description="From serene to unhinged: wobble, dryness, split and splatter."
    ),
]


class EnsoParameters(Parameters):
    """What a caller may choose of an ensō."""

    color: Color | None = Field(
        default=None,
        description="Ink as #rrggbb; without it the palette's (#0a0a0a for void_black).",
    )
    complexity: Complexity = 40
    chaos: Chaos = 1.0
    palette: PaletteName = Field(
        default="void_black", description="Named inks, used when no color is given."
    )


class Enso:
    """Draws ensōs."""

    spec = Spec(
        name="enso",
        summary="One brush stroke around emptiness",
        width=SIZE,
        height=SIZE,
        mode="RGBA",
        version="3",
        parameters=EnsoParameters,
    )

    def render(self, parameters: EnsoParameters, seed: int) -> GradientMap:
        """Draw the ensō of `seed`."""
        canvas = Canvas(SIZE, SIZE)
        draw_enso(canvas, seed, parameters.complexity, parameters.chaos)
        table = chosen_ink(parameters.color, parameters.palette)
        return GradientMap(dried(canvas, seed), table)


def draw_enso(canvas: Canvas, seed: int, complexity: int, chaos: float) -> None:
    """Put the stroke and all that flies off it on an 800×800 canvas."""
    ring = _compose(seed, complexity, chaos)
    canvas.add(_ring_strokes(ring, seed, chaos))
    canvas.add(_stray_hairs(ring, seed, complexity))
    canvas.add(_splatter(ring, seed, complexity, chaos))
    canvas.add(_tendrils(ring, seed, complexity, chaos))


def dried(canvas: Canvas, seed: int) -> Bytes:
    """Return the canvas as an 8-bit field: broken by the paper's tooth, bled a little into it."""
    density = canvas.density()
    density += np.float32(0.22) * np.square(density)  # a wet mass is black, tooth or not
    tooth = paper(stream(seed, "paper"), density.shape)
    tooth *= np.float32(0.9)
    tooth += np.float32(0.55)
    density *= tooth
    bleed = wide_blur(density, 5, white=2)
    bleed *= np.float32(0.10)
    density += bleed
    density *= np.float32(2.1)
    return opacity(density, _TONE_STEP)


@dataclass(frozen=True, slots=True, eq=False)
class _Ring:
    """The composition: where the stroke goes.

    Attributes:
        points: (22, 3), rows (x, y, half_width) along the stroke.
        base: the brush's width in pixels before pressure.
        begin, end: angles where the brush touches down and leaves, seen from the centre.
        turn: 1 clockwise as seen, -1 the other way.
    """

    points: Floats
    base: float
    begin: float
    end: float
    turn: int


def _compose(seed: int, complexity: int, chaos: float) -> _Ring:
    rng = stream(seed, "composition")
    t = np.linspace(0.0, 1.0, _POINTS)
    begin = rng.choice(_BEGINNINGS, p=_BEGINNING_ODDS) + rng.uniform(-0.8, 0.8)
    turn = 1 if rng.random() < 0.85 else -1
    sweep, drift = _gesture(rng, chaos)
    wildness = 0.2 + 1.15 * chaos + 0.9 * max(0.0, chaos - 1) ** 2
    amplitudes = np.clip(rng.standard_normal(4), -2, 2) * _SWINGS * wildness
    phases = rng.uniform(0, 2 * np.pi, 4)
    swings = [
        amplitude * np.sin((order + 1) * sweep * t * (1 if order == 0 else 0.8) + phase)
        for order, (amplitude, phase) in enumerate(zip(amplitudes, phases, strict=True))
    ]
    radius = (
        _RADIUS * rng.uniform(0.90, 1.06) * (1 + np.sum(swings, axis=0)) * (1 + drift * (t - 0.5))
    )
    radius *= 1 + 0.07 * t**6 * rng.uniform(-1, 0.6)
    angle = begin + turn * sweep * t
    ellipse = 1 + 0.03 * rng.uniform(-1, 1)
    base = SIZE * (0.040 + 0.020 * complexity / 100)
    base *= np.exp(_BRUSHES * np.clip(rng.standard_normal(), -2, 2))
    quiver = 1 + 0.10 * min(chaos, 1.5) * np.sin(7 * t + rng.uniform(0, 2 * np.pi))
    points = np.column_stack(
        [
            SIZE / 2 + radius * np.cos(angle) * ellipse,
            SIZE / 2 + radius * np.sin(angle) / ellipse,
            base * (0.34 + 0.72 * _pressure(rng, t) * quiver),
        ]
    )
    points[0, 2] *= 0.95
    points[-1, 2] *= 0.7
    return _Ring(_within_sheet(floats(points)), base, begin, float(angle[-1]), turn)


def _within_sheet(points: Floats) -> Floats:
    """Return rows (x, y, half_width), drawn together about the middle where they would be cut."""
    away = points[:, :2] - SIZE / 2
    room = SIZE / 2 - _MARGIN - points[:, 2:]
    fits = min(1.0, float(np.min(room / np.abs(away).max(axis=1, keepdims=True))))
    return floats(np.column_stack([SIZE / 2 + fits * away, points[:, 2]]))


def _gesture(rng: np.random.Generator, chaos: float) -> tuple[float, float]:
    """Return how far the hand sweeps (radians) and how much its radius drifts on the way.

    Most rings nearly close. Some stay open; some, the more the wilder, run over their beginning
    and pass it outside or inside.
    """
    kind, where, side = rng.random(3)
    sway = 0.12 * chaos * rng.uniform(-1, 1)
    if kind < 0.18:
        return 5.0 + 0.7 * where + sway, -0.05
    if kind > 0.90 - 0.12 * chaos:
        return 6.5 + 0.7 * where + sway, 0.13 if side < 0.4 else -0.17
    return 5.75 + 0.6 * where + sway, -0.05


def _pressure(rng: np.random.Generator, t: _Doubles) -> _Doubles:
    """Return the brush's pressure: down at the start, eased, pressed twice more on the way."""
    middle, end = rng.uniform(0.36, 0.54), rng.uniform(0.86, 0.98)
    return (
        rng.uniform(1.1, 1.35) * np.exp(-((t / 0.22) ** 2))
        + rng.uniform(0.42, 0.72) * np.exp(-(((t - middle) / 0.25) ** 2))
        + rng.uniform(0.75, 1.1) * np.exp(-(((t - end) / 0.28) ** 2))
    )


def _ring_strokes(ring: _Ring, seed: int, chaos: float) -> Samples:
    """Return the stroke itself, a faint second load over its first third, and its echoes."""
    rng = stream(seed, "stroke")
    wetness = rng.uniform(-0.14, 0.10)
    main = Brush(
        ink=1.06,
        dryness=(-0.34 + 0.5 * wetness, 0.72 + wetness + 0.12 * chaos),
        pool=0.8,
        ragged=0.10 + 0.05 * chaos,
        wobble=0.12 + 0.04 * chaos,
        split=0.12 * chaos,
        edge=0.35,
        taper=(0.0015, 0.16 + 0.05 * chaos),
        pitch=0.88,
    )
    second = Brush(
        ink=0.35, dryness=(0.3, 0.75), pool=0.2, ragged=0.2, taper=(0.02, 0.4), pitch=1.1
    )
    touched = ring.points[:9] * floats([1, 1, 0.92])
    strokes = [Stroke(ring.points, main), Stroke(touched, second)]
    return paint(rng, strokes + _echoes(ring, seed, chaos))


def _echoes(ring: _Ring, seed: int, chaos: float) -> list[Stroke]:
    """Return the dry, thin strokes with which a wild hand goes round again."""
    rng = stream(seed, "echoes")
    brush = Brush(
        ink=0.8,
        dryness=(0.3, 0.95),
        pool=0.3,
        ragged=0.5,
        wobble=0.5,
        split=0.4,
        edge=0.2,
        taper=(0.05, 0.5),
        pitch=0.9,
    )
    echoes = []
    for _ in range(round(max(0.0, chaos - 0.9) * rng.uniform(0.6, 2.6))):
        first, length = int(rng.integers(0, 12)), int(rng.integers(6, 11))
        part = ring.points[first : first + length].copy()
        away = rng.choice((0.85, 1.12)) + rng.uniform(-0.03, 0.03)
        tilt = np.linspace(0, rng.uniform(-0.06, 0.06), len(part))
        part[:, :2] = SIZE / 2 + (part[:, :2] - SIZE / 2) * (away + tilt)[:, np.newaxis]
        part[:, 2] = ring.base * rng.uniform(0.10, 0.32)
        echoes.append(Stroke(_within_sheet(part), brush))
    return echoes


def _stray_hairs(ring: _Ring, seed: int, complexity: int) -> Samples:
    """Return single hairs that left the bundle and follow it at their own distance."""
    rng = stream(seed, "stray hairs")
    count = int(4 + complexity / 8)
    path = spline(ring.points, _HAIR_STEPS * (_POINTS - 1) + 1)
    reach = rng.integers(3, 5, (count, 1))
    first = rng.integers(0, _POINTS - reach)
    along = np.linspace(0.0, 1.0, 12)
    rows = path[np.rint((first + reach * along) * _HAIR_STEPS).astype(np.intp)]
    away = 1 + rng.uniform(-1.35, 1.35, (count, 1, 1)) * ring.base / (0.345 * SIZE)
    rows[..., :2] = SIZE / 2 + (rows[..., :2] - SIZE / 2) * away
    rows[..., 2] = 0.9 * np.sin(np.pi * along) * rng.uniform(0.2, 0.9, (count, 1))
    return hairlines(rows)


def _splatter(ring: _Ring, seed: int, complexity: int, chaos: float) -> Samples:
    """Return the drops: just over half from the touch-down, the others from the flick.

    Most fly in a few jets; what is thrown hard stays together.
    """
    rng = stream(seed, "splatter")
    count = int((6 + 0.35 * complexity) * (0.35 + chaos))
    landed = rng.random(count) < 0.55
    source = np.where(landed[:, np.newaxis], ring.points[0, :2], ring.points[-1, :2])
    angle = np.where(landed, ring.begin - 1.5 * ring.turn, ring.end + 1.4 * ring.turn)
    spread = 0.55 + 0.2 * chaos
    jets = rng.normal(0, spread, 4)[rng.integers(0, 4, count)] + rng.normal(0, 0.13, count)
    angle += np.where(rng.random(count) < 0.55, jets, rng.normal(0, spread, count))
    x, y = source.T
    distance = floats(SIZE * (0.035 + 0.25 * rng.random(count) ** 1.8))
    distance = flights_on_sheet(x, y, floats(angle), distance, (SIZE, SIZE))
    return blobs(
        rng,
        floats(x + distance * np.cos(angle)),
        floats(y + distance * np.sin(angle)),
        floats(0.6 + 5.5 * rng.random(count) ** 4),
        ink=1.7,
        stretch=floats(1 + 1.4 * rng.random(count) ** 2),
        angle=floats(angle),
    )


def _tendrils(ring: _Ring, seed: int, complexity: int, chaos: float) -> Samples:
    """Return curls of ink that crept out of the wet part of the stroke, mostly outwards."""
    rng = stream(seed, "tendrils")
    count = int(0.22 * complexity * chaos)
    at = rng.integers(1, _WET_POINTS, count)
    outward = ring.points[at, :2] - SIZE / 2
    outward /= np.hypot(outward[:, :1], outward[:, 1:])
    side = np.where(rng.random(count) < 0.7, 1, -1)[:, np.newaxis].astype(np.float32)
    roots = ring.points[at, :2] + outward * side * 0.8 * ring.points[at, 2:]
    heading = np.arctan2(outward[:, 1] * side[:, 0], outward[:, 0] * side[:, 0])
    heading += floats(rng.uniform(0.5, 1.2, count)) * ring.turn * side[:, 0]
    return tendrils(
        rng,
        roots[:, 0],
        roots[:, 1],
        heading,
        floats(rng.uniform(5, 10, count)),
        ink=0.92,
        bend=0.22,
        drift=0.10,
        fade=1.3,
    )
