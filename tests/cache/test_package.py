"""The package stands on the standard library alone and exports exactly its public names."""

from __future__ import annotations

import subprocess
import sys
import types

import cache

FOREIGN = ("aiohttp", "PIL", "numpy", "prometheus_client", "pydantic")


def test_it_imports_alone_without_a_warning_and_brings_nothing_foreign():
    script = f"import sys, cache; print([name for name in {FOREIGN} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "[]\n", "")


def test_all_names_exactly_what_is_public():
    public = {
        name
        for name, value in vars(cache).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public == set(cache.__all__)
    assert sorted(cache.__all__) == sorted(set(cache.__all__))


def test_every_public_name_is_documented():
    undocumented = [
        name
        for name in cache.__all__
        if callable(getattr(cache, name)) and not getattr(cache, name).__doc__
    ]
    assert undocumented == []
