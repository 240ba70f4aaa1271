"""Parchment: an old sheet, folded, stained and written on by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..generator import GradientMap, Spec
from ..ink import (
    Bytes,
    Canvas,
    Floats,
    PaletteName,
    Samples,
    floats,
    joined,
    paper_table,
    reduced,
    stream,
)
from .accidents import accidents
from .composition import BANDS, SIZE, Composition, composed
from .figures import drawn_figure
from .folds import add_folds
from .gesture import gesture
from .ground import COARSE, bare_sheet
from .hand import chosen_hand, written
from .initial import NIB, NIB_ANGLE, great_letter, penwork
from .page import arranged
from .parameters import ParchmentParameters
from .pen import PenPath, broadened, in_turn, quill
from .seal import add_seal

_COVER = 0.62
"""How far full ink darkens the tone."""

_SHOWING_THROUGH = 0.2
"""Ink of the other page that shows mirrored, relative to that of a nib's half."""

_VERSO = 17
"""How much lower the other page's rows lie, pixels."""

_DUSK: Mapping[PaletteName, float] = MappingProxyType(
    {"eldritch": 2.1, "blood": 2.0, "ink": 1.5, "sacred": 1.3, "parchment": 1.15}
)
"""Exponents of the tone in palettes of the night."""


class Parchment:
    """Draws parchments."""

    spec = Spec(
        name="parchment",
        summary="An old sheet with ghost writing",
        width=SIZE,
        height=SIZE,
        mode="RGB",
        version="3",
        parameters=ParchmentParameters,
    )

    def render(self, parameters: ParchmentParameters, seed: int) -> GradientMap:
        """Draw the parchment of `seed`."""
        p = parameters
        plan = composed(stream(seed, "composition"), p.complexity, p.chaos, p.age)
        density = _density(seed, p, plan)
        tone = bare_sheet(seed, p, plan, reduced(density, SIZE // COARSE))
        add_folds(tone, seed, plan, p.chaos, p.age)
        if plan.seal is not None and p.script > 0:
            add_seal(tone, density, seed, plan.seal)
        field = np.empty((SIZE, SIZE), np.uint8)
        for rows in BANDS:
            field[rows] = _levels(tone[rows], density[rows])
        return GradientMap(field, _table(p.palette))


def _levels(tone: Floats, density: Floats) -> Floats:
    """Return the tone under ink as levels, 0 … 255; uses up both arguments.

    The light that passes, e^-D, is taken as (1 - D/8)^8: three squarings are faster than an
    exponential and the same on every kind of processor.
    """
    density *= np.float32(-1 / 8)
    density += 1
    np.clip(density, 0, 2, out=density)
    for _ in range(3):
        np.square(density, out=density)
    density -= 1
    density *= np.float32(_COVER)
    tone += density
    tone *= np.float32(255)
    return np.clip(tone, 0, 255, out=tone)


def _table(palette: PaletteName) -> Bytes:
    """Return the palette's colours, darkened to its hour: the tones of a sheet seen at dusk."""
    light = np.linspace(0, 1, 256) ** _DUSK.get(palette, 1.0)
    table: Bytes = paper_table(palette)[np.rint(255 * light).astype(np.intp)]
    return table


def _density(seed: int, p: ParchmentParameters, plan: Composition) -> Floats:
    """Return the ink of everything, negative where marks are light."""
    writing = Canvas(SIZE, SIZE)
    writing.add(_writing(seed, p, plan))
    marks = Canvas(SIZE, SIZE)
    marks.add(accidents(seed, p.complexity, p.chaos, p.stains))
    marks.add(gesture(seed, p.chaos))
    density = marks.density()
    _add_writing(density, writing.density())
    return density


def _add_writing(density: Floats, script: Floats) -> None:
    """Add lines one pixel wide as a nib held aslant writes them, and mirrored from the verso."""
    for rows in BANDS:
        half = np.float32(0.5) * script[rows]
        density[rows] += half
        aslant = density[rows.start + 1 : rows.stop + 1, :-1]
        aslant += half[: len(aslant), 1:]
        half *= np.float32(_SHOWING_THROUGH)
        verso = density[rows.start + _VERSO : rows.stop + _VERSO]
        verso += half[: len(verso), ::-1]


def _writing(seed: int, p: ParchmentParameters, plan: Composition) -> Samples:
    if p.script == 0:
        return joined([])
    rng = stream(seed, "script")
    page = arranged(stream(seed, "page"), plan, p.complexity, p.script)
    hand = chosen_hand(stream(seed, "hand"), p.chaos)
    text = in_turn([written(rng, hand, block.rows, block.height) for block in page.blocks])
    text = _tilted(text, plan.tilt)
    lines = [quill(text, angle=hand.angle, tension=hand.tension).scaled(hand.nib)]
    ink = min(1.0, 4 * p.script) * (0.5 + 0.9 * p.script)
    drawings = []
    if page.initial:
        rng = stream(seed, "initial")
        letter = _tilted(great_letter(rng, *page.initial, 1.1 * ink), plan.tilt)
        nib = NIB * page.initial[2]
        lines.append(broadened(quill(letter, angle=NIB_ANGLE), nib, NIB_ANGLE))
        drawings.append(penwork(rng, *page.initial))
    if plan.figure and page.figure:
        rng = stream(seed, "figure")
        detail = (p.complexity - 20) / 80
        drawings.append(drawn_figure(rng, plan.figure, detail, page.figure))
    lines.append(quill(_tilted(in_turn(drawings), plan.tilt)).scaled(ink))
    return joined(lines)


def _tilted(path: PenPath, angle: float) -> PenPath:
    points = path.points.copy()
    x, y = points[:, 0] - SIZE / 2, points[:, 1] - SIZE / 2
    points[:, 0] = SIZE / 2 + x * np.cos(angle) - y * np.sin(angle)
    points[:, 1] = SIZE / 2 + x * np.sin(angle) + y * np.cos(angle)
    return PenPath(floats(points), path.drawn)
