"""What a caller may choose of a parchment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..generator import Parameters
from ..ink import PaletteName

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class ParchmentParameters(Parameters):
    """What a caller may choose of a parchment."""

    complexity: Annotated[int, Field(ge=20, le=100)] = Field(
        default=60, description="Rows of writing, detail of drawings, stains, fibres and folds."
    )
    chaos: Annotated[float, Field(ge=0.1, le=2.0)] = Field(
        default=0.8,
        description="From well kept to ruined: ragged edges, creases, burns, tears, blots.",
    )
    age: Share = Field(default=0.5, description="From fresh and pale to dark and scorched.")
    stains: Share = Field(default=0.5, description="Cup rings, tides, mould and blots of ink.")
    script: Share = Field(
        default=0.6, description="Presence of ghost writing and drawings; 0 leaves the sheet blank."
    )
    palette: PaletteName = Field(default="void_black", description="Named tones of the sheet.")
