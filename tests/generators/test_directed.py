"""A directed ensō obeys its direction, and its prompt is checked at the door."""

import numpy as np
import pytest
from pydantic import ValidationError

from generators.directed import DirectedEnso, PromptParameters
from generators.director.direction import Direction
from generators.enso import Enso, EnsoParameters


def drawn(text=None, seed=4, **direction):
    return DirectedEnso().render(Direction(text_overlay=text, **direction), seed)


def test_it_is_the_enso_of_its_direction():
    plain = Enso().render(EnsoParameters(color="#7a1020", complexity=80, chaos=1.5), 4)
    directed = drawn(color="#7a1020", complexity=80, chaos=1.5)
    assert np.array_equal(plain.field, directed.field)
    assert np.array_equal(plain.table, directed.table)


def test_an_inscription_stands_at_the_lower_right_and_changes_nothing_else():
    bare, inscribed = drawn().field.astype(int), drawn("a quiet lake").field.astype(int)
    changed = np.abs(inscribed - bare) > 60
    assert changed[730:770, 400:780].mean() > 0.02
    assert not changed[:690].any()


@pytest.mark.parametrize("text", ["日本語", "שלום עולם", "🎉" * 30, "e\u0301" * 30, "W" * 60])
def test_no_text_breaks_it(text):
    assert drawn(text).image().size == (800, 800)


def test_its_parameters_are_the_prompt():
    assert DirectedEnso.spec.name == "directed_enso"
    assert DirectedEnso.spec.parameters is PromptParameters


def test_a_prompt_is_trimmed():
    assert PromptParameters(prompt="  rage \n").prompt == "rage"
    assert PromptParameters(prompt="x").model is None


@pytest.mark.parametrize(
    "prompt", ["雨 🎉 שלום", "x" * 500, "  " + "x" * 500 + "  ", "1 < 2 & 'quotes'"]
)
def test_any_text_is_a_prompt(prompt):
    assert PromptParameters(prompt=prompt).prompt == prompt.strip()


@pytest.mark.parametrize(
    "prompt", ["", "   ", "x" * 501, "a\x00b", "a\nb", "a\x7fb", "a\x85b", "a\ud800b", "a\x1b[31m"]
)
def test_what_is_no_text_is_refused(prompt):
    with pytest.raises(ValidationError):
        PromptParameters(prompt=prompt)


def test_a_refusal_names_the_character_and_not_the_prompt():
    with pytest.raises(ValidationError) as refused:
        PromptParameters(prompt="secret\x07plan")
    assert "U+0007" in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize("model", ["local", "gpt-4o", "org/model:7b_q4", "a" * 100])
def test_models_have_plain_names(model):
    assert PromptParameters(prompt="x", model=model).model == model


@pytest.mark.parametrize("model", ["", "a" * 101, "a b", "a\n", "ä", "../x?y"])
def test_other_models_are_refused(model):
    with pytest.raises(ValidationError):
        PromptParameters(prompt="x", model=model)
