"""From a pose to a body: the seed chooses bearing, gait and build, chaos loosens them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, Rows, closed_spline, floats, normals, stream, turned
from .anatomy import Body, Head, Limb, outside
from .poses import (
    BARREL,
    FAR_FORE,
    FAR_HIND,
    HIP,
    NEAR_FORE,
    NEAR_HIND,
    POSES,
    TAIL,
    TRUNK,
    Pose,
    PoseName,
)

_MIDDLE = 300.0
_TUFT = 34.0
"""Room for the hair of the tail beyond its end."""

_ODDS: dict[PoseName, float] = {
    "standing": 0.34,
    "browsing": 0.26,
    "looking_back": 0.2,
    "drinking": 0.2,
}


def chosen_pose(seed: int) -> PoseName:
    """Return the pose that a seed takes when nobody asks for one."""
    names = list(_ODDS)
    return names[int(stream(seed, "pose").choice(len(names), p=list(_ODDS.values())))]


def build_body(name: PoseName, seed: int, chaos: float) -> Body:
    """Return the body of `seed` in a pose."""
    pose = POSES[name]
    rng = stream(seed, "skeleton")
    looseness = 0.35 + 0.5 * chaos
    bow = pose.bow * rng.uniform(0.8, 1.2)
    trunk = _bowed(TRUNK, bow)
    trunk += floats(_around(rng, 1.1 * looseness, trunk.shape))
    neck = _neck(rng, pose, looseness)
    legs = [
        _leg(rng, limb, bow, feet, stride, looseness)
        for limb, feet, stride in zip(
            (NEAR_HIND, NEAR_FORE, FAR_HIND, FAR_FORE), pose.feet, pose.stride, strict=True
        )
    ]
    tail = _tail(rng, bow, looseness)
    barrel = _bowed(BARREL, bow)
    _centre(rng, pose, [neck, trunk, barrel, *legs, tail])
    head = Head(
        joint=(float(neck[-1, 0]), float(neck[-1, 1])),
        nod=pose.nod + float(_around(rng, 0.06 + 0.05 * chaos)),
        facing=pose.facing,
        droop=rng.uniform(-9, 12),
    )
    outline = closed_spline(trunk)
    cheek = 1 if pose.facing == 1 else 7  # looking back, the cheek is on the side of the mane
    limb = Limb.of(neck)
    near_hind, near_fore, far_hind, far_fore = map(Limb.of, legs)
    return Body(
        pose=pose,
        trunk=outline,
        barrel=barrel,
        neck=limb,
        crest=outside(limb.left[:-cheek], outline),
        throat=outside(limb.right[:-3], outline),
        near_hind=near_hind,
        near_fore=near_fore,
        far_hind=far_hind,
        far_fore=far_fore,
        tail=tail,
        head=head,
    )


def _around(
    rng: np.random.Generator, deviation: float, shape: tuple[int, ...] = ()
) -> NDArray[np.float64]:
    """Return normal values around 0, none beyond two deviations: no seed breaks a bone."""
    return np.clip(rng.normal(0, deviation, shape), -2 * deviation, 2 * deviation)


def _bowed(rows: Rows, bow: float) -> Floats:
    return turned(rows, HIP, bow)


def _neck(rng: np.random.Generator, pose: Pose, looseness: float) -> Floats:
    """Return the neck, leaning and bent: its base stays in the chest, the head goes furthest."""
    neck = floats(pose.neck).copy()
    t = np.linspace(0, 1, len(neck))
    lean = float(_around(rng, 0.75)) * pose.sway * (0.6 + 0.8 * looseness)
    bend = float(_around(rng, 8.0 * looseness))
    wave = float(_around(rng, 4.5 * looseness**2))
    across = lean * t**1.5 + bend * np.sin(np.pi * t) + wave * np.sin(2 * np.pi * t)
    neck[:, :2] += normals(neck) * floats(across)[:, np.newaxis]
    neck[:, 2] *= 1 + floats(_around(rng, 0.015 * looseness, (len(neck),)))
    return neck


def _leg(
    rng: np.random.Generator,
    limb: Rows,
    bow: float,
    feet: float,
    stride: tuple[float, float],
    looseness: float,
) -> Floats:
    """Return a leg between its bowed upper end and its foot, which takes a step on the ground."""
    standing, bowed = floats(limb), _bowed(limb, bow)
    t = np.linspace(0, 1, len(standing), dtype=np.float32)[:, np.newaxis]
    leg = standing * t + bowed * (1 - t)
    backwards, forwards = stride
    step = float(np.clip(rng.normal(0, 0.45 + 0.3 * looseness), -1, 1))
    leg[:, :1] += np.float32(feet + step * (forwards if step > 0 else -backwards)) * t
    leg[1:-1, 0] += floats(_around(rng, 1.8 * looseness, (len(leg) - 2,)))
    leg[:, 2] *= 1 + floats(_around(rng, 0.02 * looseness, (len(leg),)))
    return leg


def _tail(rng: np.random.Generator, bow: float, looseness: float) -> Floats:
    tail = _bowed(TAIL, bow)
    t = np.linspace(0, 1, len(tail), dtype=np.float32)
    swing = float(np.clip(rng.normal(-4, 14 * (0.4 + looseness)), -44, 14))
    tail[:, 0] += np.float32(swing) * t**2
    tail[:, 1] -= np.float32(0.5 * abs(swing)) * t**2
    return tail


def _centre(rng: np.random.Generator, pose: Pose, parts: Sequence[Floats]) -> None:
    """Move all parts alike, in place, so that everything from tuft to muzzle is amid the paper.

    The first part is the neck, at the end of which the head comes.
    """
    muzzle = float(parts[0][-1, 0]) + pose.facing * 82 * float(np.cos(pose.nod + 0.35))
    rump = min(float(part[:, 0].min()) for part in parts)
    chest = max(float(part[:, 0].max()) for part in parts)
    left, right = min(muzzle, rump - _TUFT), max(muzzle + pose.room, chest)
    shift = np.float32(_MIDDLE - (left + right) / 2 + rng.uniform(-8, 8))
    for part in parts:
        part[:, 0] += shift
