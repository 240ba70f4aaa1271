"""Small marks, each drawn in batches: hairlines, blobs, quill lines, arcs, flicks, tendrils, drips.

Arguments named alike mean the same everywhere: positions in pixels with y down, angles in radians
(0 points right, positive turns clockwise as seen), `ink` the optical density, and one value per
mark or one for all.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .arrays import Floats, Rows, floats
from .atlas import streaks
from .canvas import Samples, joined
from .splines import ragged, trace

_GOLDEN_ANGLE = 2.39996
_BLOB_PITCH = 0.85

PerMark = Floats | float
"""One value for every mark, or one for all."""


def hairlines(curves: Rows, pitch: float = 0.55) -> Samples:
    """Return thin lines through control points.

    Args:
        curves: shape (lines, points, 3), rows (x, y, density).
        pitch: distance of samples in pixels.
    """
    run = trace(curves, pitch)
    return Samples(run.values[:, 0], run.values[:, 1], np.maximum(run.values[:, 2], 0))


def blobs(
    rng: np.random.Generator,
    x: PerMark,
    y: PerMark,
    radius: PerMark,
    *,
    ink: PerMark = 1.7,
    stretch: PerMark = 1.0,
    angle: PerMark = 0.0,
    lobes: float = 0.12,
) -> Samples:
    """Return drops with a drying rim.

    Args:
        rng: the picture's stream of their outlines.
        x, y: centres.
        radius: pixels.
        ink: density in the middle.
        stretch: length of the long axis relative to the radius, ≥ 1.
        angle: direction of the long axis.
        lobes: unevenness of the outline, 0 (round) … 0.3.

    Each is a sunflower spiral, evenly filled.
    """
    x, y, radius, ink, stretch, angle = _alike(x, y, radius, ink, stretch, angle)
    counts = (np.pi * radius**2 * stretch / _BLOB_PITCH**2).astype(np.intp) + 4
    owner, _ = ragged(counts)
    place = np.arange(owner.size) - (np.cumsum(counts) - counts)[owner]
    spiral = _sunflower(1 << int(counts.max(initial=1)).bit_length())[:, place]
    rho = np.sqrt((floats(place) + np.float32(0.5)) / floats(counts)[owner])
    phase = np.exp(2j * np.pi * rng.random((2, radius.size))).astype(np.complex64)
    outline = np.float32(0.55) * (spiral[1] * phase[0][owner]).imag
    outline += np.float32(0.40) * (spiral[2] * phase[1][owner]).imag
    reach = rho * (1 + np.float32(lobes) * outline) * radius[owner]
    along = reach * spiral[0].real * stretch[owner]
    across = reach * spiral[0].imag
    cosine, sine = np.cos(angle)[owner], np.sin(angle)[owner]
    rim = np.maximum(0, np.float32(3.33) * (rho - np.float32(0.7)))
    return Samples(
        x[owner] + along * cosine - across * sine,
        y[owner] + along * sine + across * cosine,
        ink[owner] * (1 + np.float32(0.5) * rim),
    )


def quill_lines(
    rng: np.random.Generator,
    x0: PerMark,
    y0: PerMark,
    x1: PerMark,
    y1: PerMark,
    *,
    ink: PerMark = 1.0,
    thick: float = 0.0,
    wobble: PerMark = 0.5,
    press: float = 0.25,
    pitch: float = 0.5,
) -> Samples:
    """Return straight lines from (x0, y0) to (x1, y1) as a hand draws them.

    Args:
        rng: the stream of their unsteadiness.
        x0, y0, x1, y1: ends.
        ink: density.
        thick: distance in pixels of two flanking lines at 0.8 of the ink; 0 draws none.
        wobble: sideways deviation in pixels, less in lines shorter than 40 px.
        press: 0 (even) … 0.5: how much more ink the ends get than the middle.
        pitch: distance of samples in pixels.
    """
    x0, y0, x1, y1, ink, wobble = _alike(x0, y0, x1, y1, ink, wobble)
    length = np.maximum(np.hypot(x1 - x0, y1 - y0), np.float32(1e-3))
    owner, t = ragged((length / pitch).astype(np.intp) + 2)
    bend = wobble * np.minimum(1, length / 40)
    bends = bend * rng.standard_normal((2, length.size), dtype=np.float32)
    swing = np.sin(np.float32(np.pi) * t)
    sideways = bends[0][owner] * swing
    swing *= np.cos(np.float32(np.pi) * t)
    swing *= 2  # sin 2a = 2 sin a cos a
    sideways += bends[1][owner] * swing
    dx, dy = x1 - x0, y1 - y0
    nx, ny = (-dy / length)[owner], (dx / length)[owner]
    middle = Samples(
        x0[owner] + t * dx[owner] + sideways * nx,
        y0[owner] + t * dy[owner] + sideways * ny,
        floats(ink[owner] * (1 - press + 2 * press * np.square(2 * t - 1))),
    )
    if thick <= 0:
        return middle
    return joined([middle, *_flanks(middle, nx * np.float32(thick), ny * np.float32(thick))])


def arcs(
    rng: np.random.Generator,
    x: PerMark,
    y: PerMark,
    radius: PerMark,
    *,
    start: PerMark = 0.0,
    sweep: PerMark = 2 * np.pi,
    ink: PerMark = 1.0,
    dry: PerMark = 0.0,
    thick: float = 0.0,
    wobble: PerMark = 0.5,
    pitch: float = 0.5,
) -> Samples:
    """Return circles or parts of them, drawn with one hair that may run dry.

    Args:
        rng: the stream of their unsteadiness and their hair.
        x, y: centres.
        radius: pixels.
        start, sweep: where the pen touches down and how far it turns; let a ring overlap itself.
        ink: density.
        dry: share of gaps, 0 … 1.
        thick: distance of two concentric lines at 0.8 of the ink; 0 draws none.
        wobble: deviation of the radius in pixels.
        pitch: distance of samples in pixels.
    """
    x, y, radius, start, sweep, ink, dry, wobble = _alike(
        x, y, radius, start, sweep, ink, dry, wobble
    )
    if not radius.size:
        return joined([])
    owner, t = ragged((radius * np.abs(sweep) / pitch).astype(np.intp) + 3)
    angle = start[owner] + sweep[owner] * t
    phases = (2 * np.pi * rng.random((3, radius.size))).astype(np.float32)
    swing = np.float32(0.5) * np.sin(angle + phases[0][owner])
    swing += np.float32(0.35) * np.sin(2 * angle + phases[1][owner])
    swing += np.float32(0.25) * np.sin(3 * angle + phases[2][owner])
    cosine, sine = np.cos(angle), np.sin(angle)
    reach = radius[owner] + wobble[owner] * swing
    held = streaks(rng, 1, owner.size)[0]
    held += np.float32(0.5) - held.mean()  # a poor hair would leave out whole rings
    gap = np.clip(9 * (held - dry[owner]), 0, 1)
    middle = Samples(
        x[owner] + reach * cosine,
        y[owner] + reach * sine,
        ink[owner] * (np.float32(0.55) + np.float32(0.75) * held) * gap,
    )
    if thick <= 0:
        return middle
    side = np.float32(thick)
    return joined([middle, *_flanks(middle, cosine * side, sine * side)])


def flicks(
    rng: np.random.Generator,
    x: PerMark,
    y: PerMark,
    direction: PerMark,
    length: PerMark,
    *,
    ink: PerMark = 0.8,
    curve: PerMark = 0.3,
    width: float = 0.0,
    fade: tuple[float, float] = (1.0, 0.8),
    pitch: float = 0.7,
) -> Samples:
    """Return hairs, grass, manes, fibres: lines that leave a root and fade.

    Args:
        rng: the stream of their bends.
        x, y: roots.
        direction, length: where they grow and how far.
        ink: density at the root.
        curve: deviation of the bend in radians at the tip.
        width: half-width at the root of three converging lines; up to 0.4 draws a single one.
        fade: exponents (a, b) of the density (1 - u^a)^b along the hair. Paper fibres: (2, 1).
        pitch: distance of samples in pixels.
    """
    x, y, direction, length, ink, curve = _alike(x, y, direction, length, ink, curve)
    owner, u = ragged((length / pitch).astype(np.intp) + 2)
    bend = curve * rng.standard_normal(length.size, dtype=np.float32)
    angle = direction[owner] + bend[owner] * u
    reach = length[owner] * u
    cosine, sine = np.cos(angle), np.sin(angle)
    left = 1 - u if fade[0] == 1 else 1 - u ** np.float32(fade[0])
    middle = Samples(
        x[owner] + reach * cosine,
        y[owner] + reach * sine,
        ink[owner] * (left if fade[1] == 1 else left ** np.float32(fade[1])),
    )
    if width <= 0.4:
        return middle
    side = np.float32(width) * (1 - u)
    return joined([middle, *_flanks(middle, -sine * side, cosine * side, weight=1.0)])


def walks(
    rng: np.random.Generator,
    x: PerMark,
    y: PerMark,
    heading: PerMark,
    step: PerMark,
    steps: int,
    *,
    bend: PerMark = 0.2,
    drift: float = 0.11,
) -> Floats:
    """Return paths whose curvature is a random walk: curls, not scribble.

    Args:
        rng: the stream of their turns.
        x, y, heading, step: start, first direction and length of a step in pixels.
        steps: steps of every path.
        bend: curvature at the start per step, radians; an array keeps its sign, a number is the
            deviation of a normal one.
        drift: deviation of what the curvature gains at each step.

    Returns:
        shape (paths, steps + 1, 2).
    """
    x, y, heading, step = _alike(x, y, heading, step)
    first = bend * rng.standard_normal(x.size) if isinstance(bend, float) else bend
    gains = np.float32(drift) * rng.standard_normal((x.size, steps), dtype=np.float32)
    gains[:, 0] = first
    turns = np.cumsum(gains, axis=1)
    headings = heading[:, np.newaxis] + np.cumsum(turns, axis=1)
    paths = np.zeros((x.size, steps + 1, 2), np.float32)
    np.cumsum(np.cos(headings) * step[:, np.newaxis], axis=1, out=paths[:, 1:, 0])
    np.cumsum(np.sin(headings) * step[:, np.newaxis], axis=1, out=paths[:, 1:, 1])
    paths[..., 0] += x[:, np.newaxis]
    paths[..., 1] += y[:, np.newaxis]
    return paths


def tendrils(
    rng: np.random.Generator,
    x: PerMark,
    y: PerMark,
    heading: PerMark,
    step: PerMark,
    *,
    steps: tuple[int, int] = (7, 12),
    ink: float = 1.1,
    bend: PerMark = 0.2,
    drift: float = 0.11,
    fade: float = 1.2,
) -> Samples:
    """Return curling hairs that grow out of (x, y) and fade to their tip.

    Args:
        rng, x, y, heading, step, bend, drift: as for `walks`.
        steps: fewest and most steps.
        ink: density at the root.
        fade: exponent of the density (1 - j/m)^fade at step j of m.
    """
    fewest, most = steps
    paths = walks(rng, x, y, heading, step, most, bend=bend, drift=drift)
    m = rng.integers(fewest, most + 1, size=(len(paths), 1))
    left = np.maximum(0, 1 - floats(np.arange(most + 1) / m))
    density = np.float32(ink) * left ** np.float32(fade)
    return hairlines(np.concatenate([paths, density[..., np.newaxis]], axis=2))


def drips(
    rng: np.random.Generator, x: PerMark, y: PerMark, longest: PerMark, *, ink: float = 0.9
) -> Samples:
    """Return runs of ink down from (x, y), each with a drop at its end.

    Args:
        rng: the stream of their lengths and sway.
        x, y: where they leave the mass.
        longest: length in pixels that none exceeds; most are much shorter.
        ink: density where they leave.
    """
    x, y, longest = _alike(x, y, longest)
    count = x.size
    reach = longest * (0.15 + 0.85 * rng.random(count, dtype=np.float32) ** 2)
    t = floats(np.linspace(0.0, 1.0, 7))
    sway = np.cumsum(rng.standard_normal((count, 7), dtype=np.float32), axis=1)
    sway -= sway[:, :1]
    path = np.empty((count, 7, 3), np.float32)
    path[..., 0] = x[:, np.newaxis] + np.float32(0.5) * sway
    path[..., 1] = y[:, np.newaxis] + reach[:, np.newaxis] * t
    path[..., 2] = np.float32(ink) * (1 - np.float32(0.72) * t)
    drop = 0.8 + 1.6 * rng.random(count, dtype=np.float32) ** 2
    ends = blobs(rng, path[:, -1, 0], path[:, -1, 1], drop, ink=1.5 * ink)
    return joined([hairlines(path), ends])


def _alike(*values: PerMark) -> tuple[Floats, ...]:
    """Return every value as an array with one entry per mark."""
    arrays = [floats(value) for value in values]
    shape = np.broadcast_shapes((1,), *{array.shape for array in arrays})
    return tuple(
        array if array.shape == shape else np.broadcast_to(array, shape) for array in arrays
    )


def _flanks(middle: Samples, dx: Floats, dy: Floats, weight: float = 0.8) -> list[Samples]:
    """Return the line once more on either side."""
    ink = middle.weight * np.float32(weight)
    return [
        Samples(middle.x + dx, middle.y + dy, ink),
        Samples(middle.x - dx, middle.y - dy, ink),
    ]


@cache
def _sunflower(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.complex64]]:
    """Return e^{iθ}, e^{2iθ} and e^{3iθ} of the first `count` seeds of a sunflower."""
    theta = _GOLDEN_ANGLE * np.arange(count)
    turns = np.exp(1j * np.array([[1], [2], [3]]) * theta).astype(np.complex64)
    turns.setflags(write=False)
    return turns
