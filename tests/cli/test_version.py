"""`nanobanana version` is instant, and exit codes say whether a command was asked rightly."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from service.cli import main

HEAVY = {"PIL", "aiohttp", "numpy", "prometheus_client", "pydantic", "rich"}


def test_version_tells_the_build():
    script = Path(sys.executable).with_name("nanobanana")
    ended = subprocess.run([script, "version"], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 0
    assert re.fullmatch(
        rf"nanobanana {re.escape(version('nanobanana'))} \(Python [\d.]+\S*\)\n", ended.stdout
    )


def test_version_imports_nothing_heavy():
    program = (
        "import sys; from service.cli import main; code = main(['version']);"
        f"sys.exit(code or ', '.join({HEAVY} & sys.modules.keys()) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=30)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["serve", "now"],
        ["render", "enso"],
        ["render", "enso", "--seed", "one", "-o", "enso.png"],
        ["stats", "--jsonn", "--yes"],
    ],
)
def test_arguments_that_make_no_sense_are_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: nanobanana" in capsys.readouterr().err


def test_help_is_exit_code_0(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for name in ("serve", "render", "stats", "clear", "warm", "config", "doctor", "version"):
        assert re.search(rf"^\s+{name}\s", told, re.MULTILINE), name
