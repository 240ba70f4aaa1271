"""Whatever a model writes becomes a direction within bounds, or one clear error."""

from __future__ import annotations

import json
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from generators.director import Direction, UnusableAnswer, direction_from_answer
from generators.director.direction import inscription

GOOD = '{"color_hex": "#8A1F1B", "complexity": 80, "chaos": 1.5, "text_overlay": "still"}'
DIRECTION = Direction(color="#8a1f1b", complexity=80, chaos=1.5, text_overlay="still")

any_text = st.text(st.characters(exclude_categories=()))  # lone surrogates too
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["#ff0000", "red", "80", "NaN", "-inf", 1e308, 10**400, "#fff", "x" * 999]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["color_hex", "color", "complexity", "chaos", "text_overlay", "other"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def answer(**fields: Any) -> str:
    return json.dumps(fields)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Here is your direction:\n\n{GOOD}\n\nEnjoy [it] {{really}}!",
        f"[{GOOD}]",
        f'{{"result": {{"direction": {GOOD}}}}}',
        f"I think {{of rage}} [1] and so {GOOD}",
        f'{{"color_hex": "#rrggbb"}} is the shape, so: {GOOD}',
        f"\ufeff{GOOD}",
        GOOD + "x" * 10_000_000,
    ],
    ids=["bare", "fenced", "prose", "array", "nested", "braces", "template", "mark", "10 MB"],
)
def test_a_direction_is_found_wherever_it_stands(text: str) -> None:
    assert direction_from_answer(text) == DIRECTION


@pytest.mark.parametrize(
    ("value", "complexity"),
    [
        (80, 80),
        (80.4, 80),
        ("80", 80),
        (" 80 ", 80),
        (1e308, 100),
        (-1e308, 20),
        (10**400, 100),
        (float("inf"), 100),
        (float("-inf"), 20),
        ("Infinity", 100),
        (0, 20),
    ],
)
def test_complexity_is_clamped(value: Any, complexity: int) -> None:
    assert direction_from_answer(answer(complexity=value)).complexity == complexity


@pytest.mark.parametrize("value", [None, True, "many", "NaN", float("nan"), [80], {}, "8" * 99])
def test_a_complexity_that_cannot_be_read_takes_the_default(value: Any) -> None:
    assert direction_from_answer(answer(complexity=value, chaos=1)).complexity == 40


@pytest.mark.parametrize(
    ("value", "chaos"), [(1.234, 1.23), ("0.5", 0.5), (99, 2.0), (0, 0.1), (-5, 0.1), (2, 2.0)]
)
def test_chaos_is_clamped(value: Any, chaos: float) -> None:
    assert direction_from_answer(answer(chaos=value)).chaos == chaos


@pytest.mark.parametrize(
    ("value", "color"),
    [
        ("#8A1F1B", "#8a1f1b"),
        ("8A1F1B", "#8a1f1b"),
        (" #abc ", "#aabbcc"),
        ("#8a1f1bff", "#8a1f1b"),
        ("Crimson", "#dc143c"),
        ("rgb(1, 2, 3)", "#010203"),
        ("rgb(999, 0, 0)", "#ff0000"),
        ("hsl(0, 999%, 50%)", "#ff0000"),
    ],
)
def test_colours_are_read_in_the_usual_spellings(value: str, color: str) -> None:
    assert direction_from_answer(answer(color_hex=value)).color == color


@pytest.mark.parametrize("value", [None, 7, "#12345", "#gggggg", "octarine", "", "#" * 99, []])
def test_a_colour_that_cannot_be_read_takes_the_default(value: Any) -> None:
    assert direction_from_answer(answer(color_hex=value, chaos=1)).color == "#000000"


@pytest.mark.parametrize(
    ("value", "overlay"),
    [
        ("still", "still"),
        ("  two \n\t words ", "two words"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("\ud800lone", "lone"),
        ("\u202eevil", "evil"),
        ("静", "静"),
        ("x" * 100, "x" * 60),
        ("", None),
        (" \x00 ", None),
        (None, None),
        (7, None),
        (["a"], None),
    ],
)
def test_inscriptions_are_made_printable(value: Any, overlay: str | None) -> None:
    assert direction_from_answer(answer(chaos=1, text_overlay=value)).text_overlay == overlay


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help with that.",
        "null",
        "[]",
        "{}",
        '{"text_overlay": "only this"}',
        '{"complexity": "dense", "chaos": null, "color_hex": []}',
        '{"complexity": 80',
        "[" * 100_000,
        '{"a":' * 100_000,
        "{" * 100_000,
        "9" * 100_000,
        " " * 20_000 + GOOD,
    ],
)
def test_an_answer_without_a_direction_is_unusable(text: str) -> None:
    with pytest.raises(UnusableAnswer):
        direction_from_answer(text)


@pytest.mark.parametrize("hostile", ['{"a":', "[", "{", '{"a":[{', "[[1],"])
def test_a_hostile_answer_costs_little(hostile: str) -> None:
    started = time.process_time()
    with pytest.raises(UnusableAnswer):
        direction_from_answer(hostile * 2_000_000)
    assert time.process_time() - started < 1.0


@given(json_values)
def test_any_json_gives_a_direction_or_the_one_error(value: Any) -> None:
    try:
        direction = direction_from_answer(json.dumps(value))
    except UnusableAnswer:
        return
    assert Direction.model_validate(direction.model_dump()) == direction


@given(any_text, any_text)
def test_any_text_around_an_answer_does_no_harm(before: str, after: str) -> None:
    text = f"{before}{GOOD}{after}"
    try:
        direction = direction_from_answer(text)
    except UnusableAnswer:
        assert "[" in before or "{" in before
    else:
        assert direction == DIRECTION or before.strip()


@given(any_text)
def test_an_inscription_is_printable_and_settled(text: str) -> None:
    made = inscription(text)
    if made is not None:
        assert 1 <= len(made) <= 60
        assert not any(unicodedata.category(sign).startswith("C") for sign in made)
        assert inscription(made) == made


@pytest.mark.parametrize(
    "fields",
    [
        {"color": "#8A1F1B"},
        {"color": "#8a1f1b\n"},
        {"complexity": 19},
        {"complexity": 101},
        {"chaos": 0.09},
        {"chaos": float("nan")},
        {"text_overlay": ""},
        {"text_overlay": "x" * 61},
        {"text_overlay": "a\x00b"},
        {"text_overlay": " a"},
        {"other": 1},
    ],
)
def test_a_direction_out_of_bounds_cannot_be_made(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Direction(**fields)
