"""The ensō: every seed a whole ring, every parameter seen, the same in every process."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from pydantic import ValidationError

from generators.enso import Enso, EnsoParameters
from generators.generator import MAX_SEED

CORNERS = [(20, 0.1), (20, 2.0), (60, 0.8), (100, 0.1), (100, 2.0)]


def field(seed=1, **parameters):
    return Enso().render(EnsoParameters(**parameters), seed).field


def ink(**parameters):
    """The share of the paper that is inked, over some seeds."""
    return np.mean([np.mean(field(seed, **parameters) > 60) for seed in range(6)])


def test_it_is_a_picture_of_its_native_size_and_mode():
    picture = Enso().render(EnsoParameters(), 1)
    assert picture.image().size == (Enso.spec.width, Enso.spec.height) == (800, 800)
    assert picture.mode == Enso.spec.mode == "RGBA"


@pytest.mark.parametrize(("complexity", "chaos"), CORNERS)
@pytest.mark.parametrize("seed", [0, 7, MAX_SEED])
def test_a_dark_ring_goes_around_an_empty_middle(complexity, chaos, seed):
    drawn = field(seed, complexity=complexity, chaos=chaos)
    y, x = np.mgrid[:800, :800] - 399.5
    distance, angle = np.hypot(x, y), np.arctan2(y, x)
    assert np.mean(drawn[distance < 120] > 60) < 0.03
    around = (distance > 190) & (distance < 350)
    sectors = ((angle + np.pi) / (2 * np.pi) * 24).astype(int) % 24
    inked = [np.mean(drawn[around & (sectors == sector)] > 60) for sector in range(24)]
    assert np.count_nonzero(np.array(inked) > 0.05) >= 16
    assert max(inked) > 0.2


@pytest.mark.parametrize(("complexity", "chaos"), CORNERS)
def test_the_mass_is_black_and_the_corners_are_bare_paper(complexity, chaos):
    for seed in range(8):
        drawn = field(seed, complexity=complexity, chaos=chaos)
        assert np.mean(drawn > 240) > 0.03
        for corner in (drawn[:60, :60], drawn[:60, -60:], drawn[-60:, :60], drawn[-60:, -60:]):
            assert np.mean(corner > 60) < 0.02


def test_no_stroke_is_cut_by_the_border():
    for seed in range(12):
        drawn = field(seed, complexity=100, chaos=2.0)
        border = np.concatenate([drawn[:3].ravel(), drawn[-3:].ravel(), drawn[:, :3].ravel()])
        assert np.mean(border > 60) < 0.02


def test_the_wildest_ring_stays_on_the_sheet():
    drawn = field(1483, complexity=100, chaos=2.0)  # the hand would swing off it
    for side in (drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]):
        assert np.count_nonzero(side > 60) < 20  # no more than a tendril or two


def test_hands_touch_down_all_around():
    heaviest = []
    for seed in range(30):
        inked = field(seed, chaos=0.1) > 128
        heaviest.append(int(np.argmax(inked.reshape(2, 400, 2, 400).mean(axis=(1, 3)))))
    assert min(heaviest.count(quarter) for quarter in range(4)) >= 3


def test_complexity_widens_the_brush():
    assert ink(complexity=100) > 1.25 * ink(complexity=20)


def test_chaos_dries_the_brush_and_throws_ink():
    def outside(chaos):
        y, x = np.mgrid[:800, :800] - 399.5
        return np.mean([field(seed, chaos=chaos)[np.hypot(x, y) > 350] > 60 for seed in range(6)])

    assert outside(2.0) > 3 * outside(0.1)


def test_color_is_only_a_table():
    black, red = (Enso().render(EnsoParameters(color=c), 3) for c in (None, "#AA1122"))
    assert np.array_equal(black.field, red.field)
    assert tuple(black.table[255]) == (10, 10, 10, 255)
    assert tuple(red.table[255]) == (170, 17, 34, 255)


def test_a_palette_colors_the_ink_unless_a_color_is_given():
    blood = Enso().render(EnsoParameters(palette="blood"), 3)
    named = Enso().render(EnsoParameters(palette="blood", color="#0a0a0a"), 3)
    assert blood.table[255, 0] > 2 * blood.table[255, 1]
    assert tuple(named.table[255]) == (10, 10, 10, 255)


def test_color_is_normalised():
    assert EnsoParameters(color="#ABCDEF").color == "#abcdef"


@pytest.mark.parametrize(
    "wrong",
    [
        {"complexity": 19},
        {"complexity": 101},
        {"chaos": 0.09},
        {"chaos": 2.01},
        {"chaos": float("nan")},
        {"color": "red"},
        {"palette": "rainbow"},
        {"size": 3},
    ],
)
def test_what_is_out_of_range_is_refused(wrong):
    with pytest.raises(ValidationError):
        EnsoParameters(**wrong)


def test_seeds_differ_in_gesture():
    rings = [field(seed, complexity=20, chaos=0.1) > 128 for seed in range(8)]
    shared = [
        np.mean(one & other) / np.mean(one | other)
        for place, one in enumerate(rings)
        for other in rings[:place]
    ]
    assert np.median(shared) < 0.6


def test_order_and_threads_do_not_matter():
    alone = {seed: field(seed) for seed in (1, 2, 3)}
    found = {}
    threads = [
        threading.Thread(target=lambda seed=seed: found.update({seed: field(seed)}))
        for seed in (3, 1, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(alone[seed], found[seed]) for seed in alone)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "OPENBLAS_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "2", "OPENBLAS_NUM_THREADS": "4"},
    ],
)
def test_another_process_draws_the_same(environment):
    script = (
        "import sys; from generators.enso import Enso, EnsoParameters; "
        "sys.stdout.buffer.write(Enso().render(EnsoParameters(), 5).field.tobytes())"
    )
    path = os.pathsep.join(sys.path)
    drawn = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment, "PYTHONPATH": path},
        check=True,
        capture_output=True,
    ).stdout
    assert drawn == field(5).tobytes()
