"""Flung ink lands on the sheet: far flights end nearer, none is cut by the border."""

import numpy as np
import pytest

from generators.ink import flights_on_sheet, floats, stream

SHEET = (300, 200)


def landed(x, y, angle, distance):
    x, y, angle, distance = (floats(each) for each in (x, y, angle, distance))
    flown = flights_on_sheet(x, y, angle, distance, SHEET)
    return x + flown * np.cos(angle), y + flown * np.sin(angle)


def test_a_flight_within_the_sheet_is_as_far_as_it_was_thrown():
    angle = floats(np.linspace(-np.pi, np.pi, 33))
    distance = floats(np.full(33, 80.0))
    flown = flights_on_sheet(floats([150] * 33), floats([100] * 33), angle, distance, SHEET)
    assert np.array_equal(flown, distance)


def test_wherever_it_is_thrown_it_lands_clear_of_the_border():
    rng = stream(1, "test")
    x, y = landed(
        rng.uniform(20, 280, 500),
        rng.uniform(20, 180, 500),
        rng.uniform(-np.pi, np.pi, 500),
        rng.uniform(1, 900, 500),
    )
    assert x.min() > 10
    assert x.max() < 290
    assert y.min() > 10
    assert y.max() < 190


def test_far_flights_do_not_line_the_border():
    x, _ = landed([150] * 4, [100] * 4, [0] * 4, [136, 272, 544, 1088])
    assert x == pytest.approx([286, 218, 184, 167])


@pytest.mark.parametrize("angle", [-np.pi / 2, 0, np.pi / 2, np.pi])
def test_what_sets_out_beyond_the_sheet_and_flies_on_stays_where_it_was(angle):
    outside = [150 + 200 * np.cos(angle)], [100 + 200 * np.sin(angle)]
    x, y = landed(*outside, [angle], [50])
    assert (x, y) == (pytest.approx(outside[0]), pytest.approx(outside[1]))
