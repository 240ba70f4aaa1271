"""Small generators for tests of the pool and the registry; importable in worker processes."""

import os
import sys
import time
from typing import Literal

import numpy as np
from PIL import Image
from pydantic import Field

from generators.errors import RegistryError
from generators.generator import GradientMap, Parameters, Spec
from generators.registry import Registry


class NoParameters(Parameters):
    pass


class Grain:
    """A noisy field of 512² pixels with transparency: a file of about 200 KB in milliseconds."""

    spec = Spec("grain", "Noise", 512, 512, "RGBA", "1", NoParameters)

    def render(self, parameters, seed):
        field = np.random.default_rng(seed).integers(0, 256, (512, 512), np.uint8)
        table = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 4, axis=1)
        return GradientMap(field, table)


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError("no words")


class UnrulyParameters(Parameters):
    deed: Literal[
        "draw", "raise", "unspeakable", "exit", "die", "list", "small", "grey", "float", "bent"
    ] = "draw"
    spin_seconds: float = Field(0, description="how long it calculates first")
    sleep_seconds: float = Field(0, description="how long it sleeps first")


class Unruly:
    """A red square of 32×24 pixels, or whatever else the parameters ask for."""

    spec = Spec("unruly", "A square, if it likes", 32, 24, "RGB", "1", UnrulyParameters)

    def render(self, parameters, seed):
        end = time.perf_counter() + parameters.spin_seconds
        while time.perf_counter() < end:
            pass
        time.sleep(parameters.sleep_seconds)
        return getattr(self, f"_{parameters.deed}")()

    def _draw(self):
        return Image.new("RGB", (32, 24), "red")

    def _raise(self):
        raise ValueError("secret words")

    def _unspeakable(self):
        raise Unspeakable

    def _exit(self):
        sys.exit(3)

    def _die(self):
        os._exit(9)

    def _list(self):
        return [1, 2, 3]

    def _small(self):
        return Image.new("RGB", (8, 8))

    def _grey(self):
        return Image.new("L", (32, 24))

    def _float(self):
        return GradientMap(np.zeros((24, 32)), np.zeros((256, 3), np.uint8))

    def _bent(self):
        return GradientMap(np.zeros((24, 32), np.uint8), np.zeros((9, 3), np.uint8))


class Hogging:
    """Holds the interpreter for ever, in C: no other thread of its process ever runs."""

    spec = Spec("hogging", "Never ends", 16, 16, "RGB", "1", NoParameters)

    def render(self, parameters, seed):
        return sum(range(10**15))


def load_sketches():
    return Registry((Grain(), Unruly(), Hogging()))


class Broken:
    spec = Spec("broken", "Never draws", 16, 16, "RGB", "1", NoParameters)

    def render(self, parameters, seed):
        raise OSError("the brush is lost")


def load_broken():
    return Registry((Broken(),))


def load_nothing():
    raise RegistryError("the ink is dry")


def load_and_die():
    os._exit(1)
