"""A stroke starts wet and round, ends dry and torn, and is as wide as it was asked to be."""

import numpy as np
import pytest

from generators.ink import Brush, Canvas, Stroke, bone_line, floats, paint, stream

LINE = floats([[50, 100, 20], [200, 100, 20], [350, 100, 20]])


def density(*strokes, seed=1):
    canvas = Canvas(400, 200)
    canvas.add(paint(stream(seed, "stroke"), strokes))
    return canvas.density()


def test_the_head_is_wetter_than_the_tail():
    field = density(Stroke(LINE, Brush(dryness=(-0.3, 0.8), taper=(0, 0))))
    head, tail = field[85:115, 70:120], field[85:115, 280:330]
    assert head.mean() > 2 * tail.mean()
    assert np.mean(tail < 0.05) > 0.3
    assert np.mean(head < 0.05) < 0.05


@pytest.mark.parametrize("dryness", [0.2, 0.5, 0.8])
def test_dryness_is_the_share_of_gaps(dryness):
    brush = Brush(dryness=(dryness, dryness), taper=(0, 0), pool=0, edge=0, ragged=0, wobble=0)
    gaps = [
        np.mean(density(Stroke(LINE, brush), seed=seed)[96:105, 80:320] < 0.1) for seed in range(9)
    ]
    assert np.mean(gaps) == pytest.approx(dryness, abs=0.15)


def test_the_stroke_keeps_to_its_width():
    rows = density(Stroke(LINE, Brush(ragged=0, wobble=0))).sum(axis=1)
    inked = np.flatnonzero(rows > 0.5)
    assert inked.min() == pytest.approx(80, abs=2)
    assert inked.max() == pytest.approx(120, abs=2)


def test_the_outer_hair_of_a_bend_turns_without_steps():
    t = np.linspace(0, 0.5 * np.pi, 4)
    bend = floats(np.column_stack([150 * np.cos(t), 150 * np.sin(t), np.full(4, 20)]))
    brush = Brush(ragged=0, wobble=0, pitch=0.8)
    samples = paint(stream(1, "stroke"), [Stroke(bend, brush)])
    hairs = 50  # of a bundle 40 pixels wide
    x, y = samples.x.reshape(hairs, -1), samples.y.reshape(hairs, -1)
    for hair in (0, hairs - 1):
        step = np.hypot(np.diff(x[hair]), np.diff(y[hair]))
        assert np.abs(np.diff(step)).max() < 0.06 * step.min()


def test_the_head_is_round():
    field = density(Stroke(LINE, Brush(dryness=(-0.5, -0.5))))
    reach = [np.flatnonzero(field[row] > 0.3).min() for row in (82, 91, 100, 109, 118)]
    assert reach[0] > reach[1] > reach[2]
    assert reach[4] > reach[3] > reach[2]


def test_a_split_brush_opens_towards_its_tail():
    rows = density(Stroke(LINE, Brush(dryness=(-0.5, -0.5), split=0.6, taper=(0, 0))))
    assert np.count_nonzero(rows[:, 330] > 0.1) > 1.2 * np.count_nonzero(rows[:, 100] > 0.1)


def test_alike_strokes_painted_together_bring_as_much_ink_as_alone():
    brush = Brush(dryness=(-0.5, -0.5), taper=(0, 0))
    short = Stroke(LINE * floats([0.8, 1, 0.9]), brush)
    together = density(Stroke(LINE, brush), short).sum()
    apart = density(Stroke(LINE, brush)).sum() + density(short).sum()
    assert together == pytest.approx(apart, rel=0.06)


def test_a_bone_line_presses_in_the_middle_and_lifts_at_its_end():
    stroke = bone_line(stream(1, "x"), [(0, 0), (50, 0), (100, 0), (150, 0), (200, 0)], 3.0)
    width = stroke.points[:, 2]
    assert width.argmax() in (1, 2)
    assert width[-1] < 0.6 * width.max()


def test_jitter_shakes_a_bone_line():
    points = [(0, 0), (50, 0), (100, 0)]
    steady = bone_line(stream(1, "x"), points, 3.0)
    shaken = bone_line(stream(1, "x"), points, 3.0, jitter=0.4)
    assert np.array_equal(steady.points[:, :2], floats(points))
    assert 0 < np.abs(shaken.points[:, :2] - floats(points)).max() < 4


def test_no_stroke_leaves_no_ink():
    assert paint(stream(1, "x"), []).x.size == 0
