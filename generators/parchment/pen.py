"""The quill: a line through any number of points, lifted in between, thick and thin by its nib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, Samples, floats, joined

_PITCH = 0.9
"""Distance of samples along the line, pixels."""

_COUNTS = np.array([2, 3, 4, 6, 8, 11, 15, 20, 28, 40, 60, 100, 170, 300, 600, 1400])
"""Samples that a segment may have: the next of these, so that few groups cover all lengths."""

_THINNEST = 0.45
"""Ink of a stroke along the nib, relative to one across it, where the same ink lies narrower."""


@dataclass(frozen=True, slots=True, eq=False)
class PenPath:
    """Where the pen goes.

    Attributes:
        points: shape (n, 3), rows (x, y, density), pixels and optical density.
        drawn: shape (n,), whether the pen is on the paper on its way to this point.
    """

    points: Floats
    drawn: NDArray[np.bool_]


def pen_path(drawing: Sequence[Floats]) -> PenPath:
    """Return the path that draws batches of lines, each of shape (lines, points ≥ 2, 3)."""
    if not drawing:
        return PenPath(np.empty((0, 3), np.float32), np.empty(0, np.bool_))
    starts = [np.arange(len(batch) * batch.shape[1]) % batch.shape[1] == 0 for batch in drawing]
    points = np.concatenate([batch.reshape(-1, 3) for batch in drawing])
    return PenPath(points, ~np.concatenate(starts))


def in_turn(paths: Sequence[PenPath]) -> PenPath:
    """Return one path that draws `paths` one after the other."""
    if not paths:
        return pen_path([])
    return PenPath(
        np.concatenate([path.points for path in paths]),
        np.concatenate([path.drawn for path in paths]),
    )


def quill(path: PenPath, *, angle: float = -0.7, tension: float = 0.0) -> Samples:
    """Return the ink of a path as a line one pixel wide.

    Args:
        path: rows (x, y, density).
        angle: direction of the nib, radians; strokes across it take more ink than along it.
        tension: 0 (round, Catmull-Rom) … 1 (straight from point to point): the cardinal spline.
    """
    begin, end, leaving, arriving = _segments(path, tension)
    length = np.hypot(end[:, 0] - begin[:, 0], end[:, 1] - begin[:, 1])
    for tangent, ink in ((leaving, begin), (arriving, end)):
        ink[:, 2] *= _across(tangent, angle)
    leaving[:, 2] = arriving[:, 2] = end[:, 2] - begin[:, 2]
    group = np.searchsorted(_COUNTS[:-1], length / _PITCH)
    order = np.argsort(group, kind="stable")
    cubics = _cubics(begin, end, leaving, arriving)[:, order]
    length = length[order]
    bounds = np.cumsum(np.bincount(group, minlength=_COUNTS.size))
    runs = []
    for first, last, count in zip((0, *bounds[:-1]), bounds, _COUNTS.tolist(), strict=True):
        if first == last:
            continue
        t = (np.arange(count, dtype=np.float32) + np.float32(0.5)) / np.float32(count)
        powers = np.stack([np.ones_like(t), t, t * t, t * t * t])
        x, y, ink = (cubics[:, first:last].reshape(-1, 4) @ powers).reshape(3, -1, count)
        ink *= length[first:last, np.newaxis] / np.float32(count)
        runs.append(Samples(x.ravel(), y.ravel(), ink.ravel()))
    return joined(runs)


def broadened(samples: Samples, nib: float, angle: float) -> Samples:
    """Return a line drawn with a nib `nib` pixels wide, for initials and headings."""
    lines = int(nib / 0.8) + 2
    reach = np.linspace(-nib / 2, nib / 2, lines)
    thin = samples.scaled(nib / lines)
    return joined([thin.moved(k * np.cos(angle), k * np.sin(angle)) for k in reach])


def _segments(path: PenPath, tension: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Return where each drawn segment begins and ends, and its tangents there, rows (x, y, ink).

    At a lift the line goes on straight, so that it does not lean towards where it starts again.
    """
    points, drawn = path.points, np.append(path.drawn, False)
    segments = np.flatnonzero(path.drawn)
    begin, end = points[segments - 1], points[segments]
    came = drawn[segments - 1][:, np.newaxis]
    goes = drawn[segments + 1][:, np.newaxis]
    before = np.where(came, points[segments - 2], 2 * begin - end)
    after = np.where(goes, points[np.minimum(segments + 1, len(points) - 1)], 2 * end - begin)
    slack, pull = np.float32((1 - tension) / 2), np.float32(tension)
    chord = pull * (end - begin)
    return begin, end, slack * (end - before) + chord, slack * (after - begin) + chord


def _cubics(begin: Floats, end: Floats, leaving: Floats, arriving: Floats) -> Floats:
    """Return the Hermite cubics as powers 0 … 3 of t, shape (x y ink, segments, 4)."""
    chord = end - begin
    cubics = np.empty((3, len(begin), 4), np.float32)
    cubics[..., 0] = begin.T
    cubics[..., 1] = leaving.T
    cubics[..., 2] = (3 * chord - 2 * leaving - arriving).T
    cubics[..., 3] = (leaving + arriving - 2 * chord).T
    return cubics


def _across(tangent: Floats, angle: float) -> Floats:
    """Return the ink of a stroke in direction `tangent`: 1 across the nib, less along it."""
    dx, dy = tangent[:, 0], tangent[:, 1]
    sine = np.abs(dx * np.float32(np.sin(angle)) - dy * np.float32(np.cos(angle)))
    sine /= np.maximum(np.hypot(dx, dy), np.float32(1e-6))
    return floats(_THINNEST + (1 - _THINNEST) * sine)
