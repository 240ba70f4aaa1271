"""The runbooks beside this module, as Markdown: one for each alert, named after it."""

from __future__ import annotations

from importlib.resources import files


def load_runbooks() -> dict[str, str]:
    """Return the Markdown of every runbook by its alert's name, in the order of the names."""
    folder = files(__package__) / "runbooks"
    return {
        file.name.removesuffix(".md"): file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".md")
    }
