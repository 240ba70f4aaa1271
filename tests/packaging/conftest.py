"""What the packaging tests share: the checkout, and its built wheel."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def packages():
    """The names of our packages."""
    return ("cache", "generators", "monitoring", "service")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The path of the wheel, built from the checkout as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (path,) = folder.iterdir()
    return path
