"""Tone is exact where it must be, and blurs keep the amount of ink."""

import numpy as np
import pytest

from generators.ink import blurred, enlarged, opacity, reduced, stream, wide_blur


def test_opacity_follows_the_law_of_density():
    density = np.linspace(0, 7, 5000, dtype=np.float32)[np.newaxis]
    exact = np.floor(255.5 - 255 * np.exp(-density.astype(float)))
    assert np.abs(opacity(density).astype(int) - exact).max() <= 1


@pytest.mark.parametrize(("density", "level"), [(-3.0, 0), (0.0, 0), (6.3, 255), (1e6, 255)])
def test_opacity_ends_at_paper_and_at_black(density, level):
    assert opacity(np.full((2, 2), density, np.float32)).tolist() == [[level] * 2] * 2


@pytest.mark.parametrize("radius", [1, 3, 5, 12])
def test_a_blur_spreads_a_spot_by_its_radius_and_loses_nothing(radius):
    field = np.zeros((160, 200), np.float32)
    field[80:84, 100:104] = 1
    soft = wide_blur(field, radius)
    assert soft.shape == field.shape
    assert soft.sum() == pytest.approx(16, rel=0.02)
    x = np.arange(200)
    column = soft.sum(axis=0) / soft.sum()
    spread = np.sqrt((column * (x - (column * x).sum()) ** 2).sum())
    assert spread == pytest.approx(np.hypot(radius, 1.3), rel=0.15)


def test_a_blur_leaves_an_even_field_even_up_to_its_border():
    assert np.allclose(wide_blur(np.full((90, 61), 0.7, np.float32), 5), 0.7, atol=1e-4)


def test_a_black_mass_counts_as_white_point_only():
    field = np.full((40, 40), 9, np.float32)
    assert wide_blur(field, 5, white=2).max() == pytest.approx(2, abs=1e-3)
    assert field.min() == 9


def test_reducing_takes_means():
    field = np.arange(48, dtype=np.float32).reshape(6, 8)
    assert reduced(field, 2).tolist() == field.reshape(3, 2, 4, 2).mean(axis=(1, 3)).tolist()


def test_a_side_that_does_not_divide_repeats_its_border():
    assert reduced(np.ones((5, 7), np.float32), 4).tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_enlarging_brings_a_smooth_field_back(factor):
    y, x = np.mgrid[:64, :80].astype(np.float32) / 10
    smooth = np.sin(x) + np.cos(y)
    back = enlarged(reduced(smooth, factor), factor, smooth.shape)
    assert np.abs(back - smooth)[4:-4, 4:-4].max() < 0.05


def test_blurring_keeps_the_mean_away_from_the_border():
    field = np.zeros((60, 60), np.float32)
    field[20:40, 20:40] = stream(1, "x").random((20, 20), dtype=np.float32)
    assert blurred(field, 3).sum() == pytest.approx(field.sum(), rel=1e-3)


def test_coarse_levels_are_multiples_of_the_step_and_off_by_one_at_most():
    density = np.linspace(-0.5, 9, 5000, dtype=np.float32)
    fine, coarse = opacity(density).astype(int), opacity(density, 3).astype(int)
    assert np.unique(coarse).tolist() == list(range(0, 256, 3))
    assert np.abs(fine - coarse).max() == 1
