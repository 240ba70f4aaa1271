"""The head: where a viewer looks first."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..ink import (
    Floats,
    Rows,
    Samples,
    blobs,
    closed_spline,
    flicks,
    floats,
    hairlines,
    joined,
    normals,
    ribbon,
    spline,
    stream,
)
from .anatomy import Head

# All seen from the head joint, facing right; rows (x, y[, half_width]).
_SKULL = ((-12, -4, 17), (6, -3, 21), (26, 9, 18.5), (46, 20, 15), (64, 30, 12), (76, 36, 10.5))
_LIPS = ((81, 28), (87, 33), (88, 41), (82, 47), (71, 46))
_MOUTH = ((87.5, 41), (78, 42.5), (67, 40.5), (59, 36))
_CHEEK = ((33, 24), (25, 19), (21, 10), (24, 3))
_UPPER_LID = ((11, -3), (16, -8.5), (24, -8.5), (31, -1))
_LOWER_LID = ((13, 1), (18, 5), (24, 5), (31, 0))
_BROW_RIDGE = ((9, -10), (17, -14.5), (27, -11.5), (34, -4))
_NEAR_EAR = ((-12, -13, 2.5), (-25, -21, 7.6), (-41, -25, 6.6), (-56, -21, 1.0))
_FAR_EAR = ((-6, -20, 2.5), (-13, -33, 5.0), (-22, -42, 4.4), (-32, -45, 0.8))
_NEAR_HORN = ((-2, -15, 4.4), (-5, -32, 3.5), (-10, -46, 3.4))
_FAR_HORN = ((10, -16, 4.2), (9, -33, 3.3), (6, -48, 3.2))
_CHIN = ((76, 47), (60, 42), (44, 35))
_POLL = (-14.0, -15.0)

# (x, y, radius, ink, stretch, angle): eye, its light, tear duct, nostril, horn tops.
_BLOTS = (
    (21.0, -1.6, 4.2, 1.7, 1.4, 0.42),
    (22.6, -3.6, 1.3, -3.6, 1.0, 0.0),
    (28.6, 1.4, 1.1, 1.2, 1.8, 0.5),
    (79.5, 31.5, 1.6, 1.6, 1.9, 0.9),
    (-10.4, -47.5, 4.3, 1.4, 1.2, 0.2),
    (5.6, -49.5, 4.1, 1.4, 1.2, 0.2),
)
_LASHES = ((15, -8.0), (18, -9.2), (21.5, -9.4), (25, -8.0), (28, -5.5))
_LASH_DIRECTIONS = (-1.75, -1.5, -1.25, -0.95, -0.7)
_WHISKERS = ((82, 46.5), (78, 48), (74, 47.5), (69, 46), (64, 44.5))

_PEN_POINTS = 9
_PEN_HAIRS = 5
_SIDE_POINTS = 13


def near_outlines(head: Head) -> list[Floats]:
    """Return the polygons of skull, near ear and near horn."""
    return _placed(head, _near_shapes())


def far_outlines(head: Head) -> list[Floats]:
    """Return the polygons of the ear and the horn behind the skull."""
    return _placed(head, _far_shapes())


def head_marks(head: Head, seed: int, chaos: float) -> Samples:
    """Return all that is drawn on the head with the tip of the brush."""
    rng = stream(seed, "head")
    return joined(
        [_penned(rng, head, 0.25 + 0.3 * chaos), _blots(rng, head), _hairs(rng, head, chaos)]
    )


def muzzle(head: Head) -> tuple[float, float]:
    """Return (x, y) of the lips."""
    x, y = head.place([(87, 42)])[0]
    return float(x), float(y)


def chin(head: Head) -> Floats:
    """Return the contour that ink drips from, (points, 2)."""
    return head.place(_CHIN)


@cache
def _near_shapes() -> tuple[Floats, ...]:
    ear = closed_spline(_leaf(floats(_NEAR_EAR)), 4)
    return ribbon(_SKULL), ear, ribbon(_NEAR_HORN, 8)


@cache
def _far_shapes() -> tuple[Floats, ...]:
    return closed_spline(_leaf(floats(_FAR_EAR)), 4), ribbon(_FAR_HORN, 8)


def _placed(head: Head, shapes: tuple[Floats, ...]) -> list[Floats]:
    ends = np.cumsum([len(shape) for shape in shapes])
    return np.split(head.place(np.concatenate(shapes)), ends[:-1])


def _leaf(rows: Floats) -> Floats:
    """Return both sides of a leaf along `rows` (n, 3): n points out, then n back to the root."""
    side = normals(rows) * rows[:, 2:]
    return np.concatenate([rows[:, :2] - side, (rows[:, :2] + side)[::-1]])


@cache
def _contours() -> tuple[Floats, Floats]:
    """Return the lines of every head: paths (lines, 9, 2); half-widths and inks (2, lines)."""
    brow, throat = _sides(_SKULL)
    near_ear, far_ear = (_leaf(floats(ear)) for ear in (_NEAR_EAR, _FAR_EAR))
    lines: tuple[tuple[Rows, float, float], ...] = (
        (brow, 1.9, 1.0),
        (_LIPS, 1.3, 0.95),
        (throat[5:], 1.3, 0.8),
        (_MOUTH, 0.9, 1.0),
        (_CHEEK, 0.6, 0.3),
        (_UPPER_LID, 1.1, 1.0),
        (_LOWER_LID, 0.6, 0.7),
        (_BROW_RIDGE, 0.6, 0.45),
        (near_ear[:4], 1.2, 0.95),
        (near_ear[:3:-1], 1.3, 0.95),
        (far_ear[:4], 1.0, 0.8),
        (far_ear[:3:-1], 0.8, 0.6),
        *((side, 1.1, 0.9) for side in _sides(_NEAR_HORN)),
        *((side, 0.9, 0.7) for side in _sides(_FAR_HORN)),
    )
    paths = np.stack([spline(points, _PEN_POINTS) for points, _, _ in lines])
    return paths, floats([line[1:] for line in lines]).T


def _sides(rows: Rows) -> tuple[Floats, Floats]:
    """Return the upper and the lower side of a ribbon."""
    outline = ribbon(rows, _SIDE_POINTS)
    return outline[-_SIDE_POINTS:][::-1], outline[:_SIDE_POINTS]


def _penned(rng: np.random.Generator, head: Head, shake: float) -> Samples:
    """Return the contours as pressed and lifted lines: a few hairs each, all in one batch."""
    paths, (width, ink) = _contours()
    paths = head.place(paths)
    paths += np.float32(shake) * rng.standard_normal(paths.shape, dtype=np.float32)
    t = np.linspace(0, 1, _PEN_POINTS)
    pressure = floats(0.4 + 0.7 * np.sin(np.pi * (0.85 * t + 0.1)) ** 0.8)
    place = floats(np.linspace(-1, 1, _PEN_HAIRS))[:, np.newaxis]
    offset = place * pressure * width[:, np.newaxis, np.newaxis]
    curves = np.empty((len(paths), _PEN_HAIRS, _PEN_POINTS, 3), np.float32)
    curves[..., :2] = paths[:, np.newaxis]
    curves[..., :2] += offset[..., np.newaxis] * normals(paths)[:, np.newaxis]
    held = rng.uniform(0.45, 1.15, curves.shape[:-1]) * (1 - 0.45 * t**3)
    curves[..., 2] = floats(held) * (0.62 * ink[:, np.newaxis, np.newaxis])
    return hairlines(curves.reshape(-1, _PEN_POINTS, 3))


def _blots(rng: np.random.Generator, head: Head) -> Samples:
    """Return the eye with its light, the nostril and the knobs of the horns."""
    x, y, radius, ink, stretch, angle = floats(_BLOTS).T
    places = head.place(np.column_stack([x, y]))
    return blobs(
        rng,
        places[:, 0],
        places[:, 1],
        radius,
        ink=ink,
        stretch=stretch,
        angle=head.direction(angle),
        lobes=0.06,
    )


def _hairs(rng: np.random.Generator, head: Head, chaos: float) -> Samples:
    """Return lashes, whiskers, the hair on the horns, in the ear and on the poll."""
    tuft, ear, poll = 36, 12, 16
    around = rng.uniform(-np.pi, np.pi, tuft)
    tops = floats([_BLOTS[4][:2], _BLOTS[5][:2]])[np.arange(tuft) % 2]
    tops += floats(np.column_stack([np.cos(around), np.sin(around)]) * 3)
    inside = rng.uniform(0.05, 0.65, ear)
    lobe = np.column_stack([-15 - 36 * inside, -15 - 10 * inside + rng.normal(0, 2, ear)])
    crown = floats(_POLL) + floats(rng.uniform(-1, 1, (poll, 2)) * (7, 3))
    groups = (  # (roots, directions, lengths, ink)
        (floats(_LASHES), floats(_LASH_DIRECTIONS), rng.uniform(7, 10, 5), 1.2),
        (floats(_WHISKERS), rng.normal(1.5, 0.3, 5), rng.uniform(4, 8, 5), 0.6),
        (tops, -np.pi / 2 + 0.55 * around, rng.uniform(3, 6 + 2 * chaos, tuft), 1.1),
        (floats(lobe), rng.normal(np.pi + 0.25, 0.15, ear), rng.uniform(6, 12, ear), 0.7),
        (crown, rng.normal(-2.3, 0.4, poll), rng.uniform(6, 11 + 4 * chaos, poll), 1.0),
    )
    roots = head.place(np.concatenate([group[0] for group in groups]))
    sizes = [len(group[0]) for group in groups]
    return flicks(
        rng,
        roots[:, 0],
        roots[:, 1],
        head.direction(floats(np.concatenate([group[1] for group in groups]))),
        floats(np.concatenate([group[2] for group in groups])),
        ink=floats(np.repeat([group[3] for group in groups], sizes)),
        curve=0.25,
    )
