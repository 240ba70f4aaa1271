"""Colours are tables: six named moods, or any colour given."""

from typing import get_args

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from generators.ink import (
    PALETTES,
    Color,
    PaletteName,
    chosen_ink,
    gradient,
    ink_table,
    paper_table,
    rgb,
)

COLOR = TypeAdapter(Color)


def test_every_name_has_a_palette():
    assert set(get_args(PaletteName)) == set(PALETTES)


def test_colors_are_read_in_any_case():
    assert COLOR.validate_python("#D4C5B0") == "#d4c5b0"
    assert rgb("#d4c5b0") == (212, 197, 176)


@pytest.mark.parametrize(
    "text", ["d4c5b0", "#d4c5b", "#d4c5b00", "#d4c5bg", "#d4c5b0\n", "", "red"]
)
def test_what_is_no_color_is_refused(text):
    with pytest.raises(ValidationError):
        COLOR.validate_python(text)


def test_a_gradient_meets_its_stops():
    table = gradient(((0.0, "#000000"), (0.5, "#ff0000"), (1.0, "#ffffff")))
    assert table[0].tolist() == [0, 0, 0]
    assert table[255].tolist() == [255, 255, 255]
    assert table[127].tolist() == pytest.approx([254, 0, 0], abs=2)


def test_an_ink_is_transparent_where_there_is_none():
    table = ink_table("#102030")
    assert table.shape == (256, 4)
    assert (table[:, :3] == (16, 32, 48)).all()
    assert np.array_equal(table[:, 3], np.arange(256))


@pytest.mark.parametrize("palette", get_args(PaletteName))
def test_a_palette_speaks_where_no_color_is_given(palette):
    assert tuple(chosen_ink(None, palette)[255, :3]) == rgb(PALETTES[palette].ink)
    assert tuple(chosen_ink("#123456", palette)[255, :3]) == rgb("#123456")


def test_palettes_look_different():
    inks = {tuple(chosen_ink(None, palette)[180]) for palette in get_args(PaletteName)}
    papers = {tuple(paper_table(palette)[180]) for palette in get_args(PaletteName)}
    assert len(inks) == len(papers) == len(PALETTES)


@pytest.mark.parametrize("palette", get_args(PaletteName))
def test_paper_grows_lighter_from_scorch_to_fibre(palette):
    luminance = paper_table(palette).astype(int).sum(axis=1)
    assert (np.diff(luminance) >= 0).all()
    assert luminance[0] < 60
    assert luminance[255] > 600
