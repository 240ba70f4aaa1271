"""The lexicon is well formed: every word has one sense, every number is in range."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from generators.director import lexicon, moods
from generators.director.vocabulary import Grammar, Meaning, Vocabulary, plain

ROW = re.compile(r"(-|#[0-9a-f]{6}) ([+-]\d\.\d\d) ([+-]\d\.\d\d) \S.*")


def words_of_all_tables() -> dict[str, set[str]]:
    """Map each word, as it is looked up, to the rows that hold it."""
    homes: dict[str, set[str]] = defaultdict(set)
    for table in (moods.EMOTIONS, moods.QUALITIES, moods.THINGS):
        row = ""
        for line in table.strip().splitlines():
            row = row if line.startswith(" ") else line
            for word in line.split()[0 if line.startswith(" ") else 3 :]:
                homes[plain(word)].add(row)
    for mapping in (lexicon.COLORS, lexicon.TINTS, lexicon.INTENSIFIERS):
        for key, words in mapping.items():
            for word in words.split():
                homes[plain(word)].add(str(key))
    grammar = ("NEGATORS", "NEGATORS_AFTER", "BREAKS", "JOINS", "FILLERS", "ASKS_FOR_WORDS")
    for name in grammar:
        for word in getattr(lexicon, name).split():
            homes[plain(word)].add(name)
    return homes


def test_a_word_stands_in_one_row_only() -> None:
    homes = words_of_all_tables()
    assert {word: rows for word, rows in homes.items() if len(rows) > 1} == {}


def test_no_word_is_lost_on_the_way_to_the_vocabulary() -> None:
    assert len(Vocabulary()) == len(words_of_all_tables())


@pytest.mark.parametrize("table", [moods.EMOTIONS, moods.QUALITIES, moods.THINGS])
def test_every_row_has_its_ink_density_and_wildness(table: str) -> None:
    for line in table.strip().splitlines():
        if not line.startswith(" "):
            row = ROW.fullmatch(line)
            assert row is not None, line
            assert abs(float(row[2])) <= 1
            assert abs(float(row[3])) <= 1


@pytest.mark.parametrize("color", lexicon.COLORS)
def test_every_colour_is_an_ink(color: str) -> None:
    assert re.fullmatch("#[0-9a-f]{6}", color)


def test_every_word_is_found_again() -> None:
    vocabulary = Vocabulary()
    for word in words_of_all_tables():
        text = word.replace("_", " ")
        assert [token.text for token in vocabulary.read(text)] == [text]


@pytest.mark.parametrize(
    ("inflected", "basic"),
    [
        ("storms", "storm"),
        ("blazing", "blaze"),
        ("raging", "rage"),
        ("foggier", "foggy"),
        ("muddy", "mud"),
        ("angrily", "angry"),
        ("loneliness", "loneliness"),
        ("darkness", "darkness"),
        ("reddish", "red"),
        ("stürmische", "sturmisch"),
        ("stille", "stille"),
        ("ruhiger", "ruhig"),
        ("wütenden", "wutend"),
        ("tranquila", "tranquila"),
        ("oscura", "oscuro"),
        ("lagos", "lago"),
        ("flammes", "flamme"),
        ("STORM", "storm"),
        ("ｓｔｏｒｍ", "storm"),
        ("café", None),
    ],
)
def test_endings_and_accents_are_taken_off(inflected: str, basic: str | None) -> None:
    (token,) = Vocabulary().read(inflected)
    assert (token.text if token.sense else None) == basic


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("firestorm", ["fire", "storm"]),
        ("Frühlingswind", ["fruhling", "wind"]),
        ("l'amour", ["l", "amour"]),
        ("静かな湖", ["静か", "な", "湖"]),
        ("full moon", ["full moon"]),
        ("rages怒り", ["rage", "怒り"]),
    ],
)
def test_compounds_and_unspaced_words_are_taken_apart(text: str, parts: list[str]) -> None:
    assert [token.text for token in Vocabulary().read(text)] == parts


@pytest.mark.parametrize("word", ["windless", "unsteady", "peaceless"])
def test_less_and_un_deny(word: str) -> None:
    denial, denied = Vocabulary().read(word)
    assert denial.sense is Grammar.NEGATES_NEXT
    assert isinstance(denied.sense, Meaning)
