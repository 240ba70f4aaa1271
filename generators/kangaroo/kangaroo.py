"""The kangaroo on a pogo stick: its parameters and the order in which its layers are laid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from ..generator import GradientMap, Parameters, Spec
from ..ink import (
    Bytes,
    Canvas,
    Color,
    Floats,
    PaletteName,
    Samples,
    Stroke,
    blobs,
    chosen_ink,
    clouds,
    floats,
    opacity,
    paint,
    paper,
    stream,
    wide_blur,
)
from . import contours, masses, pogo, splash
from .coat import Coat
from .figure import Figure
from .gesture import PoseName
from .joey import Joey
from .rider import HEIGHT, WIDTH, compose

Complexity = Annotated[
    int,
    Field(ge=20, le=100, description="Hairs of the coat, the joey in the pouch, the splash."),
]
Chaos = Annotated[
    float,
    Field(
        ge=0.1,
        le=2.0,
        description="From serene to unhinged: tilt and bounce, unrest of the lines, splash, drips.",
    ),
]


_APART = 4096.0
"""Distance of the sheets on which layers are painted at once, pixels."""


class KangarooParameters(Parameters):
    """What a caller may choose of a kangaroo."""

    pose: PoseName | None = Field(
        default=None,
        description="Moment of the jump; without it the seed chooses.",
    )
    color: Color | None = Field(
        default=None,
        description="Ink as #rrggbb; without it the palette's (#0a0a0a for void_black).",
    )
    complexity: Complexity = 60
    chaos: Chaos = 0.8
    palette: PaletteName = Field(
        default="void_black", description="Named inks, used when no color is given."
    )


class Kangaroo:
    """Draws kangaroos."""

    spec = Spec(
        name="kangaroo",
        summary="A kangaroo riding a pogo stick",
        width=WIDTH,
        height=HEIGHT,
        mode="RGBA",
        version="3",
        parameters=KangarooParameters,
    )

    def render(self, parameters: KangarooParameters, seed: int) -> GradientMap:
        """Draw the kangaroo of `seed`."""
        field = draw_kangaroo(seed, parameters.pose, parameters.complexity, parameters.chaos)
        return GradientMap(field, chosen_ink(parameters.color, parameters.palette))


def draw_kangaroo(seed: int, pose: PoseName | None, complexity: int, chaos: float) -> Bytes:
    """Return the picture as an 8-bit field, shape (800, 600)."""
    rider, mirrored = compose(seed, pose, chaos)
    figure = Figure.of(rider)
    coat = Coat(rider, figure)
    joey = Joey(rider, complexity) if Joey.looks_out(complexity) else None
    tooth = paper(stream(seed, "paper"), masses.SHAPE)
    cloud = clouds(stream(seed, "clouds"), masses.SHAPE)
    laid = masses.lay(figure, joey.outlines() if joey else [], rider.scale, tooth, cloud)

    body = [
        *coat.brushed(),
        *contours.body_lines(figure, seed, chaos),
        *contours.head_lines(figure, seed, chaos),
        *splash.ground(rider, seed, chaos),
    ]
    stick = pogo.stick(rider) + contours.far_lines(figure, seed, chaos)
    front = pogo.plate(rider) + contours.arm_lines(figure, seed, chaos)
    spots = [contours.face(rider, figure, chaos), contours.claws(rider), pogo.fittings(rider)]
    if joey:
        front += joey.lines(seed)
        spots.append(joey.face())
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.add(_painted(stream(seed, "paint"), [body, stick, front], laid.cover))
    canvas.add(coat.hairs(seed, complexity, chaos).behind(laid.cover[0]))
    flown = splash.specks(rider, figure, seed, complexity, chaos)
    canvas.add(flown.behind(laid.body.full(masses.SHAPE)))
    for samples in (
        _spotted(stream(seed, "spots"), spots),
        contours.creases(rider, figure, seed),
        contours.whiskers(rider, figure, seed),
        pogo.spring(rider),
        splash.splash(rider, seed, complexity, chaos),
        splash.runs(rider, figure, seed, complexity, chaos),
        splash.curls(rider, figure, seed, complexity, chaos),
    ):
        canvas.add(samples)
    field = _dried(laid.density, canvas.density(), tooth)
    return np.ascontiguousarray(field[:, ::-1]) if mirrored else field


def _painted(rng: np.random.Generator, layers: Sequence[list[Stroke]], cover: Floats) -> Samples:
    """Paint layers of strokes, each as far as its cover leaves it visible.

    All layers are one batch, on sheets far apart: it shares its arrays between strokes of like
    size, whichever layer they are in.

    Args:
        rng: the stream of the brushes.
        layers: strokes of each; layers beyond the covers lie open.
        cover: shape (covers, height, width), 0 (clear) … 1 (hidden).
    """
    strokes = [
        Stroke(floats(stroke.points) + floats([_APART * sheet, 0, 0]), stroke.brush)
        for sheet, layer in enumerate(layers)
        for stroke in layer
    ]
    samples = paint(rng, strokes)
    wet = np.flatnonzero(samples.weight > 0)  # three times as fast as of the weights themselves
    x, y, weight = samples.x.take(wet), samples.y.take(wet), samples.weight.take(wet)
    sheet = np.rint(x * np.float32(1 / _APART))
    x -= sheet * np.float32(_APART)
    under = np.flatnonzero(sheet < len(cover))
    _, height, width = cover.shape
    row = np.clip(np.rint(y.take(under)), 0, height - 1)
    column = np.clip(np.rint(x.take(under)), 0, width - 1)
    place = ((sheet.take(under) * height + row) * width + column).astype(np.intp)
    weight[under] *= 1 - cover.reshape(-1).take(place)
    return Samples(x, y, weight)


def _spotted(rng: np.random.Generator, spots: Sequence[Floats]) -> Samples:
    """Return spots, rows (x, y, radius, ink, stretch, angle), as drops of ink."""
    x, y, radius, ink, stretch, angle = np.concatenate(spots).T
    return blobs(rng, x, y, radius, ink=ink, stretch=stretch, angle=angle, lobes=0.1)


def _dried(density: Floats, lines: Floats, tooth: Floats) -> Bytes:
    """Return washes and lines as an 8-bit field: lines broken by the tooth, all bled a little.

    Uses up its arguments: a fresh array of this size costs as much as the arithmetic on it.
    """
    tooth *= np.float32(1.25)
    tooth += np.float32(1.02)
    lines *= tooth
    density += lines
    bleed = wide_blur(density, 5)
    bleed *= np.float32(0.05)
    density += bleed
    return opacity(density)
