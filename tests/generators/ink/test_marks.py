"""Small marks lie where they were put, in batches of any size, and no hair is beaded."""

import numpy as np
import pytest

from generators.ink import (
    Canvas,
    arcs,
    blobs,
    drips,
    flicks,
    floats,
    hairlines,
    quill_lines,
    stream,
    tendrils,
    walks,
)

NONE = np.empty(0, np.float32)


def rng():
    return stream(1, "marks")


def field(samples):
    canvas = Canvas(200, 200)
    canvas.add(samples)
    return canvas.density()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: blobs(rng(), NONE, NONE, NONE),
        lambda: quill_lines(rng(), NONE, NONE, NONE, NONE, thick=0.5),
        lambda: arcs(rng(), NONE, NONE, NONE, thick=0.5),
        lambda: flicks(rng(), NONE, NONE, NONE, NONE, width=1.0),
        lambda: tendrils(rng(), NONE, NONE, NONE, NONE),
        lambda: drips(rng(), NONE, NONE, NONE),
    ],
)
@pytest.mark.filterwarnings("error")
def test_no_mark_leaves_no_ink(draw):
    assert draw().x.size == 0


def test_a_blob_covers_its_area_and_is_darker_at_its_rim():
    density = field(blobs(rng(), 100.0, 100.0, 30.0, ink=1.0, lobes=0))
    assert np.count_nonzero(density > 0.5) == pytest.approx(np.pi * 30**2, rel=0.08)
    assert density[100, 124:129].mean() > 1.2 * density[100, 95:105].mean()


def test_a_stretched_blob_points_where_it_was_told():
    drop = blobs(rng(), 100.0, 100.0, 10.0, stretch=3.0, angle=np.pi / 2)
    assert np.ptp(drop.y) > 2.5 * np.ptp(drop.x)


def test_blobs_of_other_pictures_have_other_outlines():
    one, other = (blobs(stream(seed, "x"), 0.0, 0.0, 9.0, lobes=0.3) for seed in (1, 2))
    assert not np.allclose(one.x, other.x)


def test_a_quill_line_meets_both_its_ends():
    line = quill_lines(rng(), 10.0, 20.0, 110.0, 60.0, wobble=2.0)
    assert (line.x[0], line.y[0]) == (10, 20)
    assert np.allclose([line.x[-1], line.y[-1]], [110, 60], atol=1e-3)


def test_a_thick_line_is_drawn_three_times():
    thin = quill_lines(rng(), 10.0, 20.0, 110.0, 60.0)
    thick = quill_lines(rng(), 10.0, 20.0, 110.0, 60.0, thick=0.5)
    assert thick.x.size == 3 * thin.x.size
    assert thick.weight.sum() == pytest.approx(2.6 * thin.weight.sum(), rel=1e-3)


def test_a_ring_closes_around_its_centre():
    ring = arcs(rng(), 100.0, 90.0, 40.0, wobble=0.5)
    distance = np.hypot(ring.x - 100, ring.y - 90)
    assert np.abs(distance - 40).max() < 1
    gaps = np.diff(np.sort(np.arctan2(ring.y - 90, ring.x - 100)))
    assert gaps.max() < 0.05


def test_a_dry_ring_has_gaps_but_is_never_gone():
    shares = [
        np.mean(arcs(stream(seed, "x"), 0.0, 0.0, 200.0, dry=0.3).weight < 0.01)
        for seed in range(20)
    ]
    assert 0.1 < np.mean(shares) < 0.5
    assert max(shares) < 0.75


@pytest.mark.parametrize("length", [10.0, 90.0])
def test_a_flick_is_one_line_whatever_its_length(length):
    hair = flicks(rng(), 20.0, 100.0, 0.0, length)
    steps = np.hypot(np.diff(hair.x), np.diff(hair.y))
    assert steps.max() < 1.0
    assert np.hypot(hair.x[-1] - 20, hair.y[-1] - 100) == pytest.approx(length, rel=1e-3)
    assert hair.weight[0] > hair.weight[hair.x.size // 2] > hair.weight[-1] == 0


def test_each_flick_has_its_own_direction_and_length():
    hairs = flicks(rng(), floats([0, 0]), 0.0, floats([0, np.pi / 2]), floats([30, 60]), curve=0.0)
    assert hairs.x.max() == pytest.approx(30, abs=0.1)
    assert hairs.y.max() == pytest.approx(60, abs=0.1)


def test_a_walk_takes_even_steps_from_its_start():
    paths = walks(rng(), floats([5, 50]), 7.0, 0.0, floats([3, 9]), 12)
    assert paths.shape == (2, 13, 2)
    assert paths[:, 0].tolist() == [[5, 7], [50, 7]]
    steps = np.hypot(*np.moveaxis(np.diff(paths, axis=1), -1, 0))
    assert np.allclose(steps, [[3], [9]], rtol=1e-4)


def test_tendrils_fade_and_stay_within_their_steps():
    curls = tendrils(rng(), np.full(40, 100, np.float32), 100.0, 0.0, 5.0, steps=(7, 12))
    inked = curls.weight > 0.01
    assert np.hypot(curls.x[inked] - 100, curls.y[inked] - 100).max() <= 12 * 5
    assert (curls.weight >= 0).all()


def test_drips_run_down_and_end_in_a_drop():
    runs = drips(rng(), np.full(30, 100, np.float32), 20.0, 80.0)
    assert runs.y.min() > 15
    assert runs.y.max() < 20 + 80 + 5
    assert np.abs(runs.x - 100).max() < 12


def test_a_hairline_carries_its_density():
    line = hairlines(np.array([[[10, 50, 1.0], [60, 50, 0.5], [110, 50, 0.0]]], np.float32))
    assert line.weight[0] == pytest.approx(1)
    assert line.weight[-1] == pytest.approx(0, abs=1e-5)
    assert field(line)[50, 20:50].min() > 0.5
