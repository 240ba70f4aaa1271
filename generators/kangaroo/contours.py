"""Contour lines, eye, muzzle and hands."""

from __future__ import annotations

import numpy as np

from ..ink import (
    Floats,
    Samples,
    Stroke,
    bone_line,
    flicks,
    floats,
    quill_lines,
    spline,
    stream,
)
from . import anatomy
from .figure import Figure
from .rider import Rider

_REDRAWN_FROM = 0.7
"""Chaos from which the hand goes over its lines again."""


def body_lines(figure: Figure, seed: int, chaos: float) -> list[Stroke]:
    """Return back, tail, rump, throat, belly, haunch and near leg, redrawn by a wild hand."""
    rng = stream(seed, "body lines")
    under = figure.limbs.tail.left[1:]
    rump = figure.lines.body[8:5:-1]
    upper = np.concatenate([figure.lines.nape, figure.lines.back[1:]])[:, :2]
    spine = np.concatenate([upper, figure.limbs.tail.right[1:-1]])
    heel = np.concatenate([figure.limbs.shank.right[2:], figure.limbs.foot.right])
    lines = (
        (spine, 3.2, 0.95, 0.6, 0.3),
        (under[:-1], 2.3, 0.85, 0.6, 0.25),
        (rump, 1.6, 0.6, 0.7, 0.2),
        (figure.lines.haunch, 2.4, 0.9, 0.45, 0.2),
        (figure.lines.throat, 1.7, 0.8, 0.5, 0.15),
        (figure.lines.belly, 1.7, 0.75, 0.6, 0.15),
        (figure.lines.pouch, 1.5, 0.8, 0.45, 0.15),
        (heel, 2.2, 0.9, 0.45, 0.1),
        (figure.limbs.foot.left[1:], 1.5, 0.65, 0.6, 0.1),
    )
    strokes = [
        bone_line(
            rng,
            rows,
            width,
            ink=ink,
            dry=min(0.85, dry + 0.12 * (chaos - 0.8)),
            jitter=chaos * shake,
        )
        for rows, width, ink, dry, shake in lines
    ]
    return strokes + _redrawn(rng, [spine, under, figure.lines.haunch], chaos)


def _redrawn(rng: np.random.Generator, lines: list[Floats], chaos: float) -> list[Stroke]:
    """Return dry second thoughts beside the great lines."""
    strokes = []
    for _ in range(round(max(0.0, chaos - _REDRAWN_FROM) * rng.uniform(2.0, 4.0))):
        line = lines[rng.integers(len(lines))]
        first = int(rng.integers(0, max(1, len(line) - 4)))
        shift = floats(rng.normal(0, 2.0 + 2.5 * chaos, 2))
        strokes.append(
            bone_line(
                rng,
                line[first:, :2] + shift,
                rng.uniform(1.0, 2.0),
                ink=0.7,
                dry=0.85,
                jitter=0.5 * chaos,
            )
        )
    return strokes


def head_lines(figure: Figure, seed: int, chaos: float) -> list[Stroke]:
    """Return forehead, jaw and both ears."""
    rng = stream(seed, "head lines")
    strokes = [
        bone_line(rng, rows, width, ink=0.85, dry=dry, jitter=0.05 * chaos)
        for rows, width, dry in (
            (figure.lines.forehead, 1.75, 0.45),
            (figure.lines.jaw, 1.5, 0.5),
        )
    ]
    for ear in (figure.limbs.near_ear, figure.limbs.far_ear):
        for edge, width in ((ear.left, 1.5), (ear.right, 1.75)):
            root = 0.7 * edge[:1] + 0.3 * edge[1:2]  # on the skull, not within
            rows = np.concatenate([root, edge[1:]])
            strokes.append(bone_line(rng, rows, width, ink=0.85, dry=0.5, jitter=0.1 * chaos))
    return strokes


def face(rider: Rider, figure: Figure, chaos: float) -> Floats:
    """Return nose, eye and the light in it as spots; from chaos 1.2 up the eye widens.

    Spots are rows (x, y, radius, ink, stretch, angle), negative ink lightening.
    """
    wild = float(np.clip((chaos - 1.2) / 0.8, 0, 1))
    nose, nostril, eye, light = figure.lines.face[:4, :2]
    scale, angle = rider.scale, rider.facing + 0.45
    return floats(
        [
            (*nose, 5.2 * scale, 1.7, 1.3, angle),
            (*nostril, 3.2 * scale, 1.2, 1.2, angle),
            (*eye, (5.0 + 1.9 * wild) * scale, -0.9 * wild, 1.15, angle),
            (*eye, (4.7 - 0.8 * wild) * scale, 1.8 + 0.9 * wild, 1.3 - 0.2 * wild, angle),
            (*light, 1.2 * scale, -2.6, 1, angle),
        ]
    )


def whiskers(rider: Rider, figure: Figure, seed: int) -> Samples:
    """Return six whiskers."""
    rng = stream(seed, "whiskers")
    roots = np.repeat(figure.lines.face[4:, :2], 2, axis=0)
    heading = rider.facing + floats([0.2, 0.35, 0.55, 0.7, 0.85, 1.0])
    length = floats(rng.uniform(17, 26, len(roots)))
    return flicks(rng, roots[:, 0], roots[:, 1], heading, length, ink=0.55, curve=0.25)


def arm_lines(figure: Figure, seed: int, chaos: float) -> list[Stroke]:
    """Return both sides of the near arm."""
    rng = stream(seed, "arm lines")
    arm = figure.limbs.near_arm
    return [
        bone_line(rng, arm.right, 2.3, ink=0.9, dry=0.35, jitter=0.1 * chaos),
        bone_line(rng, arm.left[2:-1], 1.7, ink=0.85, dry=0.35, jitter=0.1 * chaos),
    ]


def far_lines(figure: Figure, seed: int, chaos: float) -> list[Stroke]:
    """Return the front of the far knee."""
    rng = stream(seed, "far lines")
    knee = figure.limbs.far_leg.left[1:-1]
    return [bone_line(rng, knee, 1.5, ink=0.55, dry=0.5, jitter=0.1 * chaos)]


def creases(rider: Rider, figure: Figure, seed: int) -> Samples:
    """Return mouth and lid, and three fingers of each hand, bent over the bar."""
    fingers = []
    for (x, y), reach in ((anatomy.NEAR_GRIP, 9.0), (anatomy.FAR_GRIP, 7.5)):
        for step in (-0.52, 0.0, 0.52):
            knuckle = x + reach * step
            fingers += [(knuckle + 1.5, y - 0.9 * reach), (knuckle + 0.2, y + 0.6 * reach)]
    ends = rider.rigid(fingers)
    bends = [spline(line[:, :2], 6) for line in (figure.lines.mouth, figure.lines.lid)]
    begin = np.concatenate([*(bend[:-1] for bend in bends), ends[::2]])
    end = np.concatenate([*(bend[1:] for bend in bends), ends[1::2]])
    return quill_lines(
        stream(seed, "creases"),
        begin[:, 0],
        begin[:, 1],
        end[:, 0],
        end[:, 1],
        ink=0.85,
        thick=0.6,
        wobble=0.9,
    )


def claws(rider: Rider) -> Floats:
    """Return the claws of both feet as spots."""
    angle = rider.gesture.tilt + 0.22
    toes = zip(
        rider.rigid(((405, 655.5), (399, 660.5), (417, 643))).tolist(),
        (2.8, 2.2, 2.0),
        (3.4, 3.0, 3.2),
        strict=True,
    )
    return floats([(*toe, size * rider.scale, 1.7, long, angle) for toe, size, long in toes])
