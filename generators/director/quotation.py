"""Find the inscription that a prompt asks for: quoted words, announced as words."""

from __future__ import annotations

import re
from typing import Final

from .direction import inscription
from .lexicon import ASKS_FOR_WORDS, ASKS_FOR_WORDS_UNSPACED, QUOTES

_ASKING: Final = frozenset(ASKS_FOR_WORDS.split())
_ASKING_UNSPACED: Final = tuple(ASKS_FOR_WORDS_UNSPACED.split())
_WORD: Final = re.compile(r"[^\W\d_]+")
_CLOSING: Final = {mark: re.compile(f"[{closing}]") for mark, closing in QUOTES.items()}
# `'` is also an apostrophe: it opens after no letter, and closes before none.
_CLOSING["'"] = re.compile(r"'(?!\w)")
_NEAR_CHARACTERS: Final = 40
_NEAR_WORDS: Final = 3
_MAX_QUOTATIONS: Final = 10


def split_inscription(prompt: str) -> tuple[str | None, str]:
    """Return the inscription, None when none is asked for, and the prompt without it.

    Quotation marks alone are no request; one of `ASKS_FOR_WORDS` must be among the three words
    before them, or one of the unspaced requests right beside them.
    """
    position = 0
    for _ in range(_MAX_QUOTATIONS):
        span = _next_quotation(prompt, position)
        if span is None:
            break
        opening, closing = span
        if _is_asked_for(prompt[:opening], prompt[closing + 1 :]):
            return inscription(prompt[opening + 1 : closing]), (
                f"{prompt[:opening]} {prompt[closing + 1 :]}"
            )
        position = closing + 1
    return None, prompt


def _next_quotation(prompt: str, position: int) -> tuple[int, int] | None:
    for at in range(position, len(prompt)):
        mark = prompt[at]
        if mark not in _CLOSING or (mark == "'" and prompt[at - 1 : at].isalnum()):
            continue
        closing = _CLOSING[mark].search(prompt, at + 1)
        if closing is not None:
            return at, closing.start()
    return None


def _is_asked_for(before: str, after: str) -> bool:
    near = before[-_NEAR_CHARACTERS:]
    words = _WORD.findall(near.casefold())[-_NEAR_WORDS:]
    beside = near[-8:] + after[:8]
    return not _ASKING.isdisjoint(words) or any(word in beside for word in _ASKING_UNSPACED)
