"""Samples become density without loss, where they lie, however many layers they came in."""

import numpy as np
import pytest

from generators.ink import Canvas, Samples, floats, joined, stream


def specks(count=500, low=2.0, high=28.0):
    rng = stream(1, "specks")
    x, y = floats(rng.uniform(low, high, (2, count)))
    return Samples(x, y, floats(rng.uniform(0.1, 1, count)))


def test_all_ink_arrives():
    canvas = Canvas(40, 30)
    canvas.add(specks())
    assert canvas.density().sum() == pytest.approx(specks().weight.sum(), rel=1e-4)


def test_ink_is_shared_by_the_four_pixels_around_it():
    canvas = Canvas(4, 3)
    canvas.add(Samples(floats([1.25]), floats([1.5]), floats([1.0])))
    density = canvas.density()
    assert density.shape == (3, 4)
    assert np.allclose(density[1:, 1:3], [[0.375, 0.125], [0.375, 0.125]])
    assert density.sum() == pytest.approx(1)


def test_what_falls_outside_leaves_no_ink_inside():
    canvas = Canvas(10, 10)
    far = floats([-500, -1, 10, 500, 5, 5])
    canvas.add(Samples(far, far[::-1].copy(), floats(np.ones(6))))
    canvas.add(Samples(floats([5, 5]), floats([-1.0, 10.0]), floats([1, 1])))
    assert canvas.density().sum() == 0


def test_ink_at_the_very_edge_counts_as_far_as_it_is_inside():
    canvas = Canvas(10, 10)
    canvas.add(Samples(floats([-0.5]), floats([5.0]), floats([1.0])))
    assert canvas.density()[5, 0] == pytest.approx(0.5)


def test_layers_add_up_with_their_weights_and_negative_ink_lightens():
    canvas = Canvas(40, 30)
    canvas.add(specks(), weight=1.5)
    canvas.add(specks().scaled(-0.5))
    single = Canvas(40, 30)
    single.add(specks())
    assert np.allclose(canvas.density(), single.density(), atol=0.02)


def test_an_empty_canvas_is_blank_paper():
    assert not Canvas(8, 6).density().any()
    assert joined([]).x.size == 0


def test_a_near_part_hides_what_is_behind_it():
    cover = np.zeros((30, 40), np.float32)
    cover[:, :15] = 1
    visible = specks().behind(cover)
    assert not visible.weight[visible.x < 14].any()
    assert np.array_equal(visible.weight[visible.x > 15], specks().weight[visible.x > 15])


def test_moving_shifts_the_picture():
    canvas, moved = Canvas(40, 40), Canvas(40, 40)
    canvas.add(specks())
    moved.add(specks().moved(3, 5))
    assert np.allclose(moved.density()[5:, 3:], canvas.density()[:-5, :-3], atol=1e-4)
