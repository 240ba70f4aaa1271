"""An inscription is what a prompt quotes and asks for, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.director.quotation import split_inscription


@pytest.mark.parametrize(
    ("prompt", "overlay"),
    [
        ('a calm sea with the words "be still"', "be still"),
        ("a calm sea saying 'it's peace'", "it's peace"),
        ("text: “hello   world”", "hello world"),
        ("mit dem Wort „Stille“ in der Mitte", "Stille"),
        ("avec le mot « silence »", "silence"),
        ("con las palabras «luz y sombra»", "luz y sombra"),
        ("静かな海「静」という文字", "静"),
        ("「夢」と書いて", "夢"),
        ("大海，写着“静”", "静"),
        ('"rage" and the inscription "calm"', "calm"),
        ('the words ""', None),
        (f'the words "{"x" * 90}"', "x" * 60),
    ],
)
def test_quoted_words_that_are_asked_for_are_an_inscription(
    prompt: str, overlay: str | None
) -> None:
    assert split_inscription(prompt)[0] == overlay


@pytest.mark.parametrize(
    "prompt",
    [
        "a quiet lake at dawn",
        '"burning rage"',
        'the so-called "calm" before the storm',
        "don't write 'til dawn",
        'an unfinished word "',
        "words of wisdom",
        "the lovers' words and the fishers' boats",
        "『',“„\"",
    ],
)
def test_everything_else_is_no_inscription(prompt: str) -> None:
    assert split_inscription(prompt) == (None, prompt)


def test_the_inscription_is_no_part_of_the_mood() -> None:
    assert split_inscription('calm, with the word "rage" below') == (
        "rage",
        "calm, with the word   below",
    )


@given(st.text(st.sampled_from("\"'“”„«»「」‘’ aword静")))
def test_any_quoting_is_survived(prompt: str) -> None:
    overlay, rest = split_inscription(f"the word {prompt}")
    assert overlay is None or overlay in " ".join(prompt.split())
    assert len(rest) <= len(prompt) + len("the word ") + 1
