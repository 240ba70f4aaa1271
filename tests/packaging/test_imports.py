"""Every module imports alone, silently and without doing anything; faces list what is public."""

import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
PACKAGES = ("cache", "generators", "monitoring", "service")
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
)
FACES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts)
    for package in PACKAGES
    for path in (ROOT / package).rglob("__init__.py")
)


def run(program, *arguments):
    """Run one of our programs with warnings as errors and return what it prints."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", PROGRAMS / program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout, ended.stderr


def test_every_module_imports_alone_and_without_a_warning():
    failed, why = run("import_alone.py", *MODULES)
    assert failed.split() == [], why


def test_importing_starts_and_reads_nothing():
    told, _ = run("import_watched.py", *MODULES)
    assert json.loads(told) == []


@pytest.mark.parametrize("name", FACES)
def test_a_package_lists_exactly_what_is_public(name):
    package = importlib.import_module(name)
    public = {
        each
        for each, value in vars(package).items()
        if not each.startswith("_") and not inspect.ismodule(value) and each != "annotations"
    }
    assert public == set(getattr(package, "__all__", ()))
