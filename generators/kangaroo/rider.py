"""The rider: where every point of the anatomy comes to lie on the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ink import Floats, Rows, floats, stream, turned
from . import anatomy
from .gesture import GESTURES, Gesture, PoseName, chosen_pose, strayed

WIDTH, HEIGHT = 600, 800
GROUND = 766.0
_TIP = 20.0
"""How far the stick ends below its spring."""

_LARGEST = 1.07
_MARGIN_X, _MARGIN_TOP = 26.0, 24.0
_SPLASH = 160.0
"""Room for the splash between stick and edge, as far as the rider leaves any."""

_HIP, _NECK, _TAIL_ROOT = (250.0, 520.0), (322.0, 266.0), (206.0, 575.0)
_WAVES = 4
FAR_FOLD = 0.7
"""The far ear lies back less than the near one, lest they hide each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Rider:
    """Where every point of the anatomy comes to lie in one picture.

    Attributes:
        gesture: the pose as the seed made it.
        waves: shape (4, 5), rows (frequency x, frequency y, phase, shift x, shift y) of the unrest
            that runs through flesh: wash and line move together.
        scale: of the rest frame on the sheet.
        tip: where the end of the stick is, pixels of the sheet.
    """

    gesture: Gesture
    waves: Floats
    scale: float
    tip: tuple[float, float]

    def rigid(self, rows: Rows) -> Floats:
        """Place what does not bend: the pole, its bar and plate."""
        foot = _foot(self.gesture)
        shift = (self.tip[0] - foot[0], self.tip[1] - foot[1])
        return turned(rows, foot, self.gesture.tilt, scale=self.scale, shift=shift)

    def flesh(self, shapes: Sequence[Rows]) -> list[Floats]:
        """Place what bends, all shapes in one batch: rows (x, y, half_width), 0 where not given."""
        rows = [floats(shape) for shape in shapes]
        joint = np.zeros((sum(len(row) for row in rows), 3), np.float32)
        np.concatenate([row[:, :2] for row in rows], out=joint[:, :2])
        widths = [row[:, 2] if row.shape[1] > 2 else np.zeros(len(row), np.float32) for row in rows]
        np.concatenate(widths, out=joint[:, 2])
        placed = self.rigid(_bent(joint, self.gesture, self.waves))
        return np.split(placed, np.cumsum([len(row) for row in rows])[:-1])

    def gripping(self, limb: Rows, placed: Floats) -> Floats:
        """Let a limb grip the bar.

        Args:
            limb: rows (x, y, half_width, hold) of the rest frame; hold 0 goes with the flesh, 1
                with the bar.
            placed: the same limb placed as flesh.
        """
        rows = floats(limb)
        hold = rows[:, 3:]
        return (1 - hold) * placed + hold * self.rigid(rows[:, :3])

    def nodding(self, rows: Rows) -> Floats:
        """Turn a part of the head with it; the result is flesh yet to be placed."""
        return turned(rows, _NECK, self.gesture.nod)

    def folded(self, ear: Rows, share: float) -> Floats:
        """Lay an ear back by `share` of the gesture's fold and turn it with the head."""
        root = (float(ear[0][0]), float(ear[0][1]))
        return self.nodding(turned(ear, root, -share * self.gesture.ears))

    @property
    def facing(self) -> float:
        """Where the muzzle points, radians."""
        return self.gesture.tilt + self.gesture.bend + self.gesture.nod


def compose(seed: int, pose: PoseName | None, chaos: float) -> tuple[Rider, bool]:
    """Return the rider of `seed` in `pose`, or in one the seed chooses, and whether to mirror."""
    rng = stream(seed, "composition")
    mirrored = bool(rng.random() < 0.5)
    place = float(rng.uniform(-1, 1))
    chosen = chosen_pose(rng, chaos)
    gesture = strayed(rng, GESTURES[pose or chosen], chaos)
    return _fitted(gesture, _unrest(rng, chaos), place), mirrored


def _unrest(rng: np.random.Generator, chaos: float) -> Floats:
    heading = rng.uniform(0, 2 * np.pi, _WAVES)
    frequency = 2 * np.pi / rng.uniform(190, 360, _WAVES)
    phase = rng.uniform(0, 2 * np.pi, _WAVES)
    shift = rng.normal(0, 1.2 + 1.3 * chaos, (2, _WAVES))
    return floats(
        np.column_stack([frequency * np.cos(heading), frequency * np.sin(heading), phase, *shift])
    )


def _foot(gesture: Gesture) -> tuple[float, float]:
    """Return the end of the stick in the rest frame."""
    return anatomy.POLE, anatomy.SPRING + gesture.spring + _TIP


def _bent(rows: Floats, gesture: Gesture, waves: Floats) -> Floats:
    """Bend rows of the rest frame, in place: tail, back, crouch and unrest; feet stay put."""
    x, y = rows[:, 0].copy(), rows[:, 1].copy()
    standing = _step(x, 180, 240) * _step(y, 520, 640)
    free = 1 - standing
    knee = _step(x, 250, 340) * np.exp(-np.square((y - np.float32(575)) / np.float32(48)))
    _turn(rows, _TAIL_ROOT, gesture.tail * _step(x, 215, 45))
    _turn(rows, _HIP, gesture.bend * _step(y, 520, 330))
    rows[:, 0] += np.float32(gesture.crouch) * (np.float32(0.35) * knee - np.float32(0.4) * free)
    rows[:, 1] += np.float32(gesture.crouch) * free
    phase = np.multiply.outer(x, waves[:, 0]) + np.multiply.outer(y, waves[:, 1])
    rows[:, :2] += free[:, np.newaxis] * (np.sin(phase + waves[:, 2]) @ waves[:, 3:])
    return rows


def _turn(rows: Floats, about: tuple[float, float], angle: Floats) -> None:
    """Turn each row by its own angle, in place."""
    x, y = rows[:, 0] - about[0], rows[:, 1] - about[1]
    cosine, sine = np.cos(angle), np.sin(angle)
    rows[:, 0] = about[0] + cosine * x - sine * y
    rows[:, 1] = about[1] + sine * x + cosine * y


def _step(values: Floats, begin: float, end: float) -> Floats:
    """Return the smooth step from 0 at `begin` to 1 at `end`, which may be the smaller."""
    t: Floats = (values - np.float32(begin)) * np.float32(1 / (end - begin))
    np.clip(t, 0, 1, out=t)
    return t * t * (3 - 2 * t)


def _fitted(gesture: Gesture, waves: Floats, place: float) -> Rider:
    """Place the rider on the sheet: as large as may be, and wholly inside."""
    foot = _foot(gesture)
    trial = Rider(gesture, waves, 1.0, foot)
    limbs = np.concatenate(
        trial.flesh(
            [
                anatomy.TAIL,
                anatomy.FOOT,
                anatomy.FAR_FOOT,
                trial.nodding(anatomy.HEAD),
                trial.folded(anatomy.NEAR_EAR, 1.0),
                trial.folded(anatomy.FAR_EAR, FAR_FOLD),
            ]
        )
    )
    low = (limbs[:, :2] - limbs[:, 2:]).min(axis=0).tolist()
    high = (limbs[:, :2] + limbs[:, 2:]).max(axis=0).tolist()
    tip_y = GROUND - gesture.air
    scale = min(
        _LARGEST,
        (tip_y - _MARGIN_TOP) / (foot[1] - low[1]),
        (WIDTH - 2 * _MARGIN_X) / (high[0] - low[0]),
    )
    left, right = scale * (low[0] - foot[0]), scale * (high[0] - foot[0])
    room = 0.5 * (WIDTH - 2 * _MARGIN_X - (right - left))
    tip_x = WIDTH / 2 + 0.35 * place * room - 0.5 * (left + right)
    tip_x = min(max(tip_x, _SPLASH), WIDTH - _SPLASH)
    tip_x = min(max(tip_x, _MARGIN_X - left), WIDTH - _MARGIN_X - right)
    return Rider(gesture, waves, scale, (tip_x, tip_y))
