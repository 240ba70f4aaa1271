"""The alphabet of a language nobody wrote: letters as strokes of a quill."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..ink import Floats, floats

# Each letter: how far it advances, then its strokes. A stroke is written "x y, x y, …" in heights
# of a small letter, with y up from the baseline. The first stroke can be joined to the letter
# before; the last ends where the next one can be joined.
_LETTERS: tuple[tuple[float, tuple[str, ...]], ...] = (
    # i, n, m, u, r: minims, the weave of every hand
    (0.62, (".04 .62, .24 1, .21 .25, .34 0, .58 .26",)),
    (1.00, (".04 .62, .19 1, .16 .04, .22 .6, .48 1, .60 .72, .57 .2, .70 0, .96 .26",)),
    (
        1.44,
        (
            ".04 .62, .18 1, .15 .04, .21 .6, .43 1, .53 .74, .51 .06, .57 .6, .82 1, "
            ".96 .72, .93 .2, 1.08 0, 1.40 .26",
        ),
    ),
    (1.02, (".04 .66, .19 1, .16 .3, .32 0, .58 .4, .68 1, .65 .26, .78 0, 1.0 .26",)),
    (0.66, (".04 .6, .22 1.04, .18 0, .22 .6, .42 .98, .62 .84",)),
    # a, c, e, o: bowls
    (1.00, (".72 .9, .40 1, .08 .5, .34 0, .64 .4, .76 .96, .72 .22, .86 0, 1.0 .24",)),
    (0.72, (".62 .82, .40 1, .08 .5, .34 0, .72 .26",)),
    (0.72, (".10 .44, .46 .62, .46 .97, .20 .92, .07 .42, .34 0, .72 .26",)),
    (0.84, (".42 1, .07 .52, .34 0, .66 .46, .44 1, .56 .84, .84 .88",)),
    # s, v, w, x, z
    (0.70, (".08 .3, .40 1.12, .54 .6, .46 .1, .16 .02, .70 .2",)),
    (0.82, (".04 .82, .18 1, .32 0, .62 .6, .58 1.02, .82 .9",)),
    (1.20, (".04 .82, .16 1, .28 0, .54 .7, .58 .9, .68 0, .98 .6, .94 1.02, 1.2 .9",)),
    (0.80, (".06 .86, .22 1, .5 .06, .72 .14", ".64 1, .34 .5, .04 .04")),
    (0.84, (".04 .94, .52 1, .12 .5, .50 .3, .42 -.62, .04 -.9, -.12 -.6, .5 -.1, .82 .26",)),
    # t, f, long s: stems with bars and hooks
    (0.66, (".05 .6, .28 1.5, .22 .3, .34 0, .64 .26", "-.02 1.02, .56 1.08")),
    (0.58, (".62 2.02, .44 2.26, .26 1.8, .14 .2, .02 -.8, -.16 -.96", "-.04 .98, .56 1.04")),
    (0.50, (".60 2.0, .42 2.22, .26 1.8, .16 .2, .02 -.86, -.18 -1.02",)),
    # l, b, h, k, d: ascenders
    (0.62, ("0 .3, .42 1.6, .36 2.22, .19 1.9, .16 .4, .3 0, .60 .26",)),
    (0.86, ("0 .3, .42 1.7, .34 2.24, .18 1.8, .14 .2, .38 0, .64 .42, .48 .92, .84 .8",)),
    (
        0.96,
        (
            "0 .3, .42 1.7, .34 2.24, .18 1.8, .12 .02, .18 .56, .48 1, .62 .66, .52 -.2, "
            ".26 -.5, .96 .2",
        ),
    ),
    (
        0.92,
        (
            "0 .3, .42 1.7, .34 2.24, .18 1.8, .14 .02, .2 .5, .5 .98, .52 .62, .22 .5, "
            ".54 .06, .9 .22",
        ),
    ),
    (0.86, (".58 .74, .32 .96, .06 .46, .30 0, .60 .42, .54 1.3, .06 2.0, -.3 1.9, -.1 1.7",)),
    # g, y, p, q, j: descenders
    (
        0.92,
        (
            ".68 .86, .40 1, .08 .55, .34 .08, .64 .5, .73 .96, .66 -.4, .34 -1.02, 0 -.76, "
            ".4 -.12, .92 .26",
        ),
    ),
    (
        0.92,
        (
            ".04 .82, .18 1, .2 .32, .38 .06, .64 .6, .73 1, .58 -.4, .2 -1.04, -.12 -.8, "
            ".4 -.12, .92 .26",
        ),
    ),
    (0.90, (".04 .7, .2 1.04, .12 -.94, .15 -.3, .24 .7, .5 1, .7 .6, .44 .02, .24 .12, .9 .3",)),
    (0.84, (".66 .84, .4 1, .08 .5, .34 .02, .62 .4, .7 .98, .62 -.98, .8 -.7",)),
    (0.50, (".06 .62, .24 1, .16 -.5, -.06 -.94, -.26 -.7, .14 -.1, .48 .26", ".3 1.5, .36 1.58")),
    # et, and a letter no scholar knows
    (0.96, (".08 .9, .54 1.02, .5 .7, .1 -.1", ".86 .3, .62 .02, .1 .36, .44 1.5, .62 1.3")),
    (1.04, (".1 .2, .5 1.5, .84 .3, .4 0, .06 .5, .96 .86",)),
)

_ODDS = (
    *(0.074, 0.082, 0.036, 0.066, 0.064),
    *(0.076, 0.040, 0.112, 0.074),
    *(0.044, 0.018, 0.012, 0.010, 0.012),
    *(0.060, 0.020, 0.036),
    *(0.044, 0.016, 0.036, 0.010, 0.036),
    *(0.020, 0.016, 0.020, 0.008, 0.006),
    *(0.010, 0.006),
)


@dataclass(frozen=True, slots=True, eq=False)
class Alphabet:
    """All letters in one table.

    Attributes:
        advance: shape (letters,), widths in heights of a small letter.
        odds: shape (letters,), how often each is written; they add up to 1.
        first, count: shape (letters,), where a letter's points lie in `points`.
        points: shape (points, 2), x and y, y up from the baseline.
        drawn: shape (points,), whether the pen is down on its way there from the letter's
            point before; false at the first.
    """

    advance: Floats
    odds: NDArray[np.float64]
    first: NDArray[np.intp]
    count: NDArray[np.intp]
    points: Floats
    drawn: NDArray[np.bool_]


@cache
def alphabet() -> Alphabet:
    """Return the alphabet, parsed once."""
    strokes = [[_parsed(stroke) for stroke in letter] for _, letter in _LETTERS]
    count = np.array([sum(map(len, letter)) for letter in strokes])
    lines = [stroke for letter in strokes for stroke in letter]
    drawn = np.ones(sum(map(len, lines)), np.bool_)
    drawn[np.cumsum([0, *map(len, lines[:-1])])] = False
    return Alphabet(
        advance=floats([advance for advance, _ in _LETTERS]),
        odds=np.array(_ODDS) / sum(_ODDS),
        first=np.cumsum(count) - count,
        count=count,
        points=np.concatenate(lines),
        drawn=drawn,
    )


def _parsed(stroke: str) -> Floats:
    return floats([[float(value) for value in point.split()] for point in stroke.split(",")])
