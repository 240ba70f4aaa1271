"""A plug-in whose types a test can hold up, and whose failure it can look for."""

import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from generators import Parameters, Spec

FAILURE = "the well is dry\n00:00:00.000 INFO    📦 served from cache  GET /forged 200"

# Loading in the workers' own process, and there alone, can be made to fail.
if "INKWELL_SPILLED" in os.environ and any(each.endswith("fork_server") for each in sys.orig_argv):
    raise ImportError("the inkwell is spilled")

# So can it be held up, wherever it is loaded.
if "INKWELL_LOADING" in os.environ:
    Path(os.environ["INKWELL_LOADING"]).read_bytes()


class Inkwell:
    """Draws `size` × `size` pixels of noise once `before` has returned."""

    def __init__(self, name, before, size=16):
        self.spec = Spec(name, name, size, size, "RGB", "1", Parameters)
        self._before = before

    def render(self, parameters, seed):
        self._before()
        shape = (self.spec.height, self.spec.width, 3)
        return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8))


def wait_at_gate():
    """Wait until somebody has opened the named pipe for writing, and closed it."""
    Path(os.environ["INKWELL_GATE"]).read_bytes()


def fail():
    raise ValueError(FAILURE)


GATED = Inkwell("gated", wait_at_gate)
BROKEN = Inkwell("broken", fail)
HUGE = Inkwell("huge", lambda: None, 2048)  # 12 MB, more than any socket holds
