"""Noise is smooth, seamless where it says so, and uniform once ranked."""

import numpy as np
import pytest

from generators.ink import bspline_basis, noise_line, octave_noise, rank_transform, stream
from generators.ink.noise import spectral_field


@pytest.mark.parametrize(("size", "knots"), [(7, 4), (100, 9), (64, 144)])
def test_a_constant_lattice_stays_constant(size, knots):
    assert np.allclose(bspline_basis(size, knots).sum(axis=1), 1, atol=1e-6)


def test_octaves_follow_the_shape_of_the_picture():
    field = octave_noise(stream(1, "x"), (60, 200), (5, 10, 20), 0.6)
    assert field.shape == (60, 200)
    assert field.dtype == np.float32
    assert abs(np.diff(field, axis=0).std() - np.diff(field, axis=1).std()) < 0.03


def test_later_octaves_are_weaker():
    rough = octave_noise(stream(1, "x"), (128, 128), (4, 64), 1.0)
    smooth = octave_noise(stream(1, "x"), (128, 128), (4, 64), 0.1)
    assert np.abs(np.diff(smooth)).mean() < 0.3 * np.abs(np.diff(rough)).mean()


def test_a_line_of_few_knots_is_smooth():
    line = noise_line(stream(1, "x"), 400, 6)
    assert np.abs(np.diff(line)).max() < 0.1


@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_a_share_of_a_ranked_field_lies_below_that_share(share):
    field = stream(1, "x").standard_normal((200, 200), dtype=np.float32)
    assert np.mean(rank_transform(field) < share) == pytest.approx(share, abs=0.01)


def test_ranking_keeps_the_order():
    field = stream(1, "x").random((50, 50), dtype=np.float32)
    ranked = rank_transform(field)
    order = np.argsort(field, axis=None)
    assert (np.diff(ranked.ravel()[order]) >= 0).all()


def test_a_constant_field_ranks_in_the_middle():
    assert np.allclose(rank_transform(np.full((4, 4), 3, np.float32)), 0.5)


def test_a_spectral_field_has_the_power_it_was_given_and_no_seam():
    power = np.ones((64, 65), np.float32)
    white = spectral_field(stream(1, "x"), power)
    assert white.shape == (64, 128)
    assert white.std() == pytest.approx(1, abs=0.05)
    power[:, 6:] = 0
    smooth = spectral_field(stream(1, "x"), power)
    assert np.abs(smooth[:, 0] - smooth[:, -1]).mean() < 3 * np.abs(np.diff(smooth)).mean()
