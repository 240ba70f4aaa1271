"""Small generators that draw at once, keep count, and wait or fail when a test says so."""

import threading
from typing import Literal

import numpy as np
from PIL import Image
from pydantic import Field

from generators import GradientMap, Parameters, PromptParameters, Registry, Spec

_PATIENCE_SECONDS = 20.0


class Studio:
    """What the generators of one service share; they draw in a thread of the test's process.

    Attributes:
        drawn: (type, seed) of every picture that was begun.
        open: drawing waits while it is clear.
        failure: raised instead of drawing.
    """

    def __init__(self):
        self.drawn = []
        self.open = threading.Event()
        self.open.set()
        self.failure = None

    def load_registry(self):
        return Registry((Dot(self), Leaf(self), DirectedDot(self)))

    def begin(self, spec, seed):
        self.drawn.append((spec.name, seed))
        assert self.open.wait(_PATIENCE_SECONDS)
        if self.failure is not None:
            raise type(self.failure)(*self.failure.args)  # a fresh one has no traceback yet


class DotParameters(Parameters):
    shade: int = Field(0, ge=0, le=100, description="How light it is.")
    weight: float = Field(1.0, ge=0.1, le=2.0, description="How much it weighs.")
    tint: Literal["red", "blue"] = Field("red", description="What colour it has.")
    bold: bool = Field(False, description="Whether it is bold.")


class NoParameters(Parameters):
    pass


class Dot:
    """Opaque blocks of 64×48 pixels, large enough to survive lossy formats."""

    spec = Spec("dot", "A dot", 64, 48, "RGB", "1", DotParameters)

    def __init__(self, studio):
        self.studio = studio

    def render(self, parameters, seed):
        self.studio.begin(self.spec, seed)
        rng = np.random.default_rng([seed, parameters.shade, parameters.bold])
        blocks = rng.integers(0, 256, (3, 4, 1), np.uint8).repeat(3, axis=2)
        blocks[:, :, 0 if parameters.tint == "red" else 2] //= 2
        return Image.fromarray(blocks.repeat(16, axis=0).repeat(16, axis=1), "RGB")


class Leaf:
    """A square with transparency, drawn as a gradient map."""

    spec = Spec("leaf", "A leaf", 32, 32, "RGBA", "2.b", NoParameters)

    def __init__(self, studio):
        self.studio = studio

    def render(self, parameters, seed):
        self.studio.begin(self.spec, seed)
        field = np.random.default_rng(seed).integers(0, 256, (2, 2), np.uint8)
        table = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 4, axis=1)
        return GradientMap(field.repeat(16, axis=0).repeat(16, axis=1), table)


class DirectedDot:
    """A square of the colour that was directed; its corner tells the seed."""

    spec = Spec("directed_enso", "A directed dot", 32, 32, "RGBA", "1", PromptParameters)

    def __init__(self, studio):
        self.studio = studio

    def render(self, parameters, seed):
        self.studio.begin(self.spec, seed)
        image = Image.new("RGBA", (32, 32), parameters.color)
        image.paste((seed % 256, seed // 256 % 256, 0, 255), (0, 0, 8, 8))
        return image
