"""The wheel holds everything that the service needs, and works where it alone is installed."""

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email import message_from_bytes
from pathlib import PurePosixPath

import pytest


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """A fresh virtual environment with the wheel; what it depends on is lent by ours."""
    folder = tmp_path_factory.mktemp("installed")
    venv.EnvBuilder(symlinks=True).create(folder)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", folder / "bin" / "python"),
            *("install", "--quiet", "--no-index", "--no-deps", "--no-compile", wheel),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    lent = folder / "lib" / version / "site-packages" / "lent.pth"
    lent.write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def run(installed, *arguments):
    """Run a program of the environment, away from the checkout, and return what it prints."""
    ended = subprocess.run(
        [installed / "bin" / arguments[0], *arguments[1:]],
        cwd=installed,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_it_holds_every_file_of_the_packages_and_nothing_else(wheel, root, packages):
    there = {
        path.relative_to(root).as_posix()
        for package in packages
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    ours = {name for name in names if PurePosixPath(name).parts[0] in packages}
    assert ours == there
    assert {PurePosixPath(name).parts[0].rpartition(".")[2] for name in names - ours} == {
        "dist-info"
    }
    assert {f"{package}/py.typed" for package in packages} <= ours


def test_it_is_never_to_be_uploaded_and_tells_its_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
        assert any(each.endswith("/licenses/LICENSE") for each in archive.namelist())
    assert "Private :: Do Not Upload" in metadata.get_all("Classifier")
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"


def test_no_other_distribution_claims_our_packages(installed, packages):
    program = (
        "import json; from importlib.metadata import packages_distributions as owners;"
        f"print(json.dumps({{name: owners()[name] for name in {packages}}}))"
    )
    owners = json.loads(run(installed, "python", "-c", program))
    assert owners == {name: ["nanobanana"] for name in packages}


def test_its_console_script_draws(installed, tmp_path):
    where = run(installed, "python", "-c", "import service; print(service.__file__)")
    assert where.startswith(str(installed))
    drawn = tmp_path / "parchment.png"
    run(installed, "nanobanana", "render", "parchment", "--width", "64", "-o", str(drawn))
    assert drawn.read_bytes().startswith(b"\x89PNG")
