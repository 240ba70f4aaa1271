"""The kangaroo: every pose whole on its sheet, every parameter seen, the same in every process."""

import hashlib
import os
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from generators.generator import MAX_SEED
from generators.kangaroo import Kangaroo, KangarooParameters, anatomy
from generators.kangaroo.figure import Figure
from generators.kangaroo.gesture import GESTURES, PoseName
from generators.kangaroo.rider import HEIGHT, compose

POSES = get_args(PoseName)
CORNERS = [(20, 0.1), (20, 2.0), (60, 0.8), (100, 0.1), (100, 2.0)]
SEEN = 60
"""Ink that the eye notices, of 255."""


def field(seed=1, **parameters):
    return Kangaroo().render(KangarooParameters(**parameters), seed).field


def difference(one, other):
    return np.mean(np.abs(one.astype(int) - other.astype(int)))


def ink(seeds=range(6), **parameters):
    """The mean of the ink over some seeds."""
    return np.mean([field(seed, **parameters).mean() for seed in seeds])


def test_it_is_a_picture_of_its_native_size_and_mode():
    picture = Kangaroo().render(KangarooParameters(), 1)
    assert picture.image().size == (Kangaroo.spec.width, Kangaroo.spec.height) == (600, 800)
    assert picture.mode == Kangaroo.spec.mode == "RGBA"


@pytest.mark.parametrize(("complexity", "chaos"), CORNERS)
@pytest.mark.parametrize("pose", POSES)
def test_every_pose_stays_on_the_sheet(pose, complexity, chaos):
    for seed in range(2):
        drawn = field(seed, pose=pose, complexity=complexity, chaos=chaos)
        rim = np.concatenate(
            [drawn[:4].ravel(), drawn[-4:].ravel(), drawn[:, :4].ravel(), drawn[:, -4:].ravel()]
        )
        assert np.count_nonzero(rim > SEEN) < 40  # a flung drop or two, never a tail or an ear


@pytest.mark.parametrize("chaos", [0.1, 0.8, 2.0])
@pytest.mark.parametrize("seed", [0, 7, 123_456_789, MAX_SEED])
def test_the_mass_is_large_whole_and_partly_black(chaos, seed):
    drawn = field(seed, chaos=chaos)
    assert 0.12 < np.mean(drawn > SEEN) < 0.40
    assert np.mean(drawn > 235) > 0.01
    assert np.mean(drawn[:12]) < 2


def test_poses_differ_from_one_another():
    drawn = [field(3, pose=pose) for pose in POSES]
    for index, one in enumerate(drawn):
        for other in drawn[index + 1 :]:
            assert difference(one, other) > 10


def test_the_spring_is_short_under_weight_and_long_in_the_air():
    springs = {pose: compose(5, pose, 0.8)[0].gesture.spring for pose in POSES}
    assert springs["compressed"] < 0.7 * springs["upright"] < 0.7 * springs["high"]


def test_the_stick_leaves_the_ground_only_where_the_pose_says_so():
    for seed in range(20):
        low, high = (compose(seed, pose, 0.8)[0].tip[1] for pose in ("compressed", "high"))
        assert high < low - 40
        assert low < HEIGHT - 20


def test_seeds_choose_every_pose_and_both_directions():
    riders = [compose(seed, None, 1.0) for seed in range(120)]
    nearest = {
        min(POSES, key=lambda pose: abs(GESTURES[pose].tilt - rider.gesture.tilt))
        for rider, _ in riders
    }
    assert {"backward", "forward"} < nearest
    assert max(rider.gesture.air for rider, _ in riders) > 80
    assert min(rider.gesture.spring for rider, _ in riders) < 40
    assert 35 < sum(mirrored for _, mirrored in riders) < 85


def test_a_given_pose_keeps_the_seed_s_own_gesture():
    tilts = {compose(seed, "forward", 0.8)[0].gesture.tilt for seed in range(10)}
    assert len(tilts) == 10


def test_chaos_widens_tilt_and_bounce():
    def spread(chaos):
        tilts = [compose(seed, "upright", chaos)[0].gesture.tilt for seed in range(60)]
        return np.std(tilts)

    assert spread(0.1) < 0.6 * spread(0.8) < 0.6 * spread(2.0)


@pytest.mark.parametrize("chaos", [0.1, 2.0])
@pytest.mark.parametrize("pose", POSES)
def test_both_hands_stay_on_the_bar(pose, chaos):
    for seed in range(10):
        rider, _ = compose(seed, pose, chaos)
        limbs = Figure.of(rider).limbs
        grips = rider.rigid((anatomy.NEAR_GRIP, anatomy.FAR_GRIP))
        for hand, grip in zip((limbs.near_arm, limbs.far_arm), grips, strict=True):
            assert np.hypot(*(hand.rows[-2, :2] - grip)) < hand.rows[-2, 2]


def test_chaos_throws_more_ink_about():
    def away(chaos):
        """The ink below the plate and beside the body: splash, drops, drips."""
        return np.mean([np.mean(field(s, pose="upright", chaos=chaos)[700:]) for s in range(6)])

    calm, usual, wild = away(0.1), away(0.8), away(2.0)
    assert calm + 1.5 < usual
    assert usual + 1.5 < wild


def test_complexity_grows_hair():
    assert ink(complexity=20) < ink(complexity=44) - 0.1
    assert ink(complexity=46) < ink(complexity=100) - 0.1


def test_the_joey_looks_out_from_complexity_45_up():
    without, having = (field(2, pose="upright", complexity=level) for level in (44, 45))
    changed = np.abs(without.astype(int) - having) > SEEN
    rows, _ = np.nonzero(changed)
    assert np.count_nonzero(changed) > 300
    assert 400 < np.median(rows) < 620


def test_colour_and_palette_change_the_table_alone():
    plain = Kangaroo().render(KangarooParameters(), 4)
    red = Kangaroo().render(KangarooParameters(color="#8B0000"), 4)
    sacred = Kangaroo().render(KangarooParameters(palette="sacred"), 4)
    assert np.array_equal(plain.field, red.field)
    assert red.table[255].tolist() == [139, 0, 0, 255]
    assert not np.array_equal(plain.table, sacred.table)


@pytest.mark.parametrize("chaos", [0.1, 2.0])
def test_seeds_differ(chaos):
    drawn = [field(seed, chaos=chaos) for seed in range(6)]
    for index, one in enumerate(drawn):
        for other in drawn[index + 1 :]:
            assert difference(one, other) > 5


_PRINT = """
import hashlib
from generators.kangaroo import Kangaroo, KangarooParameters
field = Kangaroo().render(KangarooParameters(complexity=80, chaos=1.5), 99).field
print(hashlib.sha256(field.tobytes()).hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_every_process():
    expected = hashlib.sha256(field(99, complexity=80, chaos=1.5).tobytes()).hexdigest()
    for salt in ("1", "2"):
        printed = subprocess.run(
            [sys.executable, "-c", _PRINT],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert printed.stdout.strip() == expected


@pytest.mark.parametrize(
    "wrong",
    [{"pose": "lying"}, {"complexity": 19}, {"complexity": 101}, {"chaos": 2.1}, {"color": "red"}],
)
def test_what_it_cannot_draw_it_refuses(wrong):
    with pytest.raises(ValidationError):
        KangarooParameters(**wrong)


def test_every_parameter_is_described():
    schema = KangarooParameters.model_json_schema()["properties"]
    assert set(schema) == {"pose", "color", "complexity", "chaos", "palette"}
    assert all(entry["description"] for entry in schema.values())
