"""Gestures: what a pose is made of, and how far the seed and chaos carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Literal

import numpy as np

PoseName = Literal["upright", "high", "compressed", "backward", "forward"]

_CHIN_ROOM = 20.0
"""How far the chin may sink towards the hands, pixels of the rest frame."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """What a pose is made of.

    Attributes:
        tilt: lean of pole and rider, radians, positive forwards.
        air: height of the tip over the ground, pixels.
        spring: length of the spring, pixels.
        crouch: how far the hips sink, pixels; negative stretches the legs.
        bend: how far the back rounds over the bar, radians.
        nod: turn of the head, radians, positive down.
        tail: turn of the tail's end, radians, positive up.
        ears: how far the ears lie back, radians.
    """

    tilt: float
    air: float
    spring: float
    crouch: float
    bend: float
    nod: float
    tail: float
    ears: float


GESTURES: Mapping[PoseName, Gesture] = MappingProxyType(
    {
        "upright": Gesture(0.04, 8, 60, 0, 0.02, 0.0, 0.0, 0.0),
        "high": Gesture(0.05, 96, 80, -26, -0.03, -0.10, -0.30, 0.10),
        "compressed": Gesture(0.01, 0, 32, 28, 0.02, 0.04, 0.32, 0.35),
        "backward": Gesture(-0.22, 40, 68, -6, -0.02, 0.12, -0.05, -0.12),
        "forward": Gesture(0.24, 30, 64, 6, 0.05, -0.14, 0.16, 0.24),
    }
)
_SPREAD = Gesture(0.07, 14, 4, 6, 0.03, 0.07, 0.16, 0.12)
"""Deviation of each at chaos 1."""

_LOWEST = Gesture(-0.36, 0, 29, -34, -0.10, -0.26, -0.55, -0.3)
_HIGHEST = Gesture(0.36, 130, 86, 34, 0.16, 0.26, 0.55, 0.55)


def chosen_pose(rng: np.random.Generator, chaos: float) -> PoseName:
    """Return a pose: the calmer, the more often upright."""
    names = tuple(GESTURES)
    odds = np.array([max(0.5, 2.0 - chaos), 1, 1, 1, 1])
    return names[int(np.searchsorted(np.cumsum(odds / odds.sum()), rng.random()))]


def strayed(rng: np.random.Generator, gesture: Gesture, chaos: float) -> Gesture:
    """Return `gesture` as the hand of this seed makes it, the further off the greater chaos."""
    values = []
    for field in fields(Gesture):
        middle, spread, low, high = (
            getattr(each, field.name) for each in (gesture, _SPREAD, _LOWEST, _HIGHEST)
        )
        stray = float(np.clip(rng.standard_normal(), -2, 2)) * (0.25 + chaos)
        values.append(float(np.clip(middle + spread * stray, low, high)))
    return _chin_up(Gesture(*values))


def _chin_up(gesture: Gesture) -> Gesture:
    """Lift the head as far as crouch and bend would otherwise push the jaw onto the bar.

    Of the rest frame, the chin is 160 px before the hip and 90 px before the neck.
    """
    sunk = gesture.crouch + 160 * gesture.bend
    return replace(gesture, nod=min(gesture.nod, (_CHIN_ROOM - sunk) / 90))
