"""The local director understands moods, and gives any text the same valid direction always."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.director import Direction, LocalDirector
from generators.director.oklab import from_hex

DIRECTOR = LocalDirector()
ANOTHER_DIRECTOR = LocalDirector()
any_text = st.text(st.characters(exclude_categories=()))


def direct(prompt: str) -> Direction:
    return DIRECTOR.direct(prompt)


def lightness(prompt: str) -> float:
    return from_hex(direct(prompt).color).lightness


def channels(prompt: str) -> tuple[int, int, int]:
    color = direct(prompt).color
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def is_red(prompt: str) -> bool:
    red, green, blue = channels(prompt)
    return red > 2 * max(green, blue)


@pytest.mark.parametrize(
    "prompt",
    [
        "burning rage",
        "RAGE!!!",
        "wild burning fury",
        "furious flames of hatred",
        "brennende Wut",
        "colère brûlante",
        "furia ardiente",
        "燃える怒り",
        "愤怒的火焰",
        "😡🔥",
    ],
)
def test_burning_rage_is_red_dense_and_wild(prompt: str) -> None:
    direction = direct(prompt)
    assert is_red(prompt)
    assert direction.complexity >= 70
    assert direction.chaos >= 1.5


@pytest.mark.parametrize(
    "prompt",
    [
        "a quiet lake at dawn",
        "calm water, soft morning mist",
        "ein stiller See im Morgengrauen",
        "un lac paisible à l'aube",
        "un lago tranquilo al amanecer",
        "静かな湖の夜明け",
        "平静的湖，日出",
        "😌🌅",
    ],
)
def test_a_quiet_lake_at_dawn_is_pale_sparse_and_calm(prompt: str) -> None:
    direction = direct(prompt)
    assert lightness(prompt) >= 0.6
    assert direction.complexity <= 35
    assert direction.chaos <= 0.6


@pytest.mark.parametrize(
    ("mood", "denied"),
    [
        ("angry", "not angry"),
        ("rage", "without rage"),
        ("fear", "no fear at all"),
        ("chaos", "never chaos"),
        ("wind", "windless"),
        ("wütend", "nicht wütend"),
        ("Sturm", "ohne Sturm"),
        ("colère", "sans colère"),
        ("furia", "sin furia"),
        ("怒り", "怒りのない"),
        ("愤怒", "不愤怒"),
        ("angry", "he isn’t really angry"),
    ],
)
def test_a_denied_mood_is_its_opposite(mood: str, denied: str) -> None:
    assert direct(mood).chaos > 1.0 > direct(denied).chaos
    assert not is_red(denied)


@pytest.mark.parametrize("prompt", ["not calm", "restless", "neither quiet nor calm", "unquiet"])
def test_denied_calm_is_not_calm(prompt: str) -> None:
    assert direct(prompt).chaos > 1.0


def test_a_denial_ends_where_the_sentence_turns() -> None:
    assert direct("not angry but wild").chaos > 1.0
    assert direct("no fear. Burning rage").chaos > 1.0
    assert direct("without rage or fear").chaos < 1.0
    assert direct("not without rage").chaos > 1.0


@pytest.mark.parametrize("mood", ["angry", "calm", "dense", "wütend", "平静"])
def test_intensifiers_scale_a_mood(mood: str) -> None:
    words = {
        "wütend": ("etwas wütend", "sehr wütend"),
        "平静": ("有点平静", "非常平静"),
    }
    slightly, very = words.get(mood, (f"slightly {mood}", f"very {mood}"))
    mild, plain, strong = (direct(prompt) for prompt in (slightly, mood, very))
    assert abs(mild.chaos - 1) < abs(plain.chaos - 1) <= abs(strong.chaos - 1)
    assert abs(mild.complexity - 40) <= abs(plain.complexity - 40) <= abs(strong.complexity - 40)


def test_moods_that_agree_pull_further() -> None:
    assert direct("rage and fury and hate").chaos > direct("rage").chaos


def test_mixed_moods_meet_in_the_middle() -> None:
    calm, mixed, wild = (direct(prompt).chaos for prompt in ("calm", "calm storm", "storm"))
    assert calm < mixed < wild


@pytest.mark.parametrize(
    ("prompt", "strongest"),
    [
        ("red", 0),
        ("a green dream", 1),
        ("blue fire", 2),
        ("rotes Meer", 0),
        ("bleu nuit", 2),
        ("un mar verde", 1),
        ("赤い海", 0),
        ("蓝色的火", 2),
        ("🟢", 1),
    ],
)
def test_a_named_colour_wins_over_the_colour_of_moods(prompt: str, strongest: int) -> None:
    seen = channels(prompt)
    assert seen[strongest] == max(seen)
    assert seen[strongest] > min(seen) + 30


@pytest.mark.parametrize(
    ("prompt", "color"),
    [
        ("#336699", "#336699"),
        ("burning rage in #0F0", "#00ff00"),
        ("#ff0000 pale and calm", "#ff0000"),
        ("#ffffff", "#ffffff"),
        ("not #336699 but #00ff00", "#00ff00"),
    ],
)
def test_a_colour_that_is_spelled_out_is_taken_exactly(prompt: str, color: str) -> None:
    assert direct(prompt).color == color


def test_a_spelled_colour_leaves_the_mood_alone() -> None:
    plain, inked = direct("burning rage"), direct("burning rage in #336699")
    assert (inked.complexity, inked.chaos) == (plain.complexity, plain.chaos)


def test_tints_lighten_and_darken() -> None:
    assert lightness("dark blue") < lightness("blue") < lightness("pale blue")
    assert lightness("not dark") > lightness("dark")


@pytest.mark.parametrize(
    "prompt", ["flumph grobnik", "Žluťoučký kůň", "שלום", "안녕하세요", "42", "🫠", "?!"]
)
def test_unknown_words_give_an_ink_in_the_middle(prompt: str) -> None:
    direction = direct(prompt)
    ink = from_hex(direction.color)
    assert 0.25 < ink.lightness < 0.6
    assert ink.chroma < 0.12
    assert 25 <= direction.complexity <= 75
    assert 0.5 <= direction.chaos <= 1.5


def test_unknown_words_differ_from_each_other() -> None:
    directions = {direct(f"grobnik{letter}") for letter in "abcdefghij"}
    assert len(directions) == 10


def test_case_accents_and_small_words_do_not_matter() -> None:
    assert direct("The Quiet LAKE") == direct("a quiet lake") == direct("  quiet   lakes ")
    assert direct("colère") == direct("colere")


def test_an_inscription_is_written_only_when_asked_for() -> None:
    assert direct('a calm sea with the words "be still"').text_overlay == "be still"
    assert direct('"burning rage"').text_overlay is None
    assert direct('calm with the word "rage"').chaos < 1.0


@given(any_text)
def test_any_text_has_a_direction_and_always_the_same(prompt: str) -> None:
    direction = direct(prompt)
    assert Direction.model_validate(direction.model_dump()) == direction
    assert ANOTHER_DIRECTOR.direct(prompt) == direction


@given(st.text(st.sampled_from("notveryagelmbu#123f056dk怒りない🔥'\"「」. "), max_size=600))
def test_any_mix_of_signs_that_mean_something_has_a_direction(prompt: str) -> None:
    direct(f"the words {prompt}")


def test_every_process_directs_alike() -> None:
    prompts = ["burning rage", "flumph grobnik", "静かな湖", "🔥", "café #12f", "", "\ud800"]
    program = (
        "import json, sys; from generators.director import LocalDirector; d = LocalDirector();"
        "print(json.dumps([d.direct(p).model_dump() for p in json.load(sys.stdin)]))"
    )
    expected = [direct(prompt).model_dump() for prompt in prompts]
    for seed in ("0", "1", "4294967295"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(prompts),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert json.loads(run.stdout) == expected


@pytest.mark.parametrize(
    "prompt",
    [
        "unfathomable extraordinary characteristics " * 12,
        "the furious waves of a burning sea " * 15,
        "燃える怒り静かな" * 63,
        "🔥🌊" * 250,
        "'" * 500,
        'the word "' * 50,
        "l'" * 250,
        "ing" * 166,
        "a" * 500,
        "「" * 500,
        "#fff" * 125,
        "\u0301" * 500,
        "x" * 10_000_000,
    ],
)
def test_no_prompt_takes_long(prompt: str) -> None:
    # About 1 ms; the bound only catches what grows faster than the prompt.
    started = time.process_time()
    direct(prompt)
    assert time.process_time() - started < 0.05
