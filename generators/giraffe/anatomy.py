"""The body in its place: what washes, coat and lines are all drawn from, so that they agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, Rows, floats, normals, spline, turned
from .poses import Pose

HEAD_SCALE = 0.96
_SIDE_POINTS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Limb:
    """A part with a middle line.

    Attributes:
        rows: (n, 3), x, y and half-width from the trunk outwards.
        outline: the polygon around it, square at both ends.
        left, right: (40, 2), its two sides as seen going outwards.
    """

    rows: Floats
    outline: Floats
    left: Floats
    right: Floats

    @classmethod
    def of(cls, rows: Floats) -> Limb:
        path = spline(rows, _SIDE_POINTS)
        middle, out = path[:, :2], normals(path) * path[:, 2:]
        left, right = middle - out, middle + out
        return cls(rows, np.concatenate([right, left[::-1]]), left, right)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Where the head sits; its parts are given as seen from the joint, facing right.

    Attributes:
        joint: (x, y) where it meets the neck.
        nod: turn about the joint, radians, positive nose down.
        facing: 1 or -1, mirrored.
        droop: pixels that the nose hangs lower, -9 … 12.
    """

    joint: tuple[float, float]
    nod: float
    facing: int
    droop: float

    def place(self, rows: Rows) -> Floats:
        """Return parts of the head, rows (…, x, y[, half_width]), where they are in the picture."""
        part = np.array(rows, np.float32)
        part[..., 1] += self.droop * np.clip(part[..., 0] / 50, 0, 1.35)
        part = turned(part, (0, 0), self.nod, scale=HEAD_SCALE)
        part[..., 0] *= self.facing
        part[..., :2] += floats(self.joint)
        return part

    def direction(self, angle: Floats) -> Floats:
        """Return directions on the head, radians, as directions in the picture."""
        in_picture: Floats = angle + np.float32(self.nod)
        return in_picture if self.facing == 1 else np.float32(np.pi) - in_picture


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A giraffe in its place.

    Attributes:
        pose: what it was made from.
        trunk: (128, 2), its outline; `poses.BACK` and so on are its stretches.
        barrel: (4, 3), the middle line of the trunk from rump to chest.
        neck: chest to head.
        crest, throat: upper and lower side of the neck outside the trunk.
        near_hind, near_fore, far_hind, far_fore: hip to pastern.
        tail: (4, 3), root to tip.
        head: the frame of everything on it.
    """

    pose: Pose
    trunk: Floats
    barrel: Floats
    neck: Limb
    crest: Floats
    throat: Floats
    near_hind: Limb
    near_fore: Limb
    far_hind: Limb
    far_fore: Limb
    tail: Floats
    head: Head

    @property
    def legs(self) -> tuple[Limb, Limb, Limb, Limb]:
        """Near hind, near fore, far hind, far fore."""
        return self.near_hind, self.near_fore, self.far_hind, self.far_fore


def outside(points: Floats, polygon: Floats) -> Floats:
    """Return those of `points` (n, 2) that do not lie in `polygon`, by the even-odd rule."""
    return points[~_inside(points, polygon)]


def _inside(points: Floats, polygon: Floats) -> NDArray[np.bool_]:
    x, y = points[:, :1], points[:, 1:]
    x0, y0 = polygon.T
    x1, y1 = np.roll(polygon, -1, axis=0).T
    rise = np.where(y1 == y0, np.float32(1), y1 - y0)
    crossed = ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * ((x1 - x0) / rise))
    odd: NDArray[np.bool_] = np.count_nonzero(crossed, axis=1) % 2 == 1
    return odd
