"""The ink toolkit: paper, brushes, marks, washes and tone.

A picture is made in four steps, shown here as a complete one, a reed and its splash:

    rng = stream(seed, "reed")                          # one stream per part
    canvas = Canvas(600, 800)
    reed = Stroke(((300, 760, 9), (310, 500, 7), (360, 120, 2)), Brush(dryness=(-.3, .7)))
    canvas.add(paint(rng, [reed]))                      # 1. marks become samples
    drops = stream(seed, "splash")
    angle = floats(drops.normal(-1.57, 0.9, 30))
    canvas.add(blobs(drops, 300 + 60 * np.cos(angle), 760 + 40 * np.sin(angle), 2.0))
    density = canvas.density()                          # 2. samples become density
    density *= 0.55 + 0.9 * paper(stream(seed, "paper"), (800, 600))   # 3. paper resists
    field = opacity(density)                            # 4. density becomes 8 bits
    picture = GradientMap(field, ink_table("#0a0a0a"))  # colour is only a table

Density is optical: inks add up, and light that passes is e^(-density). Everything is single
precision; positions are pixels with y down, angles radians. Every function is a pure function of
its arguments and the random stream it is handed.

| job                              | tool                                                        |
|----------------------------------|-------------------------------------------------------------|
| a random stream per part         | `stream`                                                    |
| curves                           | `spline`, `even_spline`, `closed_spline`, `normals`, `turned`|
| wet-to-dry strokes               | `Brush`, `Stroke`, `bone_line`, `paint`                     |
| small marks                      | `hairlines`, `blobs`, `quill_lines`, `arcs`, `flicks`,      |
|                                  | `tendrils`, `drips`, `inscription`; `walks` for paths,      |
|                                  | `flights_on_sheet` for drops                                |
| samples to density               | `Samples`, `joined`, `Canvas`                               |
| bodies                           | `ribbon`, `silhouette`, `Silhouette`, `coverage`, `wash`    |
| materials, uniform in 0 … 1      | `paper`, `clouds`, `streaks`                                |
| noise                            | `octave_noise`, `noise_line`, `rank_transform`              |
| tone                             | `wide_blur`, `reduced`, `blurred`, `enlarged`, `opacity`    |
| colour                           | `Color`, `PaletteName`, `PALETTES`, `gradient`, `ink_table`,|
|                                  | `chosen_ink`, `paper_table`, `rgb`                          |
"""

from __future__ import annotations

from .arrays import Bytes, Floats, Rows, floats
from .atlas import build_atlases as _build_atlases
from .atlas import clouds, paper, streaks
from .brush import Brush, Stroke, bone_line, paint
from .canvas import Canvas, Samples, joined
from .flight import flights_on_sheet
from .lettering import inscription
from .marks import arcs, blobs, drips, flicks, hairlines, quill_lines, tendrils, walks
from .noise import bspline_basis, noise_line, octave_noise, rank_transform
from .palettes import (
    BONE,
    PALETTES,
    VOID,
    Color,
    Palette,
    PaletteName,
    chosen_ink,
    gradient,
    ink_table,
    paper_table,
    rgb,
)
from .seeds import stream
from .splines import closed_spline, even_spline, normals, spline, turned
from .tone import blurred, enlarged, opacity, reduced, wide_blur
from .wash import Silhouette, coverage, ribbon, silhouette, wash

__all__ = [
    "BONE",
    "PALETTES",
    "VOID",
    "Brush",
    "Bytes",
    "Canvas",
    "Color",
    "Floats",
    "Palette",
    "PaletteName",
    "Rows",
    "Samples",
    "Silhouette",
    "Stroke",
    "arcs",
    "blobs",
    "blurred",
    "bone_line",
    "bspline_basis",
    "chosen_ink",
    "closed_spline",
    "clouds",
    "coverage",
    "drips",
    "enlarged",
    "even_spline",
    "flicks",
    "flights_on_sheet",
    "floats",
    "gradient",
    "hairlines",
    "ink_table",
    "inscription",
    "joined",
    "noise_line",
    "normals",
    "octave_noise",
    "opacity",
    "paint",
    "paper",
    "paper_table",
    "preload",
    "quill_lines",
    "rank_transform",
    "reduced",
    "rgb",
    "ribbon",
    "silhouette",
    "spline",
    "streaks",
    "stream",
    "tendrils",
    "turned",
    "walks",
    "wash",
    "wide_blur",
]


def preload() -> None:
    """Build what the first picture would otherwise wait for: the three atlases."""
    _build_atlases()
