"""Any text can be inscribed: what the hand knows is legible, what it does not is left out."""

import numpy as np
import pytest

from generators.ink import Canvas, inscription, stream


def written(text, width=500.0, height=16.0):
    return inscription(stream(1, "x"), text, right=560.0, baseline=60.0, width=width, height=height)


def test_a_line_ends_where_it_should():
    line = written("a quiet lake at dawn")
    assert line.x.max() == pytest.approx(560, abs=8)
    assert np.median(line.y) == pytest.approx(52, abs=5)


def test_long_lines_are_written_smaller():
    line = written("the quick brown fox jumps over the lazy dog and then rests")
    assert np.ptp(line.x) < 520
    assert np.ptp(line.y) < np.ptp(written("jumping dog").y)


def test_every_printable_letter_of_english_leaves_ink():
    for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?'\"-()&":
        assert written(letter).weight.sum() > 1, letter


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("café naïve Ünïted", "cafe naive United"),
        ("Straße", "Strasse"),
        ("ink 日本 🎉 שלום", "ink"),
        ("  two \n words\t", "two words"),
        ("“soft” – …", '"soft" - ...'),
        ("ﬁre", "fire"),
    ],
)
def test_foreign_letters_become_their_nearest_or_nothing(text, same):
    assert np.array_equal(written(text).x, written(same).x)


@pytest.mark.parametrize(
    "text", ["", "   ", "日本語", "🎉🎉", "\u202e\u200f", "\ud800", "\x00\x1b[31m"[:2]]
)
@pytest.mark.filterwarnings("error")
def test_what_the_hand_cannot_write_leaves_no_ink(text):
    canvas = Canvas(600, 100)
    canvas.add(written(text))
    assert not canvas.density().any()


def test_capitals_stand_taller():
    assert np.ptp(written("N").y) > 1.15 * np.ptp(written("n").y)
