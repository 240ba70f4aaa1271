"""A plug-in type that cannot be drawn while there is a file `flaw` in the working directory."""

from pathlib import Path

from PIL import Image

from generators import Parameters, Spec


class Flawed:
    """Draws one grey square, or fails."""

    spec = Spec("flawed", "Flawed", 16, 16, "RGB", "1", Parameters)

    def render(self, parameters, seed):
        if Path("flaw").exists():
            raise ValueError("the flaw is there")
        return Image.new("RGB", (16, 16), (seed % 256,) * 3)


FLAWED = Flawed()
