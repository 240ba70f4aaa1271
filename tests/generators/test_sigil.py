"""The sigil: whole rings, a readable star, a centre that varies, light that follows its colour."""

import os
import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError

from generators.generator import MAX_SEED
from generators.ink import Canvas, stream
from generators.sigil import Sigil, SigilParameters
from generators.sigil.centres import CENTRES, Field
from generators.sigil.runes import cast
from generators.sigil.star import compose_star

CORNERS = [(20, 0.1), (20, 2.0), (60, 0.8), (100, 0.1), (100, 2.0)]
LINE = 110


def field(seed=1, **parameters):
    return Sigil().render(SigilParameters(**parameters), seed).field


def at_radius(drawn, low, high):
    y, x = np.mgrid[:500, :500] - 249.5
    distance = np.hypot(x, y)
    return drawn[(distance >= low) & (distance < high)]


def test_it_is_a_picture_of_its_native_size_and_mode():
    picture = Sigil().render(SigilParameters(), 1)
    assert picture.image().size == (Sigil.spec.width, Sigil.spec.height) == (500, 500)
    assert picture.mode == Sigil.spec.mode == "RGBA"


@pytest.mark.parametrize(("complexity", "chaos"), CORNERS)
@pytest.mark.parametrize("seed", [0, 7, MAX_SEED])
def test_rings_and_runes_go_all_around_and_nothing_reaches_the_border(complexity, chaos, seed):
    drawn = field(seed, complexity=complexity, chaos=chaos)
    y, x = np.mgrid[:500, :500] - 249.5
    distance, angle = np.hypot(x, y), np.arctan2(y, x)
    sectors = ((angle + np.pi) / (2 * np.pi) * 24).astype(int) % 24
    for low, high in ((210, 218), (171, 179)):
        ring = (distance >= low) & (distance < high)
        kept = [(drawn[ring & (sectors == sector)] > LINE).any() for sector in range(24)]
        assert np.count_nonzero(kept) >= 18
    border = np.concatenate([drawn[:2].ravel(), drawn[-2:].ravel(), drawn[:, :2].ravel()])
    assert border.max() < LINE


def test_rings_survive_the_wildest_hand():
    for seed in range(20):
        assert np.mean(at_radius(field(seed, chaos=2.0), 212, 216) > LINE) > 0.15


def test_complexity_adds_lines():
    few, many = (
        np.mean([field(seed, complexity=c, glow=0) > 60 for seed in range(6)]) for c in (20, 100)
    )
    assert many > 1.12 * few


def test_chaos_lets_ink_escape():
    calm, wild = (
        np.mean([at_radius(field(seed, chaos=c, glow=0), 220, 250) > 60 for seed in range(6)])
        for c in (0.1, 2.0)
    )
    assert wild > 4 * calm


def test_glow_lights_the_surroundings():
    dark, normal, bright = (field(glow=glow).mean() for glow in (0.0, 1.0, 2.0))
    assert dark < 0.8 * normal < normal < 0.9 * bright


@pytest.mark.parametrize("points", range(5, 13))
def test_the_star_has_the_points_asked_for(points):
    star = compose_star(3, points, 60, 0.8)
    assert len(star.vertices) == points
    assert not np.array_equal(field(3, points=points), field(3, points=5 + points % 8))


def test_without_points_the_seed_chooses():
    assert len({len(compose_star(seed, None, 60, 0.8).vertices) for seed in range(60)}) == 6


def test_no_star_leaves_its_middle_too_small():
    for points in range(5, 13):
        assert compose_star(1, points, 60, 0.8).inner_radius > 60


def test_all_centres_appear():
    seen = {compose_star(seed, None, 60, 0.8).centre for seed in range(60)}
    assert seen == set(CENTRES)


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("radius", [61.0, 130.0])
def test_a_centre_keeps_to_its_field(centre, radius):
    for seed in range(5):
        canvas = Canvas(500, 500)
        canvas.add(centre(stream(seed, "centre"), Field(249.5, radius, 100, 2.0)))
        density = canvas.density()
        assert at_radius(density, 0, radius).max() > 0.8
        assert at_radius(density, radius + 3, 400).max() < 0.1


def test_every_rune_stands_and_branches():
    runes = cast(stream(1, "x"), 200)
    lines = np.bincount(runes.rune, minlength=200)
    assert lines.min() >= 2
    assert lines.max() <= 6
    assert np.abs(runes.ends[:, 1::2]).max() < 0.63


def test_color_is_only_a_table():
    bone, red = (Sigil().render(SigilParameters(color=color), 3) for color in (None, "#ff2010"))
    assert np.array_equal(bone.field, red.field)
    assert red.table[120, 0] > 2 * red.table[120, 1]
    assert red.table[0, 3] == 0
    assert (red.table[200:, 3] == 255).all()


def test_a_dark_color_draws_dark_lines():
    table = Sigil().render(SigilParameters(color="#0a0a0a"), 3).table
    assert table[255, :3].max() < 20


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": 4},
        {"points": 13},
        {"glow": 2.1},
        {"glow": -0.1},
        {"complexity": 10},
        {"chaos": 3},
    ],
)
def test_what_is_out_of_range_is_refused(wrong):
    with pytest.raises(ValidationError):
        SigilParameters(**wrong)


def test_another_process_draws_the_same():
    script = (
        "import sys; from generators.sigil import Sigil, SigilParameters; "
        "sys.stdout.buffer.write(Sigil().render(SigilParameters(), 5).field.tobytes())"
    )
    drawn = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "3", "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
    ).stdout
    assert drawn == field(5).tobytes()
