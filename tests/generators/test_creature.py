"""Ink that leaves a creature begins on the part it left and goes the way it was sent."""

import numpy as np
import pytest

from generators.creature import drips_from, grass, ground_strokes, tendrils_from, thrown_specks
from generators.ink import floats, stream

BELLY = floats([(100, 200), (160, 210), (220, 200)])


def rng():
    return stream(1, "test")


def test_drips_hang_from_their_contour_and_end_in_reach():
    samples = drips_from(rng(), [BELLY], 40, longest=50)
    assert samples.x.min() > 94
    assert samples.x.max() < 226
    assert samples.y.min() > 195
    assert samples.y.max() < 210 + 50 + 4


def test_longer_contours_lose_more():
    long_way_off = floats([(500, 100), (504, 100)])
    samples = drips_from(rng(), [BELLY, long_way_off], 60, longest=20)
    assert np.mean(samples.x < 300) > 0.9


def test_tendrils_set_out_in_their_heading():
    samples = tendrils_from(rng(), [BELLY], np.pi / 2, 30, length=40, spread=0.1)
    assert np.mean(samples.y > 200) > 0.9
    assert samples.y.max() < 210 + 45


def test_specks_fly_away_from_their_source_and_no_further_than_their_reach():
    sources = floats([(300, 300, 0.0, 1.0)])
    samples = thrown_specks(rng(), sources, 200, reach=100, sheet=(600, 800), spread=0.2, largest=4)
    assert np.mean(samples.x > 300) > 0.95
    assert np.hypot(samples.x - 300, samples.y - 300).max() < 100 + 4 * 2.5


def test_no_speck_is_cut_by_the_border_of_its_sheet():
    sources = floats([(20, 30, -2.0, 1.0), (90, 60, 0.5, 1.0)])
    samples = thrown_specks(rng(), sources, 300, reach=400, sheet=(100, 90), largest=2)
    assert samples.x.min() > 2
    assert samples.x.max() < 98
    assert samples.y.min() > 2
    assert samples.y.max() < 88


def test_specks_come_from_each_source_by_its_share():
    sources = floats([(100, 100, 0.0, 0.0), (500, 100, 0.0, 1.0)])
    samples = thrown_specks(rng(), sources, 50, reach=40, sheet=(600, 800))
    assert samples.x.min() > 400


@pytest.mark.parametrize("chaos", [0.1, 2.0])
def test_the_ground_stays_in_reach(chaos):
    strokes = ground_strokes(rng(), 300, 744, reach=160, chaos=chaos, count=8)
    points = np.concatenate([floats(stroke.points) for stroke in strokes])
    assert len(strokes) == 8
    assert np.abs(points[:, 0] - 300).max() <= 160
    assert points[:, 1].min() > 730


def test_grass_grows_up_from_its_place():
    samples = grass(rng(), floats([200, 400]), 744, height=20)
    assert samples.y.min() > 744 - 22
    assert samples.y.max() < 750
    assert np.abs(samples.x[:, np.newaxis] - [200, 400]).min(axis=1).max() < 45


def test_nothing_is_nothing():
    assert drips_from(rng(), [BELLY], 0, longest=50).x.size == 0
    assert tendrils_from(rng(), [BELLY], 0.0, 0, length=40).x.size == 0
    assert thrown_specks(rng(), floats([(0, 0, 0, 1)]), 0, 40, (600, 800)).x.size == 0
