"""The figure: all of the anatomy where the pose puts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ink import Floats, Rows, closed_spline, floats
from . import anatomy
from .rider import FAR_FOLD, Rider

HALO = 3.0
"""Paper left bare around what lies in front, pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Limb:
    """A part with a width.

    Attributes:
        rows: its middle, rows (x, y, half_width).
        left, right: its edges beside those rows as seen in travel, rows (x, y).
    """

    rows: Floats
    left: Floats
    right: Floats

    def outline(self) -> Floats:
        """Return it as a polygon, round at both ends; lines along its edges lie on the same."""
        return closed_spline(np.concatenate([self.left, self.right[::-1]]))


def measured(parts: Sequence[Floats]) -> list[Limb]:
    """Return placed rows (x, y, half_width) as limbs, all measured in one batch."""
    joint = np.concatenate(parts)
    end = np.cumsum([len(part) for part in parts])
    step = joint[1:, :2] - joint[:-1, :2]
    along = np.empty((len(joint), 2), np.float32)
    np.add(step[1:], step[:-1], out=along[1:-1])
    begin = np.concatenate([[0], end[:-1]])
    along[begin], along[end - 1] = step[begin], step[end - 2]
    reach = along[:, ::-1] * floats([-1, 1])  # the normal: travel turned by +90°
    reach *= joint[:, 2:] / np.maximum(np.hypot(along[:, :1], along[:, 1:]), np.float32(1e-6))
    edges = zip(
        parts,
        np.split(joint[:, :2] - reach, end[:-1]),
        np.split(joint[:, :2] + reach, end[:-1]),
        strict=True,
    )
    return [Limb(*each) for each in edges]


@dataclass(frozen=True, slots=True, eq=False)
class Limbs:
    """All limbs, named as in `anatomy`; `halo` is the near arm, `HALO` wider."""

    tail: Limb
    thigh: Limb
    shank: Limb
    foot: Limb
    far_leg: Limb
    far_foot: Limb
    near_ear: Limb
    far_ear: Limb
    near_arm: Limb
    far_arm: Limb
    halo: Limb


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """All that has no width, named as in `anatomy`: outlines, lines, places; rows (x, y, 0)."""

    body: Floats
    back: Floats
    throat: Floats
    belly: Floats
    pouch: Floats
    haunch: Floats
    head: Floats
    forehead: Floats
    nape: Floats
    jaw: Floats
    mouth: Floats
    lid: Floats
    face: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """The anatomy in pixels of the sheet."""

    limbs: Limbs
    lines: Lines

    @classmethod
    def of(cls, rider: Rider) -> Figure:
        """Place every part, in one batch."""
        head = (
            anatomy.HEAD,
            anatomy.FOREHEAD,
            anatomy.NAPE,
            anatomy.JAW,
            anatomy.MOUTH,
            anatomy.LID,
            anatomy.FACE,
        )
        lines: list[Rows] = [
            anatomy.BODY,
            anatomy.BACK,
            anatomy.THROAT,
            anatomy.BELLY,
            anatomy.POUCH,
            anatomy.HAUNCH,
            *(rider.nodding(part) for part in head),
        ]
        soft: list[Rows] = [
            anatomy.TAIL,
            anatomy.THIGH,
            anatomy.SHANK,
            anatomy.FOOT,
            anatomy.FAR_LEG,
            anatomy.FAR_FOOT,
            rider.folded(anatomy.NEAR_EAR, 1.0),
            rider.folded(anatomy.FAR_EAR, FAR_FOLD),
        ]
        placed = rider.flesh([*lines, *soft, anatomy.NEAR_ARM, anatomy.FAR_ARM])
        near_arm = rider.gripping(anatomy.NEAR_ARM, placed[-2])
        far_arm = rider.gripping(anatomy.FAR_ARM, placed[-1])
        halo = near_arm + floats([0, 0, HALO])
        rows = [*placed[len(lines) : -2], near_arm, far_arm, halo]
        return cls(Limbs(*measured(rows)), Lines(*placed[: len(lines)]))

    def near_leg(self) -> list[Floats]:
        """Return the outlines of the near leg."""
        limbs = self.limbs
        return [limb.outline() for limb in (limbs.thigh, limbs.shank, limbs.foot)]

    def trunk(self) -> list[Floats]:
        """Return the outlines of torso, head, tail and ears."""
        limbs = self.limbs
        masses = [closed_spline(part[:, :2]) for part in (self.lines.body, self.lines.head)]
        return masses + [limb.outline() for limb in (limbs.tail, limbs.near_ear, limbs.far_ear)]

    def far_side(self) -> list[Floats]:
        """Return the outlines of what the body half hides: the far arm and leg."""
        limbs = self.limbs
        return [limb.outline() for limb in (limbs.far_leg, limbs.far_foot, limbs.far_arm)]
