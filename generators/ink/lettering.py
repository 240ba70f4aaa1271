"""Small inscriptions, written with a broad and tired pen."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

from .alphabet import STROKE_POINTS, Letter, letters, spelled
from .arrays import Floats, floats
from .atlas import streaks
from .canvas import Samples, joined
from .noise import noise_line
from .splines import trace

_HAIRS = 7
_PITCH = 0.5
_NIB = (0.14, -0.11)
"""From the middle of the pen to its corner, in x-heights: thick downwards, thin upwards."""

_SPACE = 0.62
_CAPITAL = 1.32
_UNSTEADY = 0.022
_SWAY = 0.10
_DRYNESS = (-0.2, 0.3)


def inscription(
    rng: np.random.Generator,
    text: str,
    *,
    right: float,
    baseline: float,
    width: float,
    height: float = 16.0,
    ink: float = 0.5,
) -> Samples:
    """Return `text` on one line that ends at (right, baseline).

    Args:
        rng: the stream of its unsteadiness.
        text: any text. The hand knows the letters of English; accents are dropped and what else
            it does not know is left out, so the line may end up empty.
        right, baseline: where the last letter ends, pixels.
        width: the longest the line may get; longer ones are written smaller.
        height: x-height in pixels.
        ink: density of one of the pen's hairs.
    """
    legible = _legible(text)
    if not legible:
        return joined([])
    strokes, length = _written(rng, legible)
    scale = min(height, width / length)
    strokes *= np.float32(scale)
    strokes[..., 0] += np.float32(right - length * scale)
    strokes[..., 1] += np.float32(baseline)
    run = trace(strokes, _PITCH)
    x, y = run.values[:, 0], run.values[:, 1]
    hair = floats(np.linspace(-1, 1, _HAIRS))[:, np.newaxis] * np.float32(scale)
    tired = _DRYNESS[0] + (_DRYNESS[1] - _DRYNESS[0]) * np.linspace(0, 1, x.size)
    held = np.clip(6 * (streaks(rng, _HAIRS, x.size) - floats(tired)), 0, 1)
    pressed = np.float32(ink) * (np.float32(0.8) + np.float32(0.5) * (1 - run.u))
    return Samples(
        (x + hair * np.float32(_NIB[0])).ravel(),
        (y + hair * np.float32(_NIB[1])).ravel(),
        (held * pressed).ravel(),
    )


def _legible(text: str) -> Sequence[tuple[Letter | None, float]]:
    """Return letter and size of each character that the hand knows; no letter is a space."""
    known = letters()
    legible: list[tuple[Letter | None, float]] = []
    for character in unicodedata.normalize("NFKD", text).replace("ß", "ss"):
        letter = known.get(spelled(character.lower()))
        if letter is not None:
            legible.append((letter, _CAPITAL if character.isupper() else 1.0))
        elif character.isspace() and legible and legible[-1][0] is not None:
            legible.append((None, 1.0))
    while legible and legible[-1][0] is None:
        legible.pop()
    return legible


def _written(
    rng: np.random.Generator, legible: Sequence[tuple[Letter | None, float]]
) -> tuple[Floats, float]:
    """Return the strokes of the line, shape (strokes, points, 2) in x-heights, and its length."""
    sway = noise_line(rng, len(legible), 4 + len(legible) // 5) * np.float32(_SWAY)
    strokes = []
    reached = 0.0
    for (letter, size), lift in zip(legible, sway, strict=True):
        if letter is None:
            reached += _SPACE
            continue
        size *= float(rng.normal(1, 0.05))
        shake = rng.standard_normal((len(letter.strokes), 3, 2), dtype=np.float32)
        written = letter.strokes * np.float32(size)
        written += np.repeat(shake * np.float32(_UNSTEADY), STROKE_POINTS // 3, axis=1)
        written[..., 0] += np.float32(reached) - np.float32(0.12) * written[..., 1]
        written[..., 1] += lift
        strokes.append(written)
        reached += letter.advance * size
    return np.concatenate(strokes), reached
