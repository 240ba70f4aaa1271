"""The giraffe: a coat of ink blots on very long legs."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from ..generator import GradientMap, Parameters, Spec
from ..ink import (
    Canvas,
    Color,
    Floats,
    PaletteName,
    chosen_ink,
    opacity,
    paint,
    paper,
    stream,
    wide_blur,
)
from .accidents import accidents
from .anatomy import Body
from .bearing import build_body, chosen_pose
from .head import head_marks
from .lines import body_strokes, hair, hoof_clefts
from .poses import HEIGHT, WIDTH, PoseName
from .setting import acacia_branch, acacia_leaves, grass_tufts, ground_lines, ripples
from .washes import washed_body

Complexity = Annotated[
    int, Field(ge=20, le=100, description="Patches of the coat, hair of the mane, grass, specks.")
]
Chaos = Annotated[
    float,
    Field(
        ge=0.1,
        le=2.0,
        description="From serene to unhinged: bearing, ragged lines, drips, tendrils, specks.",
    ),
]


class GiraffeParameters(Parameters):
    """What a caller may choose of a giraffe."""

    pose: PoseName | None = Field(
        default=None, description="How it holds itself; without one the seed decides."
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


class Giraffe:
    """Draws giraffes."""

    spec = Spec(
        name="giraffe",
        summary="A giraffe of wash and blots: standing, browsing, looking back or drinking",
        width=WIDTH,
        height=HEIGHT,
        mode="RGBA",
        version="3",
        parameters=GiraffeParameters,
    )

    def render(self, parameters: GiraffeParameters, seed: int) -> GradientMap:
        """Draw the giraffe of `seed`."""
        complexity, chaos = parameters.complexity, parameters.chaos
        pose = parameters.pose or chosen_pose(seed)
        body = build_body(pose, seed, chaos)
        tooth = paper(stream(seed, "paper"), (HEIGHT, WIDTH))
        density = washed_body(body, tooth, seed, complexity, chaos)
        lines = _lines(body, pose, seed, complexity, chaos)
        field = opacity(_dried(density, lines, tooth))
        if stream(seed, "side").random() < 0.5:
            field = np.ascontiguousarray(field[:, ::-1])
        return GradientMap(field, chosen_ink(parameters.color, parameters.palette))


def _lines(body: Body, pose: PoseName, seed: int, complexity: int, chaos: float) -> Floats:
    """Return the density of everything that is drawn with the brush, in one splat."""
    canvas = Canvas(WIDTH, HEIGHT)
    strokes = body_strokes(body, seed, chaos) + ground_lines(body, seed, chaos)
    marks = [head_marks(body.head, seed, chaos), hair(body, seed, complexity, chaos)]
    marks += [hoof_clefts(body, seed), grass_tufts(body, seed, complexity)]
    marks += [accidents(body, seed, complexity, chaos)]
    if pose == "browsing":
        branch = acacia_branch(body, seed)
        strokes.append(branch)
        marks.append(acacia_leaves(branch, seed, complexity))
    if pose == "drinking":
        marks.append(ripples(body, seed))
    canvas.add(paint(stream(seed, "lines"), strokes))
    for samples in marks:
        canvas.add(samples)
    return canvas.density()


def _dried(density: Floats, lines: Floats, tooth: Floats) -> Floats:
    """Return washes and lines as one: lines break on the tooth, all bleeds a little.

    Works in place and uses up all three fields.
    """
    tooth *= np.float32(1.25)
    tooth += np.float32(1.02)
    lines *= tooth
    density += lines
    bleed = wide_blur(density, 5)
    bleed *= np.float32(0.05)
    density += bleed
    return density
