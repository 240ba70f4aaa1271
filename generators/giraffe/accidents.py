"""The ink that got away, each drop from the part that lost it."""

from __future__ import annotations

from ..creature import drips_from, tendrils_from, thrown_specks
from ..ink import Floats, Samples, floats, joined, stream
from .anatomy import Body, Limb
from .head import chin
from .poses import BELLY, HEIGHT, RUMP, WIDTH

_MELTING = 1.0
"""Chaos above which ink leaves the body where it should not."""


def accidents(body: Body, seed: int, complexity: int, chaos: float) -> Samples:
    """Return drips, tendrils and specks, more of each the wilder it is."""
    return joined(
        [
            _drips(body, seed, complexity, chaos),
            _tendrils(body, seed, complexity, chaos),
            _specks(body, seed, complexity, chaos),
        ]
    )


def _drips(body: Body, seed: int, complexity: int, chaos: float) -> Samples:
    """Return runs of ink from the belly; an unhinged giraffe melts at throat and chin as well."""
    rng = stream(seed, "drips")
    count = int(rng.poisson(0.14 * complexity * chaos))
    edges = [body.trunk[BELLY]]
    if chaos > _MELTING and body.pose.bow == 0:
        edges += [body.throat[10:], chin(body.head)]
    return drips_from(rng, edges, count, 18 + 56 * chaos)


def _tendrils(body: Body, seed: int, complexity: int, chaos: float) -> Samples:
    """Return curls from the soles and, out of an unhinged one, from mane and rump."""
    rng = stream(seed, "tendrils")
    count = int(rng.poisson(0.16 * complexity * chaos))
    soles = [_sole(leg) for leg in body.legs]
    low = tendrils_from(rng, soles, rng.choice((0.25, 2.9), count), count, 52)
    if chaos <= _MELTING:
        return low
    wild = int(rng.poisson(0.14 * complexity * (chaos - _MELTING)))
    high = tendrils_from(rng, [body.crest, body.trunk[RUMP]], -2.6, wild, 70)
    return joined([low, high])


def _specks(body: Body, seed: int, complexity: int, chaos: float) -> Samples:
    """Return what flew off the tail and splashed from the feet."""
    rng = stream(seed, "specks")
    count = int(3 + 0.5 * complexity * (0.05 + chaos))
    x, y = body.tail[-1, :2]
    sources = [(x, y + 30, rng.uniform(2.0, 3.6), 3.0)]
    sources += [(*_sole(leg).mean(axis=0), rng.uniform(-2.2, -0.9), 0.6) for leg in body.legs]
    reach, largest = 45 + 75 * chaos, 2.2 + 1.7 * chaos
    return thrown_specks(rng, floats(sources), count, reach, (WIDTH, HEIGHT), largest=largest)


def _sole(leg: Limb) -> Floats:
    """Return where a hoof meets the ground, two points (x, y)."""
    x, y = leg.rows[-1, :2]
    return floats([(x - 9, y + 14), (x + 13, y + 14)])
