"""The brush: a bundle of hairs that starts wet and ends dry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats, Rows, floats
from .atlas import bundles
from .canvas import Samples, joined
from .splines import normals, spline

_FINENESS = 14
"""Rows of a path per control point, before it is sampled evenly."""

_ALIKE_LENGTHS = 2.5
_ALIKE_WIDTHS = 2.0
"""Strokes whose samples and hairs differ by up to these ratios are painted together."""


@dataclass(frozen=True, slots=True)
class Brush:
    """How a brush behaves over one stroke.

    Attributes:
        ink: density of a full hair.
        dryness: share of the hair without ink at head and tail; negative is wetter than full.
        pool: how much more ink stands where the brush touched down (and a third of it at the end).
        ragged: how far dry hairs stray from their place, in half-widths.
        wobble: how far hairs shiver along the stroke, in half-widths.
        split: how much wider the bundle opens towards its tail.
        edge: strength of the wet rim, 0 … 1.
        taper: share of the stroke over which hairs begin and end unevenly, at head and tail.
        pitch: distance of hairs and of samples along them, pixels; 0.65 is rich, 1.5 faint.
    """

    ink: float = 0.95
    dryness: tuple[float, float] = (-0.2, 0.6)
    pool: float = 0.5
    ragged: float = 0.15
    wobble: float = 0.1
    split: float = 0.0
    edge: float = 0.3
    taper: tuple[float, float] = (0.005, 0.2)
    pitch: float = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One movement of a brush.

    Attributes:
        points: shape (n ≥ 2, 3), rows (x, y, half_width) in pixels, in the order of travel.
        brush: the brush that makes it.
    """

    points: Rows
    brush: Brush


def bone_line(
    rng: np.random.Generator,
    points: Rows,
    width: float,
    *,
    ink: float = 0.8,
    dry: float = 0.5,
    jitter: float = 0.0,
) -> Stroke:
    """Return the pressed, lifted line that draws a contour.

    Args:
        rng: the stream of the jitter.
        points: rows (x, y) or longer; only x and y count.
        width: half-width in pixels, 1 (face) … 3.2 (back).
        ink: 0.65 … 0.95.
        dry: dryness at the tail, 0.2 … 0.8.
        jitter: deviation of the control points in units of 1.6 px, usually chaos times 0.05
            (face) … 0.4.
    """
    path = floats(points)[:, :2]
    shaken = path + np.float32(1.6 * jitter) * rng.standard_normal(path.shape, dtype=np.float32)
    t = np.arange(len(path)) * (1 / (len(path) - 1))
    pressure = width * (0.45 + 0.75 * np.sin(np.pi * (0.9 * t + 0.08)) ** 0.8)
    return Stroke(
        np.column_stack([shaken, floats(pressure)]),
        Brush(
            ink=ink,
            dryness=(0.05, dry),
            pool=0.5,
            ragged=0.25,
            wobble=0.25,
            edge=0.2,
            taper=(0.01, 0.25),
            pitch=0.7,
        ),
    )


def paint(rng: np.random.Generator, strokes: Sequence[Stroke]) -> Samples:
    """Return the ink that `strokes` leave, in one batch.

    Strokes of similar size share their arrays: thirty contour lines cost little more than one.
    """
    if not strokes:
        return joined([])
    run = _Run.of([stroke.points for stroke in strokes])
    plans = [
        _Plan.of(stroke.brush, start, length, widest)
        for stroke, start, length, widest in zip(
            strokes, run.starts, run.lengths, run.widest, strict=True
        )
    ]
    return joined([_paint_alike(rng, batch, run) for batch in _batches(plans)])


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """The paths of all strokes, one after the other along an axis of pixels travelled.

    Attributes:
        path: (rows, 5), x, y, half-width and the unit normal there.
        reached: (rows,), where on the axis a row lies.
        starts, lengths, widest: of each stroke, where it begins on the axis, how far it goes, and
            its greatest half-width.
    """

    path: Floats
    reached: NDArray[np.float64]
    starts: list[float]
    lengths: list[float]
    widest: list[float]

    @classmethod
    def of(cls, lines: Sequence[Rows]) -> _Run:
        paths = [spline(line, _FINENESS * len(line)) for line in lines]
        # Normals of the evenly spaced rows would turn in steps, and hairs fan out at each.
        sides = [normals(each) for each in paths]
        path = np.concatenate([np.concatenate(paths), np.concatenate(sides)], axis=1)
        ends = np.cumsum([len(each) for each in paths])
        begins = ends - [len(each) for each in paths]
        step = path[1:, :2] - path[:-1, :2]
        gone = np.hypot(step[:, 0], step[:, 1])
        gone[ends[:-1] - 1] = 1  # from the end of a stroke to the next one
        reached = np.zeros(len(path))
        np.cumsum(gone, out=reached[1:])
        return cls(
            path,
            reached,
            starts=reached[begins].tolist(),
            lengths=(reached[ends - 1] - reached[begins]).tolist(),
            widest=np.maximum.reduceat(path[:, 2], begins).tolist(),
        )

    def even(self, plans: Sequence[_Plan], u: Floats) -> Floats:
        """Return rows at places u, 0 … 1, of the length of each stroke: (strokes, places, 5)."""
        target = np.multiply.outer([plan.length for plan in plans], u)
        target += np.array([[plan.start] for plan in plans])
        rows = np.empty((*target.shape, self.path.shape[1]), np.float32)
        for channel in range(self.path.shape[1]):
            rows[..., channel] = np.interp(target, self.reached, self.path[:, channel])
        return rows


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """A stroke measured in pixels; how many hairs and samples its width and length ask for."""

    brush: Brush
    start: float
    length: float
    hairs: int
    count: int

    @classmethod
    def of(cls, brush: Brush, start: float, length: float, widest: float) -> _Plan:
        hairs = max(3, round(2 * widest / brush.pitch))
        return cls(brush, start, length, hairs, max(8, round(length / brush.pitch)))


def _batches(plans: Sequence[_Plan]) -> list[list[_Plan]]:
    """Return the plans in groups of like size: each goes to the first that it is like."""
    batches: list[list[_Plan]] = []
    for plan in sorted(plans, key=lambda each: (each.count, each.hairs), reverse=True):
        for batch in batches:
            longest = batch[0]
            narrow, wide = sorted((plan.hairs, longest.hairs))
            if longest.count <= _ALIKE_LENGTHS * plan.count and wide <= _ALIKE_WIDTHS * narrow:
                batch.append(plan)
                break
        else:
            batches.append([plan])
    return batches


def _paint_alike(rng: np.random.Generator, plans: Sequence[_Plan], run: _Run) -> Samples:
    """Paint strokes on common arrays of shape (strokes, hairs, samples).

    All get as many hairs and samples as the largest asks for; their ink is thinned accordingly.
    """
    hairs = max(plan.hairs for plan in plans)
    count = max(plan.count for plan in plans)
    brushes = [plan.brush for plan in plans]
    u = np.arange(count, dtype=np.float32) * np.float32(1 / (count - 1))
    path = run.even(plans, u)
    lengths = _each([plan.length for plan in plans])
    v = _hair_places(rng, len(plans), hairs)
    held = bundles(rng, len(plans), hairs, count + 15)
    swing = _smoothed(held)  # hairs swing slower than their ink breaks, or they look crimped
    held = held[..., :count]
    half_width = np.maximum(path[:, np.newaxis, :, 2], np.float32(0.05))
    widest = half_width.max(axis=-1, keepdims=True)

    dryness = _dryness(brushes, u)
    weight = held - dryness * (1 + np.float32(0.8) * np.abs(v) ** 3)
    weight *= 9
    np.clip(weight, 0, 1, out=weight)
    thinned = _each([plan.hairs * plan.count / (hairs * count) for plan in plans])
    weight *= _rim(brushes, v) * thinned
    weight *= _load(brushes, u) * np.minimum(1, half_width / widest + np.float32(0.12))
    head = half_width[..., : max(1, count // 12)].max(axis=-1, keepdims=True)
    _round_head(rng, weight, u, v, lengths, head / lengths, brushes)
    _tear_tail(rng, weight, u, v, brushes)

    offset = _hair_offsets(rng, brushes, swing, dryness, u, v)
    offset *= half_width
    normal = path[..., 3:]
    x = offset * normal[:, np.newaxis, :, 0]
    x += path[:, np.newaxis, :, 0]
    offset *= normal[:, np.newaxis, :, 1]
    offset += path[:, np.newaxis, :, 1]
    return Samples(x.ravel(), offset.ravel(), weight.ravel())


def _each(values: Sequence[float]) -> Floats:
    """Return one value per stroke, shaped to meet (strokes, hairs, samples)."""
    return floats(values)[:, np.newaxis, np.newaxis]


def _hair_places(rng: np.random.Generator, strokes: int, hairs: int) -> Floats:
    """Return where each hair sits across its brush, -1 … 1, shape (strokes, hairs, 1)."""
    even = np.arange(hairs, dtype=np.float32) * np.float32(2 / (hairs - 1)) - 1
    uneven = (rng.random((strokes, hairs), dtype=np.float32) * 2 - 1) * np.float32(0.6 / hairs)
    return np.clip(even + uneven, -1, 1)[..., np.newaxis]


def _dryness(brushes: Sequence[Brush], u: Floats) -> Floats:
    head = _each([brush.dryness[0] for brush in brushes])
    tail = _each([brush.dryness[1] for brush in brushes])
    return head + (tail - head) * u ** np.float32(1.3)


def _rim(brushes: Sequence[Brush], v: Floats) -> Floats:
    """Return the ink across the brush: a little less outside, more at the very rim."""
    edge = _each([brush.edge for brush in brushes])
    rim = np.exp(-np.square((1 - np.abs(v)) / np.float32(0.12)))
    across: Floats = (1 - np.float32(0.6) * edge * v**6) * (1 + edge * rim)
    return across


def _load(brushes: Sequence[Brush], u: Floats) -> Floats:
    """Return the ink along the brush: pools where it rested."""
    pool = _each([brush.pool for brush in brushes])
    rested = np.exp(-np.square((u - np.float32(0.015)) / np.float32(0.03)))
    rested += np.float32(0.35) * np.exp(-np.square((u - np.float32(0.97)) / np.float32(0.05)))
    load: Floats = _each([brush.ink for brush in brushes]) * (1 + pool * rested)
    return load


def _round_head(
    rng: np.random.Generator,
    weight: Floats,
    u: Floats,
    v: Floats,
    lengths: Floats,
    head: Floats,
    brushes: Sequence[Brush],
) -> None:
    """Let outer hairs touch down later, so that the stroke begins round; in place."""
    taper = _each([brush.taper[0] for brush in brushes])
    begin = np.float32(0.85) * head * (1 - np.sqrt(1 - np.square(v)))
    begin += taper * rng.random(v.shape, dtype=np.float32)
    slope = np.maximum(lengths / 9, 12)
    columns = 1 + int(np.ceil(float((begin + 1 / slope).max()) * u.size))
    factor = u[:columns] - begin
    factor *= slope
    weight[..., :columns] *= np.clip(factor, 0, 1, out=factor)


def _tear_tail(
    rng: np.random.Generator, weight: Floats, u: Floats, v: Floats, brushes: Sequence[Brush]
) -> None:
    """Let hairs lift one by one, outer ones first; in place."""
    taper = _each([brush.taper[1] for brush in brushes])
    lift = rng.random(v.shape, dtype=np.float32) ** np.float32(0.7)
    end = 1 - taper * (lift + np.float32(0.3) * np.square(v))
    first = max(0, int(float(end.min() - 1 / 18) * u.size) - 1)
    factor = end - u[first:]
    factor *= 18
    weight[..., first:] *= np.clip(factor, 0, 1, out=factor)


def _hair_offsets(
    rng: np.random.Generator,
    brushes: Sequence[Brush],
    swing: Floats,
    dryness: Floats,
    u: Floats,
    v: Floats,
) -> Floats:
    """Return how far hairs lie from the middle, in half-widths: wet together, dry astray."""
    loose = np.clip(np.float32(1.5) * dryness + np.float32(0.12), 0, 1)
    ragged = _each([brush.ragged for brush in brushes])
    strays = 2 * ragged * (rng.random(v.shape, dtype=np.float32) - np.float32(0.5))
    offset = swing - np.float32(0.5)
    offset *= loose * _each([brush.wobble for brush in brushes])
    offset += strays * loose
    offset += v
    offset *= 1 + _each([brush.split for brush in brushes]) * u**3
    return offset


def _smoothed(held: Floats) -> Floats:
    """Return running means over 16 samples, shape (strokes, hairs, samples - 15)."""
    means = held
    for shift in (1, 2, 4, 8):
        means = means[..., :-shift] + means[..., shift:]
    means *= np.float32(1 / 16)
    return means
