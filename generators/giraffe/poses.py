"""The giraffe's build and its poses, as numbers.

Everything faces right on 600×800 pixels and stands on the ground `GROUND`. Rows are (x, y) or
(x, y, half_width), from the trunk outwards: chest to head, hip to hoof, root to tip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

PoseName = Literal["standing", "browsing", "looking_back", "drinking"]

Points = tuple[tuple[float, float], ...]
Limb = tuple[tuple[float, float, float], ...]

WIDTH, HEIGHT = 600, 800
"""The sheet, pixels."""

GROUND = 744.0
FAR_GROUND = 733.0
"""Far feet stand higher on the page."""

HIP = (206.0, 446.0)
"""What the trunk turns about when the giraffe bows."""

TRUNK: Points = (
    (317, 350),
    (294, 365),
    (262, 381),
    (230, 394),
    (202, 410),
    (184, 432),
    (176, 462),
    (180, 494),
    (212, 500),
    (254, 509),
    (298, 517),
    (338, 511),
    (370, 484),
    (386, 446),
    (384, 408),
    (356, 374),
)
"""The contour of the trunk, from the withers over the back."""

BACK, RUMP, BELLY, CHEST = slice(0, 33), slice(32, 57), slice(69, 90), slice(94, 121)
"""Stretches of that contour, once it is a spline of eight points for each one here."""

BARREL: Limb = ((186, 458, 52), (232, 456, 60), (290, 444, 72), (340, 440, 78))

NEAR_HIND: Limb = (
    (214, 450, 39),
    (211, 496, 31),
    (205, 542, 19.5),
    (194, 588, 13),
    (189, 612, 11.8),
    (193, 640, 8.2),
    (199, 688, 6.6),
    (201, 710, 7.8),
    (205, 728, 7.0),
)
NEAR_FORE: Limb = (
    (350, 462, 34),
    (354, 504, 23.5),
    (355, 550, 15.5),
    (356, 592, 12),
    (357, 612, 12.6),
    (355, 638, 8.2),
    (354, 688, 6.6),
    (355, 711, 7.8),
    (359, 728, 7.0),
)
FAR_HIND: Limb = (
    (244, 458, 34),
    (248, 500, 26),
    (247, 544, 16.5),
    (239, 584, 11.5),
    (235, 604, 10.6),
    (239, 632, 7.6),
    (245, 678, 6.1),
    (247, 700, 7.0),
    (251, 717, 6.4),
)
FAR_FORE: Limb = (
    (324, 464, 29),
    (322, 504, 20),
    (318, 546, 14),
    (315, 586, 11),
    (314, 604, 11.4),
    (311, 630, 7.6),
    (308, 678, 6.1),
    (308, 701, 7.0),
    (312, 717, 6.4),
)
TAIL: Limb = ((184, 434, 5), (164, 462, 4.2), (154, 504, 3.0), (152, 548, 2.0))


@dataclass(frozen=True, slots=True)
class Pose:
    """One way to hold the body.

    Attributes:
        neck: rows (x, y, half_width) from the chest to the head joint.
        nod: how far the head is turned about its joint, radians; positive is nose down.
        facing: 1 where the head looks ahead, -1 where it looks back.
        bow: how far the trunk is turned about the hip, radians; positive lowers the withers.
        feet: pixels that the feet stand ahead of their place: near hind, near fore, far hind,
            far fore.
        stride: how far a step may move each foot (backwards, forwards), in the same order.
        sway: how far the neck may lean, pixels.
        room: pixels to keep free ahead of the muzzle.
    """

    neck: Limb
    nod: float = 0.0
    facing: int = 1
    bow: float = 0.0
    feet: tuple[float, float, float, float] = (0, 0, 0, 0)
    stride: tuple[tuple[float, float], ...] = ((-20, 14), (-12, 26), (-16, 4), (-2, 18))
    sway: float = 14.0
    room: float = 0.0


POSES: Mapping[PoseName, Pose] = MappingProxyType(
    {
        "standing": Pose(
            neck=(
                (328, 440, 58),
                (350, 386, 44),
                (367, 326, 33.5),
                (382, 262, 26.5),
                (396, 200, 22.5),
                (408, 148, 20),
                (415, 116, 18.5),
            ),
        ),
        "browsing": Pose(
            neck=(
                (328, 440, 58),
                (354, 387, 44),
                (378, 327, 33.5),
                (402, 262, 26.5),
                (422, 200, 22.5),
                (436, 150, 20),
                (443, 118, 18.5),
            ),
            nod=-0.55,
            room=88.0,
        ),
        "looking_back": Pose(
            neck=(
                (328, 440, 58),
                (347, 388, 44),
                (358, 328, 34),
                (354, 264, 27.5),
                (338, 206, 23.5),
                (314, 160, 21),
                (300, 138, 20),
            ),
            nod=-0.02,
            facing=-1,
            sway=10.0,
        ),
        "drinking": Pose(
            neck=(
                (326, 432, 55),
                (384, 435, 49),
                (432, 468, 35),
                (464, 516, 28),
                (482, 576, 23.5),
                (494, 624, 21),
                (498, 652, 19.5),
            ),
            nod=0.72,
            bow=0.2,
            feet=(-8, 48, -2, -22),
            stride=((-10, 8), (-8, 12), (-10, 4), (-8, 8)),
            sway=12.0,
            room=30.0,
        ),
    }
)
