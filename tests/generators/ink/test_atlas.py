"""Paper, clouds and streaks are uniform, fixed for all time, and cropped by the picture's seed."""

import numpy as np
import pytest

from generators.ink import clouds, paper, preload, streaks, stream

SIZE = (512, 512)


@pytest.mark.parametrize("material", [paper, clouds])
def test_values_spread_evenly_over_zero_to_one(material):
    crops = np.stack([material(stream(seed, "x"), SIZE) for seed in range(8)])
    assert crops.min() >= 0
    assert crops.max() <= 1
    counts, _ = np.histogram(crops, bins=5, range=(0, 1))
    assert counts.min() > 0.5 * counts.mean()


def test_the_stream_chooses_the_crop():
    assert np.array_equal(paper(stream(1, "x"), SIZE), paper(stream(1, "x"), SIZE))
    assert not np.array_equal(paper(stream(1, "x"), SIZE), paper(stream(2, "x"), SIZE))


def test_a_hair_varies_less_along_itself_than_hairs_among_each_other():
    held = streaks(stream(1, "x"), 200, 2000)
    assert held.shape == (200, 2000)
    assert np.abs(np.diff(held, axis=1)).mean() < 0.3 * np.abs(np.diff(held, axis=0)).mean()


def test_a_crop_larger_than_the_atlas_goes_on_without_a_seam():
    wide = paper(stream(1, "x"), (8, 4000))
    assert wide.shape == (8, 4000)
    step = np.abs(np.diff(wide, axis=1)).mean(axis=0)
    assert step[1535] < 2 * step.mean()


def test_preloading_builds_what_later_crops_share():
    preload()
    before = paper(stream(1, "x"), (4, 4))
    preload()
    assert np.array_equal(before, paper(stream(1, "x"), (4, 4)))


def test_a_crop_is_the_callers_to_change():
    crop = clouds(stream(1, "x"), SIZE)
    crop *= 0
    assert clouds(stream(1, "x"), SIZE).any()
