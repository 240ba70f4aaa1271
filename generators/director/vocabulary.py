"""Reading a prompt: its words, symbols and inks, each with what the lexicon knows of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import zip_longest
from typing import Final, NamedTuple, TypeVar

from .lexicon import (
    ASKS_FOR_WORDS,
    BREAKS,
    COLORS,
    ENDINGS,
    FILLERS,
    INTENSIFIERS,
    JOINS,
    NEGATORS,
    NEGATORS_AFTER,
    TINTS,
)
from .moods import EMOTIONS, QUALITIES, THINGS
from .oklab import Lab, from_hex

# An adjective says more of the stroke than the thing that it stands by.
_EMOTION_WEIGHT: Final = 1.0
_QUALITY_WEIGHT: Final = 1.2
_THING_WEIGHT: Final = 0.7
# A named ink outweighs the inks of moods.
_COLOR_WEIGHT: Final = 4.0


class Grammar(Enum):
    """What a word does to its neighbours instead of meaning something."""

    NEGATES_NEXT = auto()
    NEGATES_LAST = auto()
    BREAKS = auto()
    JOINS = auto()
    FILLS = auto()


@dataclass(frozen=True, slots=True)
class Intensity:
    """How much the next meaningful word counts: 1 is as usual."""

    factor: float


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word says of the stroke.

    Attributes:
        weight: how much its density and wildness count; 0 for inks and tints.
        density, wildness: from -1 to 1.
        ink: its colour, if it has one.
        ink_weight: how much that counts.
        tint: from -1 (black) to 1 (paper).
        is_exact: the ink is spelled out as #rrggbb.
    """

    weight: float = 0.0
    density: float = 0.0
    wildness: float = 0.0
    ink: Lab | None = None
    ink_weight: float = 0.0
    tint: float = 0.0
    is_exact: bool = False


Sense = Meaning | Intensity | Grammar
S = TypeVar("S", bound=Sense)


class Token(NamedTuple):
    """A piece of a prompt: its basic form, and its sense if the lexicon knows it."""

    text: str
    sense: Sense | None


# Linear: the three alternatives start with different characters.
_TOKEN: Final = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})(?!\w)|[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]")
# Kana and ideographs: no blanks between words.
_UNSPACED: Final = re.compile("([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+)")
_MIN_STEM_CHARACTERS: Final = 3
_MIN_PART_CHARACTERS: Final = 4
_MAX_COMPOUND_CHARACTERS: Final = 20
# The same symbol a fourth time in a row says nothing more.
_RUN: Final = re.compile(r"([^\w\s])\1{3,}")


class Vocabulary:
    """The lexicon, ready to be looked up. Immutable after construction."""

    def __init__(self) -> None:
        self._senses: dict[str, Sense] = dict(_senses())
        self._longest_from = _longest_from(filter(_UNSPACED.match, self._senses))
        self._phrase_starts = {word.split()[0] for word in self._senses if " " in word}
        self._endings = _endings()
        self._longest_ending = max(map(len, self._endings))

    def __len__(self) -> int:
        return len(self._senses)

    def read(self, prompt: str) -> list[Token]:
        """Return the tokens of `prompt` in order; digits and blanks are none."""
        tokens: list[Token] = []
        pieces = _TOKEN.findall(plain(prompt))
        phrase = ""
        for piece, following in zip_longest(pieces, pieces[1:], fillvalue=""):
            if phrase:  # this piece was its second word
                phrase = ""
                continue
            if piece in self._phrase_starts and f"{piece} {following}" in self._senses:
                phrase = f"{piece} {following}"
                tokens.append(Token(phrase, self._senses[phrase]))
            elif piece in self._senses:
                tokens.append(Token(piece, self._senses[piece]))
            else:
                tokens.extend(self._unlisted(piece))
        return tokens

    def _unlisted(self, piece: str) -> Iterator[Token]:
        if len(piece) == 1:
            yield Token(piece, None)
        elif piece[0] == "#":
            yield Token(piece, _exact_ink(piece))
        elif _UNSPACED.search(piece):
            for part in filter(None, _UNSPACED.split(piece)):
                take_apart = self._longest_matches if _UNSPACED.match(part) else self._inflected
                yield from take_apart(part)
        elif "'" in piece:  # l'amour, fire's
            for part in piece.split("'"):
                yield from self._inflected(part)
        else:
            yield from self._inflected(piece)

    def _longest_matches(self, piece: str) -> Iterator[Token]:
        position = 0
        while position < len(piece):
            longest = self._longest_from.get(piece[position], 1)
            for length in range(longest, 0, -1):
                text = piece[position : position + length]
                if text in self._senses:
                    break
            yield Token(text, self._senses.get(text))
            position += len(text)

    def _inflected(self, word: str) -> Iterator[Token]:
        known = self._basic_form(word)
        if known is not None:
            yield Token(known, self._senses[known])
        elif (opposite := self._opposite(word)) is not None:
            yield Token(word, Grammar.NEGATES_NEXT)
            yield Token(opposite, self._senses[opposite])
        else:
            parts = self._parts(word) or (word,)
            yield from (Token(part, self._senses.get(part)) for part in parts)

    def _basic_form(self, word: str) -> str | None:
        if word in self._senses:
            return word
        longest = min(self._longest_ending, len(word) - _MIN_STEM_CHARACTERS)
        for length in range(longest, 0, -1):
            stem, ending = word[:-length], word[-length:]
            for replacement in self._endings.get(ending, ()):
                if stem + replacement in self._senses:
                    return stem + replacement
            if ending in self._endings and stem[-1] == stem[-2] and stem[:-1] in self._senses:
                return stem[:-1]  # foggy, redder
        return None

    def _opposite(self, word: str) -> str | None:
        """Return what a word ending in -less or starting with un- denies."""
        if word.endswith("less"):
            return self._meaningful(word.removesuffix("less"))
        if word.startswith("un"):
            return self._meaningful(word.removeprefix("un"))
        return None

    def _parts(self, word: str) -> tuple[str, str] | None:
        """Return the two words that a compound (firestorm, Frühlingswind) is made of."""
        if len(word) > _MAX_COMPOUND_CHARACTERS:
            return None
        for length in range(_MIN_PART_CHARACTERS, len(word) - _MIN_PART_CHARACTERS + 1):
            last = self._meaningful(word[length:])
            if last is not None:
                first = self._meaningful(word[:length])
                if first is not None:
                    return first, last
        return None

    def _meaningful(self, word: str) -> str | None:
        known = self._basic_form(word)
        return known if known and isinstance(self._senses[known], Meaning) else None


def plain(text: str) -> str:
    """Return text in the form that is looked up: lower case, without accents and look-alikes."""
    apart = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    bare = "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f")
    return _RUN.sub(r"\1\1\1", unicodedata.normalize("NFC", bare))


def _senses() -> Iterator[tuple[str, Sense]]:
    """Yield every word of the lexicon with its sense; the same word never twice."""
    for table, weight in (
        (EMOTIONS, _EMOTION_WEIGHT),
        (QUALITIES, _QUALITY_WEIGHT),
        (THINGS, _THING_WEIGHT),
    ):
        yield from _moods(table, weight)
    for color, words in COLORS.items():
        yield from _each(words, Meaning(ink=from_hex(color), ink_weight=_COLOR_WEIGHT))
    for tint, words in TINTS.items():
        yield from _each(words, Meaning(tint=tint))
    for factor, words in INTENSIFIERS.items():
        yield from _each(words, Intensity(factor))
    yield from _each(NEGATORS, Grammar.NEGATES_NEXT)
    yield from _each(NEGATORS_AFTER, Grammar.NEGATES_LAST)
    yield from _each(BREAKS, Grammar.BREAKS)
    yield from _each(JOINS, Grammar.JOINS)
    yield from _each(FILLERS, Grammar.FILLS)
    yield from _each(ASKS_FOR_WORDS, Grammar.FILLS)


def _moods(table: str, weight: float) -> Iterator[tuple[str, Meaning]]:
    meaning = Meaning()
    for line in table.strip().splitlines():
        words = line
        if not line.startswith(" "):
            ink, density, wildness, words = line.split(maxsplit=3)
            meaning = Meaning(weight, float(density), float(wildness))
            if ink != "-":
                meaning = replace(meaning, ink=from_hex(ink), ink_weight=weight)
        yield from _each(words, meaning)


def _each(words: str, sense: S) -> Iterator[tuple[str, S]]:
    for word in words.split():
        yield plain(word).replace("_", " "), sense


def _longest_from(words: Iterable[str]) -> dict[str, int]:
    """Return, per first character, how long the longest word is."""
    longest: dict[str, int] = {}
    for word in words:
        longest[word[0]] = max(len(word), longest.get(word[0], 1))
    return longest


def _endings() -> dict[str, list[str]]:
    endings: dict[str, list[str]] = {}
    for rule in ENDINGS.split():
        ending, _, replacement = rule.partition(">")
        endings.setdefault(ending, []).append(replacement)
    return endings


def _exact_ink(color: str) -> Meaning:
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    return Meaning(ink=from_hex(f"#{digits}"), ink_weight=1.0, is_exact=True)
