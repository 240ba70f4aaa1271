"""A wash fills a body, breaks on the paper at its edge, and is darkest away from the light."""

import numpy as np
import pytest

from generators.ink import clouds, coverage, paper, ribbon, silhouette, stream, wash

SHAPE = (200, 300)
BODY = ribbon([[60, 100, 40], [150, 100, 50], [240, 100, 40]])


@pytest.fixture
def tooth():
    return paper(stream(1, "paper"), SHAPE)


@pytest.fixture
def bloom():
    return clouds(stream(1, "clouds"), SHAPE)


def test_a_ribbon_is_as_wide_as_told_and_round_at_its_tip():
    assert BODY[:, 1].min() == pytest.approx(50, abs=1)
    assert BODY[:, 1].max() == pytest.approx(150, abs=1)
    assert BODY[:, 0].max() == pytest.approx(280, abs=1)
    assert BODY[:, 0].min() == pytest.approx(60, abs=2)


def test_a_silhouette_knows_its_window():
    area = silhouette(SHAPE, [BODY])
    full = area.full(SHAPE)
    assert full.shape == SHAPE
    assert full[100, 150] == 1
    assert full[5, 5] == 0
    assert area.mask.size < 0.8 * full.size


def test_outlines_are_joined():
    both = silhouette(SHAPE, [BODY, BODY * np.float32(0.5)])
    assert both.full(SHAPE)[100, 150] == both.full(SHAPE)[50, 40] == 1


def test_a_body_beside_the_picture_is_refused():
    with pytest.raises(ValueError, match="300×200"):
        silhouette(SHAPE, [BODY + 1000])


def test_a_body_over_the_border_is_cut_there(tooth, bloom):
    area = silhouette(SHAPE, [BODY + np.float32(120)])
    assert wash(area, tooth, bloom).shape == area.mask.shape


def test_the_edge_breaks_on_the_tooth_and_the_middle_does_not(tooth):
    area = silhouette(SHAPE, [BODY])
    covered = coverage(area, tooth)
    assert (covered[area.mask > 0.99] > 0.9).all()
    edge = covered[(area.mask > 0.3) & (area.mask < 0.6)]
    assert edge.std() > 0.2


def test_the_shaded_side_is_darker(tooth, bloom):
    area = silhouette(SHAPE, [BODY])
    for light in ((8, 4), (-8, -4)):
        density = np.zeros(SHAPE, np.float32)
        density[area.window] += wash(area, tooth, bloom, light=light)
        upper, lower = density[55:75, 100:200].mean(), density[125:145, 100:200].mean()
        assert (upper > lower) == (light[1] > 0)


def test_a_far_part_is_hidden_by_a_near_one(tooth, bloom):
    near = silhouette(SHAPE, [BODY])
    far = silhouette(SHAPE, [ribbon([[150, 20, 15], [150, 100, 15], [150, 190, 15]])])
    density = np.zeros(SHAPE, np.float32)
    density[far.window] += wash(far, tooth, bloom, behind=near)
    assert density[20:40, 145:155].min() > 0.02
    assert density[70:130, 145:155].max() == 0


def test_a_silhouette_seen_in_another_window_is_the_part_of_the_whole_that_lies_there():
    square = np.array([[20, 30], [90, 30], [90, 80], [20, 80]], np.float32)
    area = silhouette((300, 400), [square])
    for window in (np.s_[0:300, 0:400], np.s_[40:70, 50:120], np.s_[200:300, 300:400]):
        assert np.array_equal(area.within(window), area.full((300, 400))[window])
