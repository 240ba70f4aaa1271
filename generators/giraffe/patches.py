"""Where patches of the coat sit: rows along the limbs, then darts at what the rows left bare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, Rows, floats, normals, spline, stream
from .anatomy import Body

_GRID_POINTS = 40
_CROWDED = 0.58
"""Seeds nearer than this share of their radii together are too many."""


_Places = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Places on a guide: steps along it from its beginning, and half-widths across."""


@dataclass(frozen=True, slots=True, eq=False)
class PatchSeeds:
    """Middles of patches.

    Attributes:
        x, y: pixels.
        radius: half of the distance to neighbours, pixels.
    """

    x: Floats
    y: Floats
    radius: Floats

    @classmethod
    def joined(cls, groups: Sequence[PatchSeeds]) -> PatchSeeds:
        return cls(
            np.concatenate([group.x for group in groups]),
            np.concatenate([group.y for group in groups]),
            np.concatenate([group.radius for group in groups]),
        )

    def only(self, kept: NDArray[np.bool_]) -> PatchSeeds:
        return PatchSeeds(self.x[kept], self.y[kept], self.radius[kept])


@dataclass(frozen=True, slots=True)
class _Guide:
    """A line along which patches are set.

    Attributes:
        line: rows (x, y, half_width).
        spacing: distance along the line in half-widths.
        rows: how many side by side, at complexity 60.
        shrink: how much smaller the last patch is than the first, as a share.
    """

    line: Rows
    spacing: float
    rows: float
    shrink: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Grids:
    """Places along guides counted in steps from one patch to the next.

    Attributes:
        path: (guides, n, 3), x, y and half-width along each guide.
        side: (guides, n, 2), unit normals.
        spacing: (guides, n), length of a step in pixels there.
        reached: (guides, n), steps from the beginning.
        rows: (guides,), patches side by side.
        shrink: (guides,), as of the guides.
    """

    path: Floats
    side: Floats
    spacing: Floats
    reached: Floats
    rows: NDArray[np.intp]
    shrink: Floats

    @classmethod
    def of(cls, guides: Sequence[_Guide], fineness: float) -> _Grids:
        path = np.stack([spline(guide.line, _GRID_POINTS) for guide in guides])
        apart = floats([guide.spacing for guide in guides])[:, np.newaxis]
        spacing = np.maximum(5, path[..., 2] * apart) / np.float32(fineness)
        step = path[:, 1:, :2] - path[:, :-1, :2]
        reached = np.zeros(spacing.shape, np.float32)
        gone = np.hypot(step[..., 0], step[..., 1]) / spacing[:, 1:]
        np.cumsum(gone, axis=1, out=reached[:, 1:])
        rows = [max(2, round(guide.rows * min(1.6, fineness))) for guide in guides]
        shrink = floats([guide.shrink for guide in guides])
        return cls(path, normals(path), spacing, reached, np.array(rows), shrink)

    def sizes(self) -> list[tuple[float, int]]:
        """Return steps along each guide and rows beside each other."""
        return list(zip(self.reached[:, -1].tolist(), self.rows.tolist(), strict=True))

    def seeds(self, places: Sequence[_Places]) -> PatchSeeds:
        """Return the seeds at places of the first guides, one group of places for each."""
        guide = np.repeat(np.arange(len(places)), [along.size for along, _ in places])
        index = np.concatenate(
            [
                np.interp(along, reached, np.arange(_GRID_POINTS))
                for (along, _), reached in zip(places, self.reached, strict=False)
            ]
        )
        across = np.concatenate([across for _, across in places])
        before = np.minimum(index.astype(np.intp), _GRID_POINTS - 2)
        mix = floats(index - before)[:, np.newaxis]
        place = self.path[guide, before] * (1 - mix) + self.path[guide, before + 1] * mix
        half = place[:, 2]
        out = self.side[guide, before] * (floats(across) * half)[:, np.newaxis]
        rows = floats(self.rows)[guide]
        radius = np.float32(0.62) * np.maximum(self.spacing[guide, before], half / rows)
        radius *= 1 - self.shrink[guide] * floats(np.square(index / _GRID_POINTS))
        return PatchSeeds(place[:, 0] + out[:, 0], place[:, 1] + out[:, 1], radius)


def patch_seeds(body: Body, seed: int, complexity: int) -> PatchSeeds:
    """Return the middles of all patches: staggered rows, then darts at what those left bare."""
    rng = stream(seed, "coat")
    large, small = _guides(body)
    grids = _Grids.of([*large, *small], float(np.sqrt(complexity / 60)))
    sizes = grids.sizes()
    kept = _spaced(grids.seeds([_staggered(rng, *size) for size in sizes]))
    darts = grids.seeds([_scattered(rng, *size) for size in sizes[: len(large)]])
    bare = np.count_nonzero(_crowded(darts, kept), axis=1) == 0
    return PatchSeeds.joined([kept, _spaced(darts.only(bare))])


def _guides(body: Body) -> tuple[list[_Guide], list[_Guide]]:
    """Return the lines of patches on the trunk and the neck, and those on legs and cheek."""
    neck = spline(body.neck.rows, 24)
    legs = spline(np.stack([leg.rows for leg in body.legs]), 24)[:, 4:15]
    cheek = body.head.place(((-13, -3, 14), (-4, 4, 14), (3, 12, 10)))
    large = [
        _Guide(body.barrel, 0.47, 4.3),
        _Guide(neck[3:], 0.72, 2.3),
        _Guide(_shoulder(body), 0.62, 2.4),
    ]
    return large, [*(_Guide(leg, 0.85, 2.0, shrink=0.55) for leg in legs), _Guide(cheek, 0.8, 2.0)]


def _shoulder(body: Body) -> Floats:
    """Return the line from the base of the neck down to the elbow."""
    top, elbow = body.neck.rows[1], body.near_fore.rows[1]
    t = floats([0.1, 0.5, 1.0])[:, np.newaxis]
    line: Floats = top + (elbow - top) * t
    line[:, 2] = (42, 40, 30)
    return line


def _staggered(rng: np.random.Generator, steps: float, rows: int) -> _Places:
    """Return places in rows along a guide, every second row half a step behind."""
    along = np.arange(int(steps) + 1)[:, np.newaxis] + 0.5 * (np.arange(rows) % 2)
    along = along + rng.normal(0, 0.16, along.shape)
    across = (np.arange(rows) + 0.5) / rows * 2 - 1
    across = across + rng.normal(0, 0.18 / rows, along.shape)
    return along.ravel(), across.ravel()


def _scattered(rng: np.random.Generator, steps: float, rows: int) -> _Places:
    """Return places anywhere along a guide, five for each place in its rows."""
    count = 5 * int(steps + 1) * rows
    return rng.uniform(0, steps, count), rng.uniform(-1, 1, count)


def _spaced(seeds: PatchSeeds) -> PatchSeeds:
    """Return the seeds that are not too near to an earlier one."""
    earlier = np.tri(seeds.x.size, k=-1, dtype=np.bool_)
    return seeds.only(np.count_nonzero(_crowded(seeds, seeds) & earlier, axis=1) == 0)


def _crowded(seeds: PatchSeeds, others: PatchSeeds) -> NDArray[np.bool_]:
    """Return which pairs are too near to each other, shape (seeds, others)."""
    apart = np.square(seeds.x[:, np.newaxis] - others.x)
    apart += np.square(seeds.y[:, np.newaxis] - others.y)
    needed = np.float32(_CROWDED) * (seeds.radius[:, np.newaxis] + others.radius)
    crowded: NDArray[np.bool_] = apart < np.square(needed)
    return crowded
