"""What a generator is: a named, versioned, pure function of parameters and a seed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, TypeVar

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict

NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,31}")
VERSION_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,32}")
MAX_SEED = 2**63 - 1

# Query parameters of every image, whatever draws it.
RESERVED_PARAMETERS = frozenset({"seed", "format", "width", "v"})

Seed = Annotated[int, Ge(0), Le(MAX_SEED)]
Mode = Literal["RGB", "RGBA"]


class Parameters(BaseModel):
    """Base of every generator's parameter model: immutable, closed, finite.

    Fields carry their bounds, default and a one-line description; the service turns the model
    into query parameters, a JSON Schema and a part of the cache key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True, eq=False)
class GradientMap:
    """A picture as one 8-bit field and the colour of each of its 256 levels.

    Attributes:
        field: uint8, shape (height, width).
        table: uint8, shape (256, 3) for RGB or (256, 4) for RGBA (straight alpha).
    """

    field: NDArray[np.uint8]
    table: NDArray[np.uint8]

    @property
    def mode(self) -> Mode:
        return "RGB" if self.table.shape[1] == 3 else "RGBA"

    def image(self) -> Image.Image:
        """Return the true-colour picture, pixel for pixel what a decoder of its PNG sees."""
        # Pillow looks a palette up more than ten times as fast as numpy indexes a table.
        indexed = Image.fromarray(self.field).convert("P")
        indexed.putpalette(self.table.tobytes(), self.mode)
        return indexed.convert(self.mode)


Picture = GradientMap | Image.Image


@dataclass(frozen=True, slots=True)
class Spec:
    """What a caller may know of a generator without running it.

    Attributes:
        name: the asset type; also its cache, its metric label and its setting suffix.
        summary: one line for the catalogue.
        width, height: native size in pixels.
        mode: "RGB" (opaque, JPEG possible) or "RGBA".
        version: the renderer version; changes whenever a seed would give another picture.
        parameters: the model that validates its query parameters.
    """

    name: str
    summary: str
    width: int
    height: int
    mode: Mode
    version: str
    parameters: type[Parameters]

    def __post_init__(self) -> None:
        if not NAME_PATTERN.fullmatch(self.name):
            raise ValueError(f"generator name {self.name!r} does not match {NAME_PATTERN.pattern}")
        if not VERSION_PATTERN.fullmatch(self.version):
            raise ValueError(
                f"version {self.version!r} of generator {self.name!r} does not match "
                f"{VERSION_PATTERN.pattern}"
            )
        if min(self.width, self.height) < 1:
            raise ValueError(f"generator {self.name!r} has no size: {self.width}×{self.height}")


P = TypeVar("P", bound=Parameters, contravariant=True)


class Generator(Protocol[P]):
    """A drawer of one asset type.

    `render` is pure: the same parameters and seed give the same picture in every process, on any
    thread, in any order. It keeps no state and touches no global random generator.
    """

    @property
    def spec(self) -> Spec: ...

    def render(self, parameters: P, seed: int) -> Picture:
        """Draw the picture of `seed` (0 … 2^63-1) at its native size."""
        ...


AnyGenerator = Generator[Any]
