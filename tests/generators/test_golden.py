"""A seed is the same picture for ever: in every process, on any thread, in every later build.

`golden/` holds a small picture of every type by its renderer version. Where a change of the art is
meant, give the type another version and draw its picture anew, then look at it:

    REDRAW_GOLDEN=1 .venv/bin/python -m pytest tests/generators/test_golden.py
"""

import importlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generators.contact_sheet import ground_of, on_ground

GOLDEN = Path(__file__).parent / "golden"
MODULES = Path(__file__).parent / "modules"
WIDTH = 64
TOLERANCE = 2  # of 255 levels; processors differ by no more, which averaging only makes less
NAMES = ("parchment", "enso", "sigil", "giraffe", "kangaroo", "directed_enso")


@pytest.fixture(scope="module")
def portraits():
    """The module that draws the pictures, importable here and run as a program elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MODULES)
        yield importlib.import_module("portraits")


@pytest.fixture(scope="module")
def digests(portraits):
    """The hash of the file of every type and some seeds, as this thread draws them in order."""
    return portraits.digests(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_the_golden_one_of_its_version(portraits, name):
    spec = portraits.spec_of(name)
    drawn = small(portraits.portrait(name).image())
    file = GOLDEN / f"{name}-{spec.version}.png"
    if "REDRAW_GOLDEN" in os.environ:
        for outdated in GOLDEN.glob(f"{name}-*.png"):
            outdated.unlink()
        drawn.save(file, optimize=True)
        pytest.skip(f"{file.name} is drawn anew: look at it")
    assert file.exists(), f"no golden picture of version {spec.version}; see {__file__}"
    with Image.open(file) as image:
        golden = np.asarray(image, np.int16)
    off = np.abs(np.asarray(drawn, np.int16) - golden).max(axis=2)
    differ = np.count_nonzero(off > TOLERANCE)
    assert differ == 0, (
        f"{differ} of {off.size} pixels of {name} {spec.version} differ, by up to {off.max()} "
        f"levels: if that is meant, it needs another version; see {__file__}"
    )


@pytest.mark.parametrize(
    ("hash_seed", "blas_threads", "names"), [("1", "1", NAMES), ("2", "2", NAMES[::-1])]
)
def test_another_process_draws_the_same_bytes(digests, hash_seed, blas_threads, names):
    settings = {
        "PYTHONHASHSEED": hash_seed,
        "OPENBLAS_NUM_THREADS": blas_threads,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    end = subprocess.run(
        [sys.executable, MODULES / "portraits.py", *names],
        env={**os.environ, **settings},
        check=True,
        capture_output=True,
        timeout=60,
    )
    drawn = json.loads(end.stdout)
    assert [each for each in drawn if drawn[each] != digests[each]] == []
    assert len(drawn) == len(digests)


def test_threads_that_draw_at_once_and_in_other_orders_draw_the_same_bytes(portraits, digests):
    found = []
    together = threading.Barrier(4)

    def draw(start):
        together.wait(timeout=30)
        found.append(portraits.digests(NAMES[start:] + NAMES[:start], portraits.SEEDS[:1]))

    threads = [threading.Thread(target=draw, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = {each: digests[each] for each in found[0]}
    assert found == [alone] * 4


def small(picture):
    """Return what one sees of a picture on its ground, every pixel the mean of an area."""
    size = WIDTH, round(WIDTH * picture.height / picture.width)
    return on_ground(picture, ground_of(picture)).resize(size, Image.Resampling.BOX)
