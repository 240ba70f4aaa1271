"""Curves through control points: smoothing, even spacing, turning."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats, Rows, floats


@cache
def _catmull_rom(points: int, samples: int) -> Floats:
    """Return the matrix (samples, points) from control points to samples of the spline.

    Uniform Catmull-Rom; the neighbours beyond both ends are extrapolated linearly.
    """
    position = np.linspace(0.0, points - 1.0, samples)
    cell = np.minimum(position.astype(np.intp), points - 2)
    t = position - cell
    weights = (
        (-(t**3) + 2 * t**2 - t) / 2,
        (3 * t**3 - 5 * t**2 + 2) / 2,
        (-3 * t**3 + 4 * t**2 + t) / 2,
        (t**3 - t**2) / 2,
    )
    padded = np.zeros((samples, points + 2))
    for offset, weight in enumerate(weights):
        padded[np.arange(samples), cell + offset] = weight
    matrix = padded[:, 1:-1]
    matrix[:, 0] += 2 * padded[:, 0]
    matrix[:, 1] -= padded[:, 0]
    matrix[:, -1] += 2 * padded[:, -1]
    matrix[:, -2] -= padded[:, -1]
    single = np.ascontiguousarray(matrix, dtype=np.float32)
    single.setflags(write=False)
    return single


def spline(points: Rows, samples: int) -> Floats:
    """Return `samples` rows of the smooth curve through `points`.

    Args:
        points: shape (n, channels) with n ≥ 2, or (curves, n, channels) for many at once. The
            first channels are x and y; further ones (half-width, density) are smoothed alike.
        samples: rows of the result, ≥ 2, evenly spaced in curve parameter, ends included.
    """
    rows = floats(points)
    return _catmull_rom(rows.shape[-2], samples) @ rows


def even_spline(points: Rows, samples: int) -> Floats:
    """Return `samples` rows of the curve through `points`, evenly spaced by arc length."""
    rows = floats(points)
    path = spline(rows, _density(rows.shape[-2], samples))
    reached = _arc_length(path)
    target = np.arange(samples) * (reached[-1] / (samples - 1))
    return np.stack(
        [np.interp(target, reached, channel) for channel in path.T], axis=1, dtype=np.float32
    )


def closed_spline(points: Rows, samples_per_point: int = 8) -> Floats:
    """Return the closed smooth outline through `points`, shape (n · samples_per_point, 2)."""
    ring = floats(points)
    count = len(ring)
    wrapped = np.concatenate([ring[-2:], ring, ring[:3]])
    path = spline(wrapped, (count + 4) * samples_per_point + 1)
    return path[2 * samples_per_point : (count + 2) * samples_per_point]


def normals(path: Floats) -> Floats:
    """Return the unit normals of a path (…, n, ≥2): its direction of travel, turned by +90°.

    With y down, +90° is clockwise: the right of travel. Shape (…, n, 2).
    """
    places = path[..., :2]
    along = np.empty_like(places)
    np.subtract(places[..., 2:, :], places[..., :-2, :], out=along[..., 1:-1, :])
    np.subtract(places[..., 1, :], places[..., 0, :], out=along[..., 0, :])
    np.subtract(places[..., -1, :], places[..., -2, :], out=along[..., -1, :])
    along /= np.maximum(np.hypot(along[..., :1], along[..., 1:]), np.float32(1e-6))
    return np.stack([-along[..., 1], along[..., 0]], axis=-1)


def turned(
    points: Rows,
    about: tuple[float, float],
    angle: float = 0.0,
    *,
    scale: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Floats:
    """Return `points` scaled and turned about a pivot, then shifted; half-widths scale along.

    Args:
        points: shape (…, ≥2): x, y and optionally half-width in the third channel.
        about: the pivot (x, y).
        angle: radians; with y down, positive turns clockwise as seen.
        scale: factor of distances and half-widths.
        shift: (x, y) added last.
    """
    rows = np.array(points, dtype=np.float32)
    x, y = rows[..., 0] - about[0], rows[..., 1] - about[1]
    cosine, sine = scale * float(np.cos(angle)), scale * float(np.sin(angle))
    rows[..., 0] = about[0] + shift[0] + cosine * x - sine * y
    rows[..., 1] = about[1] + shift[1] + sine * x + cosine * y
    if rows.shape[-1] > 2:
        rows[..., 2] *= scale
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Many curves as one flat run of evenly spaced samples.

    Attributes:
        values: (samples, channels), the curves' channels at each sample.
        curve: (samples,), which curve a sample belongs to.
        u: (samples,), its place along that curve, 0 … 1.
        lengths: (curves,), arc lengths in pixels.
    """

    values: Floats
    curve: NDArray[np.intp]
    u: Floats
    lengths: Floats


def trace(curves: Rows, pitch: float) -> Trace:
    """Sample many splines of equally many control points every `pitch` pixels.

    Args:
        curves: shape (curves, points, channels).
        pitch: distance of samples, pixels.
    """
    rows = floats(curves)
    path = spline(rows, _density(rows.shape[-2], 0))
    count, resolution = path.shape[:2]
    reached = _arc_length(path)
    lengths = reached[:, -1]
    curve, u = ragged(np.maximum(2, (lengths / pitch).astype(np.intp) + 1))
    # One search serves all curves: each is moved to a stretch of the axis of its own.
    start = np.cumsum(lengths + 1.0) - lengths
    axis = (reached + start[:, np.newaxis]).ravel()
    target = u * lengths[curve] + start[curve]
    right = np.searchsorted(axis, target)
    right = np.clip(right, curve * resolution + 1, (curve + 1) * resolution - 1)
    left = right - 1
    span = np.maximum(axis[right] - axis[left], 1e-9)
    mix = floats(np.clip((target - axis[left]) / span, 0.0, 1.0))[:, np.newaxis]
    flat = path.reshape(count * resolution, rows.shape[-1])
    from_values = flat[left]
    values = from_values + mix * (flat[right] - from_values)
    return Trace(values, curve, floats(u), floats(lengths))


def ragged(counts: NDArray[np.intp]) -> tuple[NDArray[np.intp], Floats]:
    """Lay out marks of different sample counts in one flat run.

    Returns:
        owner: for every sample the index of its mark.
        u: for every sample its place within the mark, 0 … 1 (0 where a mark has one sample).
    """
    owner = np.repeat(np.arange(counts.size), counts)
    first = np.cumsum(counts) - counts
    place = np.arange(owner.size) - first[owner]
    return owner, floats(place / np.maximum(counts - 1, 1)[owner])


def _density(points: int, samples: int) -> int:
    """Return how finely to evaluate a spline before linear resampling: short curves need less."""
    return points * (6 if samples < 240 else 28)


def _arc_length(path: Floats) -> NDArray[np.float64]:
    """Return the distance travelled at each row of (…, n, ≥2), 0 at the first."""
    step = path[..., 1:, :2] - path[..., :-1, :2]
    reached = np.zeros(path.shape[:-1])
    np.cumsum(np.hypot(step[..., 0], step[..., 1]), axis=-1, out=reached[..., 1:])
    return reached
