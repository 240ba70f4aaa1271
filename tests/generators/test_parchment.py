"""A parchment is what its seed and parameters say, and every parameter shows."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from generators.generator import MAX_SEED
from generators.ink import stream
from generators.parchment import Parchment, ParchmentParameters
from generators.parchment.composition import SIZE, TALL, Layout, Round, composed
from generators.parchment.figures import FIGURES, drawn_figure
from generators.parchment.hand import Rows, chosen_hand, written
from generators.parchment.page import arranged
from generators.parchment.pen import pen_path, quill
from generators.png import indexed_png

ROOT = Path(__file__).parents[2]
SEEDS = range(3, 9)


def field(seed=3, **chosen):
    return Parchment().render(ParchmentParameters(**chosen), seed).field


def mean(measure, **chosen):
    """The mean of a measure over unselected seeds: one sheet may be an exception."""
    return np.mean([measure(field(seed, **chosen)) for seed in SEEDS])


def brightness(levels):
    return levels[256:768, 256:768].mean()


def void(levels):
    """The share of the picture where there is no sheet."""
    return (levels < 8).mean()


def marks(levels):
    """The share of the middle that is much darker than its surroundings."""
    middle = levels[128:896, 128:896].astype(float)
    ground = middle.reshape(48, 16, 48, 16).mean(axis=(1, 3))
    return (middle < np.kron(ground, np.ones((16, 16))) - 24).mean()


@pytest.fixture(scope="module")
def picture():
    return Parchment().render(ParchmentParameters(), 3)


def test_it_has_the_native_size_and_is_opaque(picture):
    spec = Parchment.spec
    assert (spec.width, spec.height, spec.mode) == (1024, 1024, "RGB")
    assert picture.field.shape == (1024, 1024)
    assert picture.field.dtype == np.uint8
    assert picture.image().size == (1024, 1024)
    assert picture.mode == picture.image().mode == "RGB"


def test_the_same_seed_gives_the_same_sheet_and_another_seed_another(picture):
    np.testing.assert_array_equal(field(), picture.field)
    assert (field(seed=4) != picture.field).mean() > 0.5


def test_another_process_with_another_hash_seed_gives_the_same_bytes(picture):
    script = (
        "import hashlib\n"
        "from generators.parchment import Parchment, ParchmentParameters\n"
        "picture = Parchment().render(ParchmentParameters(), 3)\n"
        "print(hashlib.sha256(picture.field.tobytes() + picture.table.tobytes()).hexdigest())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "271828"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    expected = hashlib.sha256(picture.field.tobytes() + picture.table.tobytes()).hexdigest()
    assert run.stdout.strip() == expected


@pytest.mark.parametrize("seed", [0, MAX_SEED])
@pytest.mark.parametrize("chaos", [0.1, 2.0])
@pytest.mark.parametrize("complexity", [20, 100])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_every_corner_is_a_sheet_on_black(complexity, chaos, share, seed):
    levels = field(seed, complexity=complexity, chaos=chaos, age=share, stains=share, script=share)
    assert levels.std() > 10
    assert levels[256:768, 256:768].mean() > 90
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    assert border.max() < 16


@pytest.mark.parametrize(
    "chosen", [{}, {"complexity": 20, "chaos": 0.1}, {"complexity": 100, "chaos": 2.0}]
)
def test_its_png_stays_small(chosen):
    pictures = [Parchment().render(ParchmentParameters(**chosen), seed) for seed in SEEDS]
    sizes = [len(indexed_png(picture.field, picture.table)) for picture in pictures]
    assert np.median(sizes) < 650_000
    assert max(sizes) < 700_000


def test_age_darkens_the_sheet_and_more_so_its_rim():
    young, old = (mean(np.mean, age=age) for age in (0.0, 1.0))
    assert young > old + 20
    assert mean(brightness, age=0.0) > mean(brightness, age=1.0) + 8


def test_script_writes_more_and_darker():
    none, some, much = (mean(marks, script=script, stains=0.0) for script in (0.0, 0.5, 1.0))
    assert none < 0.01
    assert some > none + 0.01
    assert much > 1.4 * some


def test_stains_darken_the_middle():
    assert mean(brightness, stains=0.0, script=0.0) > mean(brightness, stains=1.0, script=0.0) + 4


def test_chaos_eats_the_sheet():
    calm, wild = (mean(void, chaos=chaos) for chaos in (0.1, 2.0))
    assert wild > calm + 0.04


def test_complexity_writes_more_rows():
    few, many = (mean(marks, complexity=complexity) for complexity in (20, 100))
    assert many > 1.25 * few


def test_a_palette_changes_the_colours_and_nothing_else(picture):
    tables = set()
    for palette in ("void_black", "eldritch", "ink", "parchment", "blood", "sacred"):
        other = Parchment().render(ParchmentParameters(palette=palette), 3)
        np.testing.assert_array_equal(other.field, picture.field)
        assert (np.diff(other.table.sum(axis=1, dtype=int)) >= -2).all()
        tables.add(other.table.tobytes())
    assert len(tables) == 6


@pytest.mark.parametrize(
    "chosen",
    [{"complexity": 19}, {"chaos": 2.1}, {"age": -0.1}, {"stains": 1.1}, {"script": float("nan")}],
)
def test_what_is_out_of_range_is_refused(chosen):
    with pytest.raises(ValidationError):
        ParchmentParameters(**chosen)


def test_seeds_differ_in_layout_figure_and_folds():
    plans = [composed(stream(seed, "composition"), 60, 0.8, 0.5) for seed in range(200)]
    assert {plan.layout for plan in plans} == set(get_args(Layout))
    assert {plan.figure for plan in plans} == {None, *FIGURES}
    assert len({(len(plan.vertical), len(plan.horizontal)) for plan in plans}) == 8


def test_fire_spares_the_seal():
    for seed in range(300):
        plan = composed(stream(seed, "composition"), 60, 2.0, 1.0)
        for burn in plan.burns if plan.seal else ():
            away = np.hypot(burn.x - plan.seal.x, burn.y - plan.seal.y)
            assert away > burn.radius + plan.seal.radius


@pytest.mark.parametrize("figure", FIGURES)
def test_an_unsteady_hand_bends_a_figure_and_does_not_crumple_it(figure):
    rng = stream(3, "figure")
    rng.normal()  # the tilt
    meant = pen_path(FIGURES[figure](rng, 1.0)).points[:, :2]
    drawn = drawn_figure(stream(3, "figure"), figure, 1.0, Round(0, 0, 1)).points[:, :2]
    was, now = (np.hypot(*np.diff(points, axis=0).T) for points in (meant, drawn))
    moved = was > 0.005
    assert 0.005 < np.mean(np.abs(now[moved] / was[moved] - 1)) < 0.08


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("detail", [0.0, 1.0])
def test_a_figure_stays_in_its_place(figure, detail):
    place = Round(500, 400, 100)
    for seed in range(20):
        path = drawn_figure(stream(seed, "figure"), figure, detail, place)
        across, down = np.abs(path.points[:, :2] - (500, 400)).max(axis=0)
        assert across < (115 if figure in TALL else 130)
        assert down < (165 if figure in TALL else 130)


@pytest.mark.parametrize("layout", get_args(Layout))
def test_writing_and_drawing_keep_clear_of_the_border(layout):
    for seed in range(12):
        plan = replace(composed(stream(seed, "composition"), 60, 0.8, 0.5), layout=layout)
        page = arranged(stream(seed, "page"), plan, 60, 1.0)
        assert page.blocks
        for block in page.blocks:
            assert block.rows.left.min() > 0.08 * SIZE
            assert block.rows.right.max() < 0.92 * SIZE
            assert block.rows.baseline.min() > 0.1 * SIZE
            assert block.rows.baseline.max() < 0.92 * SIZE
        if page.figure:
            room = SIZE / 2 - max(abs(page.figure.x - SIZE / 2), abs(page.figure.y - SIZE / 2))
            assert room > page.figure.radius


def test_words_fill_their_row_and_end_within_it():
    count = 12
    left, right = np.full(count, 100.0, np.float32), np.full(count, 700.0, np.float32)
    baseline = np.arange(count, dtype=np.float32) * 60 + 60
    rows = Rows(left, right, baseline, np.ones(count, np.float32), justified=True)
    for seed in range(12):
        hand = chosen_hand(stream(seed, "hand"), 0.1)
        path = written(stream(seed, "script"), hand, rows, 8.0)
        row = np.rint(path.points[:, 1] / 60).astype(int)
        for number in range(1, count + 1):
            x = path.points[row == number, 0]
            assert 80 < x.min() < 130
            assert 640 < x.max() < 730


@pytest.mark.parametrize("tension", [0.0, 1.0])
def test_a_quill_leaves_ink_in_proportion_to_its_way_and_none_where_it_is_lifted(tension):
    line = np.array([[[10, 10, 1], [60, 10, 1]], [[10, 50, 1], [110, 50, 1]]], np.float32)
    ink = quill(pen_path([line]), angle=np.pi / 2, tension=tension)
    upper = ink.y < 30
    assert ink.weight[upper].sum() == pytest.approx(50, rel=0.01)
    assert ink.weight[~upper].sum() == pytest.approx(100, rel=0.01)
    assert set(np.rint(ink.y).astype(int)) == {10, 50}


def test_a_nib_draws_thick_across_and_thin_along():
    lines = np.array([[[10, 10, 1], [60, 60, 1]], [[110, 60, 1], [160, 10, 1]]], np.float32)
    ink = quill(pen_path([lines]), angle=-np.pi / 4)
    across = ink.weight[ink.x < 90].sum()
    assert across > 2 * ink.weight[ink.x > 90].sum()
