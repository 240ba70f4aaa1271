"""Colours survive the way to Oklab and back, and come back as sRGB always."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.director.oklab import Lab, from_hex, to_hex


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_survives_the_round_trip(number: int) -> None:
    color = f"#{number:06x}"
    assert to_hex(from_hex(color)) == color


@pytest.mark.parametrize(
    ("color", "lab"),
    [
        ("#ffffff", (1.0, 0.0, 0.0)),
        ("#000000", (0.0, 0.0, 0.0)),
        ("#ff0000", (0.62796, 0.22486, 0.12585)),  # as CSS Color 4 converts it
    ],
)
def test_known_colours_have_their_known_places(color: str, lab: tuple[float, float, float]) -> None:
    assert from_hex(color) == pytest.approx(lab, abs=1e-4)


@given(st.floats(0, 1), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_what_srgb_cannot_show_keeps_its_lightness(lightness: float, a: float, b: float) -> None:
    color = to_hex(Lab(lightness, a, b))
    assert re.fullmatch("#[0-9a-f]{6}", color)
    # Eight bits are coarse in the dark, where one step of red is a step of 0.05 in lightness.
    assert from_hex(color).lightness == pytest.approx(lightness, abs=0.06)


def test_grey_has_no_hue_to_strengthen() -> None:
    assert Lab(0.5, 0.0, 0.0).with_chroma(0.2) == Lab(0.5, 0.0, 0.0)
