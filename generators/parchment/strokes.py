"""Building blocks of drawings: batches of lines of the quill."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, floats

Drawing = list[Floats]
"""Batches of lines, each of shape (lines, points, 3), rows (x, y, relative ink)."""

Numbers = NDArray[Any] | float

_CIRCLE_POINTS = 21
_OVERLAP = 0.25


def lines(points: NDArray[Any], ink: Numbers = 1.0) -> Floats:
    """Return lines through `points`, shape (points, 2) or (lines, points, 2).

    Args:
        points: where they go.
        ink: one value for all, or anything that broadcasts to (lines, points).
    """
    places = floats(points)
    if places.ndim == 2:
        places = places[np.newaxis]
    rows = np.empty((*places.shape[:2], 3), np.float32)
    rows[..., :2] = places
    rows[..., 2] = ink
    return rows


def lifted(points: NDArray[Any], ink: Numbers = 1.0) -> Floats:
    """Return lines whose ink fades as the pen is lifted at their end."""
    rows = lines(points, ink)
    rows[..., 2] *= 1 - floats(np.linspace(0, 0.92, rows.shape[1])) ** 2
    return rows


def segments(begin: NDArray[Any], end: NDArray[Any], ink: Numbers = 1.0) -> Floats:
    """Return straight lines from `begin` to `end`, shape (lines, 2) each."""
    return lines(np.stack(np.broadcast_arrays(begin, end), axis=1), ink)


def rays(angle: Numbers, begin: Numbers, end: Numbers, ink: Numbers = 1.0) -> Floats:
    """Return pieces of the radii in direction `angle`, from `begin` to `end`."""
    angle, begin, end = np.broadcast_arrays(np.atleast_1d(angle), begin, end)
    way = np.column_stack([np.cos(angle), np.sin(angle)])
    return segments(way * begin[:, np.newaxis], way * end[:, np.newaxis], ink)


def circles(
    x: Numbers, y: Numbers, radius: Numbers, ink: Numbers = 1.0, begin: Numbers = 0.7
) -> Floats:
    """Return circles that overlap where they `begin` (radians)."""
    x, y, radius, begin, ink = (
        part[:, np.newaxis]
        for part in np.broadcast_arrays(*map(np.atleast_1d, (x, y, radius, begin, ink)))
    )
    turn = begin + np.linspace(0, 2 * np.pi + _OVERLAP, _CIRCLE_POINTS)
    ring = np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=-1)
    return lines(ring, ink)


def hatching(roots: Floats, ways: Floats, ink: Numbers = 1.0) -> Floats:
    """Return short strokes that leave `roots` along `ways`, shape (lines, 2) each, and lift."""
    return lifted(np.stack([roots, roots + ways / 2, roots + ways], axis=1), ink)


def stamped(
    template: Floats, angle: Numbers, size: Numbers, shift: NDArray[Any], flip: Numbers = 1.0
) -> Floats:
    """Return a batch of lines once per place.

    Args:
        template: shape (lines, points, 3) about the origin.
        angle, size, flip: shape (places,) or one for all; the flip scales y before all else.
        shift: shape (places, 2).
    """
    count = len(shift)
    angle, size, flip = (
        floats(np.broadcast_to(part, count))[:, np.newaxis, np.newaxis]
        for part in (angle, size, flip)
    )
    x, y = template[..., 0] * size, template[..., 1] * (size * flip)
    copies = np.empty((count, *template.shape), np.float32)
    copies[..., 0] = x * np.cos(angle) - y * np.sin(angle)
    copies[..., 1] = x * np.sin(angle) + y * np.cos(angle)
    copies[..., :2] += floats(shift)[:, np.newaxis, np.newaxis]
    copies[..., 2] = template[..., 2]
    return copies.reshape(-1, *template.shape[1:])
