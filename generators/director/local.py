"""The embedded director: a lexicon, a little grammar and SHA-256. No network, no key."""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from .direction import (
    DEFAULT_CHAOS,
    DEFAULT_COMPLEXITY,
    MAX_CHAOS,
    MAX_COMPLEXITY,
    MIN_CHAOS,
    MIN_COMPLEXITY,
    Direction,
)
from .oklab import Lab, to_hex
from .quotation import split_inscription
from .vocabulary import Grammar, Intensity, Meaning, Token, Vocabulary

MAX_PROMPT_CHARACTERS: Final = 500

# How far a negation or an intensifier reaches, in words of unknown meaning.
_REACH_WORDS: Final = 2
# The opposite of a mood is milder than the mood, and its ink nearer to grey.
_OPPOSITE_STRENGTH: Final = 0.7
_OPPOSITE_CHROMA: Final = 0.4
# What the temper of a prompt weighs against one emotion, in the stroke and in the ink.
_TEMPER_WEIGHT: Final = 0.25
_TEMPER_INK_WEIGHT: Final = 0.1
_TEMPER_RANGE: Final = 0.5
# Mixing opposite hues greys them; inks on paper keep this part of their colour.
_KEPT_CHROMA: Final = 0.6
# Visible on bone paper and on the void, and never neon.
_LIGHTNESS: Final = (0.12, 0.80)
_MAX_CHROMA: Final = 0.165
_MAX_CHROMA_OF_LIGHTNESS: Final = 0.38


class _Evidence(NamedTuple):
    """A meaning and how strongly the prompt means it; negative: the opposite."""

    meaning: Meaning
    strength: float


@dataclass(frozen=True, slots=True)
class _Temper:
    """What a prompt leans to before its words are understood, drawn from its SHA-256."""

    density: float
    wildness: float
    ink: Lab


class LocalDirector:
    """Turns words and their mood into a stroke; the same prompt always gives the same.

    Known words pull density, wildness and ink towards their own; several are averaged by
    weight, and the more agree, the further they pull. What is left open, the hash of the
    content words decides. Negation mirrors the next mood, intensifiers scale it. A colour
    spelled #rrggbb is taken as it is. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()

    def direct(self, prompt: str) -> Direction:
        """Return the direction of any text; looks at the first 500 characters."""
        overlay, words = split_inscription(prompt[:MAX_PROMPT_CHARACTERS])
        tokens = self._vocabulary.read(words)
        temper = _temper(prompt, tokens)
        evidence = _weigh(tokens)
        density, wildness = _pull(evidence, temper)
        return Direction(
            color=_ink(evidence, temper.ink),
            complexity=_complexity(density),
            chaos=_chaos(wildness),
            text_overlay=overlay,
        )


def _weigh(tokens: Iterable[Token]) -> list[_Evidence]:
    """Apply negations and intensifiers to the meanings that they belong to."""
    evidence: list[_Evidence] = []
    factor, sign, reach = 1.0, 1.0, 0
    joined_sign = 1.0  # of the last meaning, for "without rage or fear"
    for token in tokens:
        match token.sense:
            case Meaning() as meaning:
                strength = factor * (sign if sign > 0 else -_OPPOSITE_STRENGTH)
                evidence.append(_Evidence(meaning, strength))
                factor, sign, joined_sign = 1.0, 1.0, sign
            case Intensity(factor=more):
                factor, reach = factor * more, _REACH_WORDS
            case Grammar.NEGATES_NEXT:
                sign, reach = -sign, _REACH_WORDS  # "not without" affirms
            case Grammar.NEGATES_LAST if evidence:
                last = evidence.pop()
                evidence.append(_Evidence(last.meaning, -_OPPOSITE_STRENGTH * last.strength))
            case Grammar.JOINS:
                sign, reach = joined_sign, _REACH_WORDS
            case Grammar.BREAKS:
                factor, sign, joined_sign = 1.0, 1.0, 1.0
            case None if reach == 0:
                factor, sign, joined_sign = 1.0, 1.0, 1.0
            case None:
                reach -= 1
    return evidence


def _pull(evidence: Iterable[_Evidence], temper: _Temper) -> tuple[float, float]:
    """Return where the meanings pull density and wildness: -1 to 1 each.

    The mean of what each says, weighted by how much it counts; the temper, with a small weight
    of its own, keeps a single mild word from going all the way.
    """
    weight = _TEMPER_WEIGHT
    density, wildness = weight * temper.density, weight * temper.wildness
    for meaning, strength in evidence:
        counts = meaning.weight * abs(strength)
        density += counts * strength * meaning.density
        wildness += counts * strength * meaning.wildness
        weight += counts
    return _clamp(density / weight, -1.0, 1.0), _clamp(wildness / weight, -1.0, 1.0)


def _complexity(density: float) -> int:
    room = (
        MAX_COMPLEXITY - DEFAULT_COMPLEXITY if density > 0 else DEFAULT_COMPLEXITY - MIN_COMPLEXITY
    )
    return round(DEFAULT_COMPLEXITY + density * room)


def _chaos(wildness: float) -> float:
    room = MAX_CHAOS - DEFAULT_CHAOS if wildness > 0 else DEFAULT_CHAOS - MIN_CHAOS
    return round(DEFAULT_CHAOS + wildness * room, 2)


def _ink(evidence: Sequence[_Evidence], temper: Lab) -> str:
    exact = [item.meaning.ink for item in evidence if item.meaning.is_exact and item.strength > 0]
    spelled = [(ink, 1.0) for ink in exact if ink is not None]
    if spelled:
        return to_hex(_mix(spelled))
    inks = [(temper, _TEMPER_INK_WEIGHT)]
    for meaning, strength in evidence:
        if meaning.ink is not None:
            ink = meaning.ink if strength > 0 else _opposite(meaning.ink)
            inks.append((ink, meaning.ink_weight * abs(strength)))
    mixed = _mix(inks)
    for meaning, strength in evidence:
        if meaning.tint:
            mixed = _tinted(mixed, meaning.tint * strength)
    lightness = _clamp(mixed.lightness, *_LIGHTNESS)
    chroma = min(mixed.chroma, _MAX_CHROMA, _MAX_CHROMA_OF_LIGHTNESS * lightness)
    return to_hex(Lab(lightness, mixed.a, mixed.b).with_chroma(chroma))


def _mix(inks: Sequence[tuple[Lab, float]]) -> Lab:
    lightness = a = b = chroma = weight = 0.0
    for ink, share in inks:
        lightness += ink.lightness * share
        a += ink.a * share
        b += ink.b * share
        chroma += ink.chroma * share
        weight += share
    mixed = Lab(lightness / weight, a / weight, b / weight)
    return mixed.with_chroma(max(mixed.chroma, _KEPT_CHROMA * chroma / weight))


def _opposite(ink: Lab) -> Lab:
    return Lab(1 - ink.lightness, -_OPPOSITE_CHROMA * ink.a, -_OPPOSITE_CHROMA * ink.b)


def _tinted(ink: Lab, tint: float) -> Lab:
    strength = min(abs(tint), 0.8)
    paper = 1.0 if tint > 0 else 0.0
    lightness = ink.lightness + strength * (paper - ink.lightness)
    return Lab(lightness, ink.a, ink.b).with_chroma(ink.chroma * (1 - strength / 2))


def _temper(prompt: str, tokens: Iterable[Token]) -> _Temper:
    content = [token.text for token in tokens if _is_content(token)]
    # surrogatepass: any text is a prompt.
    digest = hashlib.sha256("\n".join(content or [prompt]).encode(errors="surrogatepass")).digest()
    density, wildness, hue, lightness, chroma = (
        int.from_bytes(digest[at : at + 4], "big") / 2**32 for at in range(0, 20, 4)
    )
    angle, radius = math.tau * hue, 0.035 + 0.05 * chroma
    return _Temper(
        density=_TEMPER_RANGE * (2 * density - 1),
        wildness=_TEMPER_RANGE * (2 * wildness - 1),
        ink=Lab(0.30 + 0.22 * lightness, radius * math.cos(angle), radius * math.sin(angle)),
    )


def _is_content(token: Token) -> bool:
    if token.sense is None:  # a word, or a pictograph; not punctuation
        return token.text[0].isalpha() or unicodedata.category(token.text[0]) == "So"
    return isinstance(token.sense, Meaning) and not token.sense.is_exact


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
