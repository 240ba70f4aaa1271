"""What the tests of the worker side share: generators that worker processes can import."""

import importlib
from pathlib import Path

import pytest

MODULES = Path(__file__).parent / "modules"


@pytest.fixture(scope="module")
def sketches():
    """The module of small generators, importable here and in worker processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MODULES)
        yield importlib.import_module("sketches")
