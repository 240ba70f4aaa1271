"""The star {n/m}: its lines, tips and scale, and the signs in its gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, Samples, arcs, blobs, floats, joined, quill_lines, stream
from .centres import CENTRE_ODDS, CENTRES, Centre
from .frame import MIDDLE, STAR_RADIUS, TICK_RADIUS, at
from .signs import SIGNS

_SMALLEST_FIELD = 52.0
_TIGHT_FIELD = 84.0
_SMALLEST_SIGN = 13.0
_POINTS = (5, 6, 7, 8, 9, 11)
_POINT_ODDS = (0.12, 0.14, 0.28, 0.18, 0.20, 0.08)


@dataclass(frozen=True, slots=True, eq=False)
class Star:
    """The composition: the star {n/m} and what it guards.

    Attributes:
        angles: (n,), directions of the vertices.
        vertices: (n, 2), the vertices in pixels.
        steps: m of the star that is drawn, then of the fainter one behind it if there is one.
        inner_radius: radius of the field in the middle, pixels: what the lines leave free, or more
            where they leave little.
        knob: radius of the circles around the vertices, pixels.
        filling: which of four things these hold.
        centre: what lies in the field.
    """

    angles: Floats
    vertices: Floats
    steps: tuple[int, ...]
    inner_radius: float
    knob: float
    filling: int
    centre: Centre


def compose_star(seed: int, points: int | None, complexity: int, chaos: float) -> Star:
    """Choose the star of `seed`, with so many `points` if given."""
    rng = stream(seed, "composition")
    drawn = int(rng.choice(_POINTS, p=_POINT_ODDS))
    points = points or drawn
    rotation = np.pi / points if rng.random() < 0.3 else 0.0
    knob, filling = rng.uniform(7, 11), int(rng.integers(4))
    centre = CENTRES[int(rng.choice(len(CENTRES), p=CENTRE_ODDS))]
    angles = floats(rotation - np.pi / 2 + 2 * np.pi * np.arange(points) / points)
    vertices = at(angles, STAR_RADIUS)
    vertices += floats(rng.normal(0, 0.8 * chaos, (points, 2)))
    possible = range((points + 1) // 2 - 1, 1, -1)
    step = next((m for m in possible if _free_radius(points, m) > _SMALLEST_FIELD), 2)
    others = [m for m in possible if m != step] if complexity > 35 else []
    return Star(
        angles=angles,
        vertices=vertices,
        steps=(step, *others[:1]),
        inner_radius=max(
            _free_radius(points, step), min(_notch_radius(points, step), _TIGHT_FIELD)
        ),
        knob=knob,
        filling=filling,
        centre=centre,
    )


def _free_radius(points: int, step: int) -> float:
    """Return the radius of the circle that all lines of the star {points/step} touch."""
    return float(STAR_RADIUS * np.cos(np.pi * step / points))


def _notch_radius(points: int, step: int) -> float:
    """Return the radius of the corners between the arms of the star {points/step}."""
    return float(_free_radius(points, step) / np.cos(np.pi * (step - 1) / points))


def star_lines(star: Star, seed: int, chaos: float) -> Samples:
    """Return the star and the fainter one behind it, both cut where something lies in front."""
    rng = stream(seed, "star")
    layers = []
    for step, ink, thick in zip(star.steps, (1.0, 0.42), (0.5, 0.0), strict=False):
        first, last = star.vertices, np.roll(star.vertices, -step, axis=0)
        along = last - first
        overshoot = along * (np.float32(4) / np.hypot(along[:, :1], along[:, 1:]))
        first, last = first - overshoot, last + overshoot
        layers.append(
            quill_lines(
                rng,
                first[:, 0],
                first[:, 1],
                last[:, 0],
                last[:, 1],
                ink=ink,
                thick=thick,
                wobble=1.1 * chaos,
            )
        )
    lines = joined(layers)
    seen = _beyond(lines, MIDDLE, MIDDLE, star.inner_radius - 0.8)
    for x, y in star.vertices.tolist():
        seen &= _beyond(lines, x, y, star.knob - 0.5)
    return lines.scaled(floats(seen))


def _beyond(samples: Samples, x: float, y: float, radius: float) -> NDArray[np.bool_]:
    """Return which samples lie outside of a circle."""
    outside: NDArray[np.bool_] = np.square(samples.x - x) + np.square(samples.y - y) > radius**2
    return outside


def ticks(star: Star, seed: int) -> Samples:
    """Return the scale between the inner rings, longer at the vertices."""
    rng = stream(seed, "ticks")
    parts = int(rng.integers(4, 9))
    points = len(star.angles)
    angles = star.angles[0] + floats(2 * np.pi * np.arange(points * parts) / (points * parts))
    length = np.where(np.arange(angles.size) % parts == 0, 9, 4)
    inner = at(angles, TICK_RADIUS)
    outer = at(angles, floats(TICK_RADIUS + length))
    return quill_lines(rng, inner[:, 0], inner[:, 1], outer[:, 0], outer[:, 1], ink=0.8, wobble=0.2)


def signs_in_gaps(star: Star, seed: int, chaos: float) -> Samples:
    """Return the signs in the gaps between the star's arms, where a tight star leaves room."""
    rng = stream(seed, "signs")
    points, step = len(star.angles), min(star.steps)
    notch = _notch_radius(points, step)
    gap = STAR_RADIUS - notch
    size = min(40.0, 0.42 * gap)
    if size < _SMALLEST_SIGN:
        return joined([])
    angles = star.angles + np.float32(np.pi / points)
    centres = at(angles, notch + 0.58 * gap)
    kinds = rng.permutation(len(SIGNS))[: int(rng.integers(1, 3))]
    return joined(
        [
            SIGNS[kind](rng, centres[turn :: len(kinds)], angles[turn :: len(kinds)], size, chaos)
            for turn, kind in enumerate(kinds)
        ]
    )


def knobs(star: Star, seed: int) -> Samples:
    """Return the circles at the star's tips and what they hold."""
    rng = stream(seed, "vertices")
    x, y = star.vertices[:, 0], star.vertices[:, 1]
    circles = arcs(rng, x, y, star.knob, sweep=6.5, ink=1.0, thick=0.4, wobble=0.4)
    if star.filling == 0:
        held = blobs(rng, x, y, 0.45 * star.knob, ink=1.2)
    elif star.filling == 1:
        shift = at(star.angles, 0.35 * star.knob) - np.float32(MIDDLE)
        held = arcs(
            rng,
            x + shift[:, 0],
            y + shift[:, 1],
            0.75 * star.knob,
            start=star.angles + np.float32(1.75),
            sweep=2.8,
            thick=0.4,
            wobble=0.2,
        )
    elif star.filling == 2:
        arm = at(star.angles, 0.6 * star.knob) - np.float32(MIDDLE)
        dx, dy = np.concatenate([arm, arm[:, ::-1] * floats([-1, 1])]).T
        held = quill_lines(
            rng, np.tile(x, 2) - dx, np.tile(y, 2) - dy, np.tile(x, 2) + dx, np.tile(y, 2) + dy
        )
    else:
        held = arcs(rng, x, y, 0.5 * star.knob, sweep=6.5, ink=0.9, wobble=0.2)
    return joined([circles, held])
