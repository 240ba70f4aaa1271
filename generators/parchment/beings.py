"""Drawings of what grows, flies and crawls in the margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, closed_spline, even_spline, floats, normals
from .strokes import Drawing, circles, hatching, lifted, lines, segments, stamped

_LEAF_BELLY = 0.19
_LEAF_BEND = 0.16
_ARM_LENGTH = 3.9
_UPPER_WING = ((0.07, -0.2), (0.5, -0.78), (1.0, -0.82), (0.92, -0.35), (0.55, 0.0), (0.1, 0.02))
_LOWER_WING = ((0.08, 0.02), (0.55, 0.04), (0.78, 0.35), (0.55, 0.75), (0.28, 0.62), (0.08, 0.2))
_UPPER_JAW = (
    (-0.02, -0.08),
    (0.08, -0.15),
    (0.22, -0.15),
    (0.4, -0.05),
    (0.31, -0.02),
    (0.14, -0.02),
)
_LOWER_JAW = ((-0.02, 0.08), (0.1, 0.12), (0.22, 0.12), (0.33, 0.08), (0.25, 0.055), (0.14, -0.02))


def herb(rng: np.random.Generator, detail: float) -> Drawing:
    """A herb no apothecary sold: a stem, leaves, a head of seeds, forked roots."""
    sway = rng.uniform(-0.25, 0.25)
    stem = even_spline(
        floats([[0, 0.62], [sway, 0.1], [-0.6 * sway, -0.5], [0.2 * sway, -1.05]]), 61
    )
    side = normals(stem)[::4] * floats(0.018)
    leaves = int(7 + 5 * detail)
    at = np.linspace(5, 50, leaves).astype(int)
    hand = np.where(np.arange(leaves) % 2, 1, -1)
    angle = hand * rng.uniform(0.55, 0.95) - np.pi / 2 + rng.normal(0, 0.15, leaves)
    size = (0.66 - 0.34 * np.arange(leaves) / leaves) * rng.uniform(0.85, 1.1, leaves)
    rays = int(7 + 6 * detail)
    fan = -np.pi / 2 + np.linspace(-1.2, 1.2, rays)
    way = rng.uniform(0.22, 0.36, (rays, 1)) * np.column_stack([np.cos(fan), np.sin(fan)])
    seeds = stem[-1] + way
    return [
        lines(stem[::4] + side, 1.1),
        lines(stem[::4] - side, 1.3),
        stamped(_leaf_outline(), angle, size, stem[at], hand),
        stamped(_leaf_veins(int(4 + 8 * detail)), angle, size, stem[at], hand),
        segments(stem[-1], seeds, 0.9),
        *(circles(seeds[:, 0], seeds[:, 1], r, 1.2) for r in (0.034, 0.016)),
        *_roots(rng, stem[0], int(5 + 5 * detail)),
    ]


def _leaf_shape(u: Floats) -> tuple[Floats, Floats]:
    """Return the height of the middle vein and the half-width at `u`, 0 … 1 along the leaf."""
    return -_LEAF_BEND * u**2, floats(_LEAF_BELLY * np.sin(np.pi * u**0.75))


def _leaf_outline() -> Floats:
    u = floats(np.linspace(0, 1, 11))
    spine, belly = _leaf_shape(u)
    edges = [np.column_stack([u, spine + way * belly]) for way in (-1, 0, 1)]
    return lines(np.stack(edges), np.array([[1.1], [0.8], [1.3]]))


def _leaf_veins(shade: int) -> Floats:
    """Return veins to both edges and `shade` strokes over the lower half."""
    u = floats(np.linspace(0.12, 0.78, 6))
    spine, _ = _leaf_shape(u)
    tip, reach = _leaf_shape(u + np.float32(0.12))
    root = np.column_stack([u, spine])
    veins = [np.column_stack([u + 0.1, tip + way * reach * 0.85]) for way in (-1, 1)]
    row = floats(np.linspace(0.15, 0.85, shade))
    spine, belly = _leaf_shape(row)
    begin = np.column_stack([row, spine])
    end = np.column_stack([row + 0.04, spine + 0.8 * belly])
    return np.concatenate(
        [*(segments(root, vein, 0.6) for vein in veins), segments(begin, end, 0.5)]
    )


def _roots(rng: np.random.Generator, root: Floats, count: int) -> Drawing:
    angle = np.pi / 2 + np.linspace(-1.0, 1.0, count) + rng.normal(0, 0.12, count)
    bends = angle[:, np.newaxis] + np.cumsum(rng.normal(0, 0.22, (count, 7)), axis=1)
    steps = 0.13 * np.stack([np.cos(bends), np.sin(bends)], axis=-1)
    steps *= rng.uniform(0.6, 1.1, (count, 1, 1))
    steps[:, 0] *= 0.3
    path = root + np.cumsum(steps, axis=1)
    twig = path[:, 3:4] + np.cumsum(steps[:, 3:6] + rng.normal(0, 0.03, (count, 3, 2)), axis=1)
    return [lifted(path, 1.3), lifted(path + 0.012, 1.0), lifted(twig, 0.8)]


def tentacle(rng: np.random.Generator, detail: float) -> Drawing:
    """An arm from below the page, curling in on itself, with suckers inside."""
    hand = rng.choice((-1, 1))
    t = np.linspace(0, 1, 160)
    bend = -1.0 + 1.6 * t + rng.uniform(24, 40) * t**3
    heading = -np.pi / 2 + hand * (rng.uniform(-0.2, 0.4) + np.cumsum(bend) / t.size)
    path = np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]), axis=0)
    low, high = path.min(axis=0), path.max(axis=0)
    scale = float(np.min((1.5, 2.8) / (high - low)))
    spine = floats((path - (low + high) / 2) * scale)
    width = scale * t.size * (0.062 * (1 - t) ** 0.75 + 0.002)
    inward = normals(spine) * floats(hand * width)[:, np.newaxis]
    rising = np.minimum(1, t / 0.12)
    step = 3 if detail < 0.5 else 2
    at = _sucker_rows(width / (scale * t.size))
    middle = spine[at] + 0.7 * inward[at]
    outer = spine - inward
    return [
        lines((spine + inward)[::2], 1.1 * rising[::2]),
        lines(outer[::2], 1.4 * rising[::2]),
        hatching(outer[6::step], 0.7 * inward[6::step], 0.8),
        *(circles(middle[:, 0], middle[:, 1], r * width[at], 1.1) for r in (0.3, 0.16)),
    ]


def _sucker_rows(width: NDArray[np.float64]) -> list[int]:
    """Return the rows of the arm that carry a sucker, as close as their size allows."""
    chosen, place = [], 6.0
    rows = width.size
    while place < rows - 14:
        chosen.append(int(place))
        place += max(2.2, 0.72 * float(width[int(place)]) * rows)
    return chosen


def moth(rng: np.random.Generator, detail: float) -> Drawing:
    """A moth, wings spread, a dead eye on each."""
    right = _wing(_UPPER_WING, (0.66, -0.46), int(10 + 8 * detail), detail)
    right += _wing(_LOWER_WING, (0.46, 0.34), int(8 + 6 * detail), detail)
    stretch = floats([*rng.uniform(0.88, 1.1, 2), 1])
    feeler = even_spline(floats([[0.03, -0.42], [0.12, -0.66], [0.3, -0.9]]), 14)
    right = [part * stretch for part in right]
    right += [lines(feeler, 1.1), hatching(feeler, np.full((14, 2), (0.07, 0.03), np.float32), 0.9)]
    y = np.linspace(-0.38, 0.56, int(12 + 14 * detail))
    half = 0.085 * np.sqrt(np.maximum(0.02, 1 - ((y - 0.08) / 0.52) ** 2))
    ribs = np.stack(
        [np.column_stack([k * half, y + 0.025 * (1 - abs(k))]) for k in (-1, 0, 1)], axis=1
    )
    flanks = np.stack([np.column_stack([way * half, y]) for way in (-1, 1)])
    left = [part * floats([-1, 1, 1]) for part in right]
    return [*right, *left, lines(ribs, 1.0), lines(flanks, 1.3), circles(0, -0.42, 0.045, 1.3)]


def _wing(
    corners: tuple[tuple[float, float], ...], eye: tuple[float, float], rays: int, detail: float
) -> Drawing:
    outline = closed_spline(floats(corners), 8)
    root = floats(corners[0])
    rim = outline[np.linspace(6, 40, rays).astype(int)]
    veins = root + (rim - root)[:, np.newaxis] * floats([[0.1], [0.55], [0.95]])
    fringe = outline[7:40:2] if detail < 0.5 else outline[7:40]
    rings = np.array([0.12, 0.085, 0.045, 0.02])
    return [
        lines(np.concatenate([outline, outline[:2]]), 1.3),
        lines(outline * floats(0.93) + root * floats(0.07), 0.6),
        lifted(veins, 0.8),
        hatching(fringe, (root - fringe) * floats(0.16), 0.9),
        circles(*eye, rings, 1.2),
    ]


def serpent(rng: np.random.Generator, detail: float) -> Drawing:
    """The worm that eats its tail."""
    turn = int(rng.choice((-1, 1)))
    t = np.linspace(0, 1, 160)
    angle = rng.uniform(0, 2 * np.pi) + turn * (0.36 + 5.93 * t)
    ring = floats(np.column_stack([np.cos(angle), np.sin(angle)]))
    spine = ring * floats(0.84 + 0.03 * np.sin(4 * angle))[:, np.newaxis]
    belly = 0.6 + 0.4 * np.sin(np.pi * np.clip(1.3 * t + 0.05, 0, 1))
    width = 0.125 * belly * np.minimum(1, 2.4 * (1 - t)) ** 0.8 + 0.004
    outward = ring * floats(width)[:, np.newaxis]
    forward = np.gradient(spine, axis=0)
    forward /= np.hypot(forward[:, :1], forward[:, 1:])
    step = 2 if detail < 0.5 else 1
    neck = (float(spine[0, 0]), float(spine[0, 1]))
    facing = float(np.arctan2(-forward[0, 1], -forward[0, 0]))
    return [
        lines((spine + outward)[::2], 1.3),
        lines((spine - outward)[::2], 1.1),
        *_scales(spine, outward, forward * floats(width)[:, np.newaxis]),
        hatching((spine - outward)[2:-6:step], 0.5 * outward[2:-6:step], 0.7),
        *(stamped(part, facing, 1.1, np.array([neck]), -turn) for part in _head()),
    ]


def _scales(spine: Floats, outward: Floats, forward: Floats) -> Drawing:
    """Return rows of tiles over the back, every second row shifted by half a tile."""
    rows = []
    for first, height in ((4, 0.78), (6, 0.44), (4, 0.1)):
        at = slice(first, 132, 4)
        middle = spine[at] + height * outward[at]
        across, along = 0.2 * outward[at], 0.34 * forward[at]
        rows.append(
            lines(np.stack([middle - across, middle + along, middle + across], axis=1), 0.9)
        )
    return rows


def _head() -> Drawing:
    """Return the head, jaws open about the tail, looking along x."""
    teeth = np.array([0.2, 0.25, 0.3])
    begin = np.column_stack([teeth, np.full(3, -0.03)])
    crest = 0.02 + 0.03 * np.arange(4)
    return [
        lines(floats(_UPPER_JAW), 1.4),
        lines(floats(_LOWER_JAW), 1.2),
        circles(0.17, -0.09, np.array([0.032, 0.014]), 1.4),
        segments(begin, begin + np.array([0.012, 0.045]), 1.1),
        segments(
            np.column_stack([crest, np.full(4, -0.1)]),
            np.column_stack([crest + 0.03, np.full(4, -0.03)]),
            0.8,
        ),
    ]
