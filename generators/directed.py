"""The directed ensō: what a prompt asked for, drawn, with a word beside it."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from .director.direction import Direction
from .enso import SIZE, draw_enso, dried
from .generator import GradientMap, Parameters, Spec
from .ink import Canvas, ink_table, inscription, stream

_MARGIN = 44


def _without_controls(prompt: str) -> str:
    """Refuse characters that no text has: control characters and halves of surrogate pairs.

    Raises:
        ValueError: there is one.
    """
    for character in prompt:
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise ValueError(f"must not contain the control character U+{ord(character):04X}")
    return prompt


class PromptParameters(Parameters):
    """What a caller may ask of a directed ensō."""

    prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
        AfterValidator(_without_controls),
        Field(description="What the ensō should express, 1 to 500 characters."),
    ]
    model: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9._:/-]{1,100}$",
            description="Who directs: `local` or a provider's model; by default as configured.",
        ),
    ] = None


class DirectedEnso:
    """Draws an ensō as a director asks."""

    spec = Spec(
        name="directed_enso",
        summary="An ensō directed by a prompt",
        width=SIZE,
        height=SIZE,
        mode="RGBA",
        version="3",
        parameters=PromptParameters,
    )

    def render(self, parameters: Direction, seed: int) -> GradientMap:
        """Draw the ensō of `seed` as directed, with the inscription at the lower right."""
        canvas = Canvas(SIZE, SIZE)
        draw_enso(canvas, seed, parameters.complexity, parameters.chaos)
        if parameters.text_overlay:
            canvas.add(
                inscription(
                    stream(seed, "inscription"),
                    parameters.text_overlay,
                    right=SIZE - _MARGIN,
                    baseline=SIZE - _MARGIN,
                    width=SIZE - 4 * _MARGIN,
                )
            )
        return GradientMap(dried(canvas, seed), ink_table(parameters.color))
