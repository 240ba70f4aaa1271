"""Write the dashboards, or with `--check` tell whether those written are up to date."""

from __future__ import annotations

import argparse
import json
import sys

from .asset_type import asset_type
from .capacity import capacity
from .foundation import JSONEncoder, model
from .overview import overview
from .queries import FOLDER


def rendered() -> dict[str, str]:
    """Return the text of every dashboard by its file's name; the same each time."""
    return {f"{each.uid}.json": _text(each) for each in (overview(), asset_type(), capacity())}


def _text(dashboard: model.Dashboard) -> str:
    encoded = json.dumps(dashboard, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{encoded}\n"


def main() -> int:
    """Return 0, or 1 where `--check` finds a file that differs, is missing or is too many."""
    parser = argparse.ArgumentParser(prog="python -m monitoring.dashboards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    if not parser.parse_args().check:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, text in rendered().items():
            (FOLDER / name).write_text(text, encoding="utf-8")
        return 0
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    if written == rendered():
        return 0
    sys.stderr.write(f"{FOLDER} is out of date: run python -m monitoring.dashboards\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
