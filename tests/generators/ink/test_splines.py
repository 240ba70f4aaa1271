"""Curves go through their points, are evenly sampled, and turn as a body does."""

import numpy as np
import pytest

from generators.ink import closed_spline, even_spline, floats, normals, spline, turned
from generators.ink.splines import ragged, trace

BEND = floats([[0, 0, 5], [100, 0, 9], [100, 100, 3]])


def test_a_spline_passes_through_its_points():
    assert np.allclose(spline(BEND, 5)[::2], BEND, atol=1e-4)


def test_a_straight_line_stays_straight_to_its_ends():
    line = spline([[0, 0], [10, 5], [20, 10]], 9)
    assert np.allclose(line[:, 1], line[:, 0] / 2, atol=1e-5)


def test_many_curves_are_smoothed_at_once():
    pair = np.stack([BEND, BEND + 7])
    assert np.allclose(spline(pair, 20)[1], spline(BEND + 7, 20), atol=1e-4)


@pytest.mark.parametrize("samples", [50, 1000])
def test_an_even_spline_steps_evenly(samples):
    path = even_spline(BEND, samples)
    assert len(path) == samples
    steps = np.hypot(*np.diff(path[:, :2], axis=0).T)
    assert steps.std() < 0.1 * steps.mean()


def test_an_outline_closes_without_a_jump():
    ring = closed_spline([[0, 0], [100, 0], [100, 100], [0, 100]], 8)
    assert ring.shape == (32, 2)
    around = np.hypot(*(np.roll(ring, -1, axis=0) - ring).T)
    assert around.max() < 1.6 * around.mean()


def test_normals_are_units_to_the_right_of_travel():
    path = even_spline([[0, 0], [50, 0], [100, 0]], 10)
    assert np.allclose(normals(path), [0, 1], atol=1e-5)


def test_turning_keeps_distances_and_scales_widths():
    rows = turned(BEND, (100, 0), np.pi / 2, scale=2, shift=(1, 0))
    assert np.allclose(rows[1], [101, 0, 18], atol=1e-4)
    assert np.allclose(rows[0], [101, -200, 10], atol=1e-4)
    assert BEND[1, 2] == 9


def test_a_trace_samples_every_curve_by_its_own_length():
    short, long = BEND, BEND * floats([3, 3, 1])
    run = trace(np.stack([short, long]), pitch=0.5)
    for curve in (0, 1):
        mine = run.curve == curve
        steps = np.hypot(*np.diff(run.values[mine, :2], axis=0).T)
        assert steps.mean() == pytest.approx(0.5, rel=0.02)
        assert run.u[mine][[0, -1]].tolist() == [0, 1]
    assert np.allclose(run.values[run.curve == 1][-1], long[-1], atol=1e-3)


def test_tracing_no_curve_gives_no_sample():
    assert trace(np.empty((0, 5, 3), np.float32), 0.5).values.shape == (0, 3)


def test_ragged_marks_lie_one_after_the_other():
    owner, u = ragged(np.array([3, 1, 2]))
    assert owner.tolist() == [0, 0, 0, 1, 2, 2]
    assert u.tolist() == [0, 0.5, 1, 0, 0, 1]
