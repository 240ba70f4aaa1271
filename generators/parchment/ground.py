"""The bare sheet: mottled, stained, scorched, with ragged edges and raking light."""

from __future__ import annotations

import numpy as np

from ..ink import Floats, blurred, enlarged, floats, octave_noise, paper, stream
from .composition import BANDS, SIZE, Composition
from .parameters import ParchmentParameters

COARSE = 256
"""Everything soft is worked out at this size and enlarged once."""

_FACTOR = SIZE // COARSE
_LOW_KNOTS = (5, 9, 17, 33)
_MOTTLE_KNOTS = (6, 12, 24, 48, 96)
_GAIN = 0.62
_ROUGH = 0.002
"""How far fibres stand out of the edge, in sheet widths."""

_LIGHT = 1.25
"""Strength of the raking light: how much the slope of the tone shows, per coarse pixel."""

_BROWNED, _MOULDED = 0.08, 0.6
"""What a density of ink and a speck of mould take from the tone around them."""

_SPREAD = 1.5
"""How far they spread, coarse pixels."""

_COCKLED = 0.4
"""How deep a stain cockles the sheet, relative to its tone."""

_JAGGED_KNOTS = (20, 40, 80)
_BURN_REACH = 9.0
"""Scorch around a burn ends 1/9 of the sheet's width away from it."""

_TORN_RIM = np.float32(0.10)
"""How much paler the inside of the sheet is where a tear shows it."""

_MARGIN = 0.010
"""The sheet ends at least about this far within the picture, in sheet widths."""

_THINNEST_RING = 1.3
"""Thinner rings, in coarse pixels, would show steps."""

_CRISP = 400.0
_BLACK = 3.0
"""Tone taken away where there is no sheet: more than any light brings back."""


def bare_sheet(seed: int, p: ParchmentParameters, plan: Composition, ink: Floats) -> Floats:
    """Return the tone of the sheet without ink, 0 (scorched) … 1 (bare), up to a little beyond.

    Args:
        seed: the picture's seed.
        p: parameters.
        plan: folds, burns and tear.
        ink: mean density of the ink on it, shape (COARSE, COARSE); it browns what lies around.

    Returns:
        shape (SIZE, SIZE), far below 0 outside the sheet.
    """
    rng = stream(seed, "ground")
    low = octave_noise(rng, (COARSE, COARSE), _LOW_KNOTS, 0.6)
    mottle = octave_noise(rng, (COARSE, COARSE), _MOTTLE_KNOTS, _GAIN)
    mottle *= np.float32(0.034 + 0.014 * p.chaos)
    burnt, cut, torn = _edges(seed, p, plan, low)
    stained = _stains(seed, p, low)
    soaked = np.float32(_BROWNED) * ink + np.float32(_MOULDED) * _mould(seed, p)
    mottle -= blurred(soaked, _SPREAD)
    tone = _lit(mottle + np.float32(_COCKLED) * stained)
    tone += np.float32(1 - _COCKLED) * stained
    tone += np.float32(0.85 - 0.10 * p.age)
    tone -= np.float32(0.14 + 0.72 * p.age) * _scorched(burnt)
    char = 1 - cut / np.float32(0.014 + 0.012 * p.age)
    tone -= np.float32(0.12 + 0.34 * p.age) * np.clip(char, 0, 1)
    rim = np.exp(-np.square((torn - np.float32(0.004)) / np.float32(0.006)))
    tone += _TORN_RIM * rim * np.clip(low + np.float32(0.7), 0, 1)
    tone += _panels(seed, plan)

    full = enlarged(tone, _FACTOR, (SIZE, SIZE))
    edge = enlarged(np.minimum(cut, torn), _FACTOR, (SIZE, SIZE))
    tooth = paper(rng, (SIZE, SIZE))
    # Grain is most of what a PNG has to keep: where writing adds to that, the grain is finer.
    grain = 0.079 - 0.00018 * p.complexity - 0.008 * p.script
    for rows in BANDS:
        _grain(full[rows], tooth[rows], edge[rows], grain)
    return full


def _scorched(burnt: Floats) -> Floats:
    """Return how dark fire left each place, 1 where it was 0 away from it: about (1 - x)^2.2."""
    near = np.maximum(0, 1 - burnt)
    dark: Floats = near * near * (np.float32(0.8) + np.float32(0.2) * near)
    return dark


def _lit(relief: Floats) -> Floats:
    """Return a tone under light that rakes over it, as if what is dark lay deep."""
    lit = relief.copy()
    lit[:-1, :-1] += np.float32(_LIGHT) * (relief[1:, 1:] - relief[:-1, :-1])
    return lit


def _edges(
    seed: int, p: ParchmentParameters, plan: Composition, low: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return how far each place is from fire, from the charred edge and from the torn one.

    The first is 1 where no fire reached; the others are in sheet widths, negative outside.
    """
    rng = stream(seed, "edges")
    reach = floats(rng.uniform(0.55, 1.45, 4)) * np.float32(0.14 + 0.12 * p.age)
    place = floats((np.arange(COARSE) + 0.5) / COARSE)
    x, y = place[np.newaxis, :], place[:, np.newaxis]
    wobble = low * np.float32(0.022 * (0.25 + p.chaos))
    frame = _rounded(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    cut = frame + wobble - np.float32(0.004 + 0.012 * rng.random())
    cut = np.minimum(cut, frame + np.float32(0.003) * low - np.float32(_MARGIN))
    burnt = _rounded(
        np.minimum(x / reach[0], (1 - x) / reach[1]), np.minimum(y / reach[2], (1 - y) / reach[3])
    )
    burnt += wobble * 6
    for burn in plan.burns:
        away = np.hypot(x - burn.x / SIZE, y - burn.y / SIZE) - np.float32(burn.radius / SIZE)
        away += np.float32(0.7 * burn.radius / SIZE) * low + np.float32(0.6) * wobble
        cut = np.minimum(cut, away)
        burnt = np.minimum(burnt, away * np.float32(_BURN_REACH) + np.float32(0.1))
    torn = np.ones_like(cut)
    if plan.tear is not None:
        tear = plan.tear
        along = (1 + tear.lean) * np.abs(x - tear.x) + (1 - tear.lean) * np.abs(y - tear.y)
        torn = (along - np.float32(2 * tear.depth)) * np.float32(0.7)
        torn += np.float32(0.022) * low
        torn += np.float32(0.008) * octave_noise(rng, low.shape, _JAGGED_KNOTS, 0.75)
    return burnt, cut, torn


def _rounded(x: Floats, y: Floats) -> Floats:
    """Return the distance from the frame, its corners rounded."""
    distance: Floats = np.minimum(x, y) + np.float32(0.35) * x * y
    return distance


def _grain(tone: Floats, tooth: Floats, edge: Floats, grain: float) -> None:
    """Add the grain and take away what lies outside the sheet, along a line as rough; in place.

    Uses up `tooth` and `edge`, the distance from the edge in sheet widths.
    """
    tooth -= np.float32(0.5)
    tooth *= np.float32(grain)
    tone += tooth
    tooth *= np.float32(_ROUGH / grain)
    edge += tooth
    edge *= np.float32(-_CRISP)
    np.clip(edge, 0, _BLACK, out=edge)
    tone -= edge


def _panels(seed: int, plan: Composition) -> Floats:
    """Return how the light differs from panel to panel; an unfolded sheet rolls instead."""
    rng = stream(seed, "panels")
    place = floats((np.arange(COARSE) + 0.5) / COARSE)
    across, down = _slopes(rng, place, plan.vertical), _slopes(rng, place, plan.horizontal)
    if not plan.vertical and not plan.horizontal:
        turns, phase = rng.uniform(1.2, 2.6), rng.uniform(0, 2 * np.pi)
        roll = 0.022 * np.sin(2 * np.pi * turns * place + phase)
        if rng.random() < 0.5:
            across = across + floats(roll)
        else:
            down = down + floats(roll)
    return across[np.newaxis, :] + down[:, np.newaxis]


def _slopes(rng: np.random.Generator, place: Floats, folds: tuple[float, ...]) -> Floats:
    """Return one ramp per panel between folds, jumping at each fold."""
    bounds = (0.0, *folds, 1.0)
    ramps = rng.choice((-1, 1)) * np.where(np.arange(len(bounds) - 1) % 2, -1, 1)
    ramps = ramps * rng.uniform(0.012, 0.034, len(bounds) - 1)
    slopes = np.zeros_like(place)
    for low, high, ramp in zip(bounds[:-1], bounds[1:], ramps, strict=True):
        inside = (place >= low) & (place < high)
        slopes[inside] = ramp * ((place[inside] - low) / (high - low) * 2 - 1)
    return slopes


def _stains(seed: int, p: ParchmentParameters, low: Floats) -> Floats:
    """Return what cups and tides took from the tone, shape (COARSE, COARSE), ≤ 0."""
    rng = stream(seed, "stains")
    tone = np.zeros_like(low)
    count = round((4 + p.complexity / 12) * p.stains * 1.6)
    strength = (0.5 + p.stains) * (0.6 + 0.4 * p.chaos)
    for _ in range(count):
        _stain(rng, tone, low, strength)
    return tone


def _mould(seed: int, p: ParchmentParameters) -> Floats:
    """Return the seeds of mould, a cloud of specks."""
    rng = stream(seed, "mould")
    mould = np.zeros((COARSE, COARSE), np.float32)
    spots = int(260 * p.stains * (0.2 + p.age))
    centre = rng.uniform(0, COARSE, 2)
    at = np.clip(centre + rng.normal(0, 55, (spots, 2)), 1, COARSE - 2).astype(np.intp)
    np.add.at(mould, (at[:, 0], at[:, 1]), floats(rng.gamma(0.7, 1.0, spots)))
    return mould


def _stain(rng: np.random.Generator, tone: Floats, low: Floats, strength: float) -> None:
    """Lay one stain: the ring of a cup or, with a ragged outline, the tide of a spill."""
    x, y = rng.uniform(0.04, 0.96, 2) * COARSE
    cup = rng.random() < 0.6
    radius = COARSE * (rng.uniform(0.045, 0.095) if cup else 0.04 + 0.18 * rng.random() ** 1.5)
    ragged = rng.uniform(0.03, 0.12) if cup else rng.uniform(0.3, 0.6)
    sharp = min(rng.uniform(10, 20), radius / _THINNEST_RING)
    fill = rng.uniform(0.1, 0.7) if cup else rng.uniform(0.6, 1.3)
    amount = rng.uniform(0.05, 0.15) * strength
    open_at, width = rng.uniform(0, 2 * np.pi), rng.uniform(-0.9, 0.5)

    reach = 1.7 * radius
    top, left = max(0, int(y - reach)), max(0, int(x - reach))
    window = (slice(top, int(y + reach) + 1), slice(left, int(x + reach) + 1))
    noise = low[window]
    dy = floats(np.arange(top, top + noise.shape[0]) - y)[:, np.newaxis]
    dx = floats(np.arange(left, left + noise.shape[1]) - x)[np.newaxis, :]
    away = np.sqrt(np.square(dx) + np.square(dy))
    distance = away / np.float32(radius) + np.float32(ragged) * noise
    ring = np.exp(-np.square(np.float32(sharp) * (distance - 1)))
    if cup:  # a cup stands in its puddle on one side only
        facing = (dx * np.float32(np.cos(open_at)) + dy * np.float32(np.sin(open_at))) / (away + 1)
        ring *= np.clip(facing + np.float32(0.75 - width), 0.15, 1)
    ring *= np.float32(0.75)
    ring += np.float32(0.8 * fill) * np.clip(np.float32(1.04) - distance, 0, 0.5)
    ring *= np.float32(0.45) + np.float32(0.55) * np.clip(noise + np.float32(0.6), 0, 1)
    tone[window] -= np.float32(amount) * ring
