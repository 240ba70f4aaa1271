"""What is installed is locked by hash, and no file says where from: any mirror will do."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

LOCKS = ("run.txt", "dev.txt", "build.txt")

# Split, so that this file names none.
REGISTRIES = ("pypi" + ".org", "python" + "hosted", "pypi" + ".python", "npm" + "js.")
SKIPPED = {".git", ".venv", "__pycache__", "dist", "build", "node_modules"}


def locked(text):
    """Return the requirements of a lock, each with its hashes."""
    joined = re.sub(r"\\\n\s*", "", text)
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def name_of(line):
    return Requirement(line.split(" --hash")[0]).name.lower().replace("_", "-")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_locked_by_hash(root, lock):
    lines = locked((root / "requirements" / lock).read_text())
    assert lines
    for line in lines:
        assert re.match(r"[\w.\[\]-]+==[\w.!+]+( ; .+?)? --hash=sha256:[0-9a-f]{64}", line), line
        assert not re.search(r"://|--index|--extra|--find|--trusted|@", line), line


def test_every_direct_dependency_is_locked_within_its_bounds(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    pins = {}
    for line in locked((root / "requirements" / "run.txt").read_text()):
        pins.setdefault(name_of(line), []).append(re.search(r"==([\w.!+]+)", line)[1])
    for text in project["project"]["dependencies"]:
        wanted = Requirement(text)
        versions = pins[wanted.name.lower().replace("_", "-")]
        assert wanted.specifier, text
        assert all(wanted.specifier.contains(version) for version in versions), text


def test_development_runs_what_is_served(root):
    run, dev = (set(locked((root / "requirements" / name).read_text())) for name in LOCKS[:2])
    assert run <= dev


def test_no_file_names_a_registry(root):
    named = []
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if not path.is_file() or any(
            part in SKIPPED or part.endswith("_cache") for part in relative.parts
        ):
            continue
        text = path.read_bytes().decode("utf-8", "ignore").lower()
        named += [f"{relative}: {host}" for host in REGISTRIES if host in text]
    assert named == []
