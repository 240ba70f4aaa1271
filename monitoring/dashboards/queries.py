"""What the written dashboards ask Prometheus, with Grafana's variables filled in.

For whoever runs the queries without Grafana: tests against a real Prometheus, and the pictures of
the documentation. It reads the JSON files and needs the standard library alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parents[1] / "grafana" / "dashboards"

# "All" of every variable, and intervals that suit a scrape every 15 seconds.
DEFAULTS: Mapping[str, str] = {
    "job": ".+",
    "instance": ".+",
    "asset_type": ".+",
    "__rate_interval": "1m",
    "__range": "3h",
}

# A dashboard as Grafana's JSON has it.
Json = dict[str, Any]


class Query(NamedTuple):
    """One query of a dashboard.

    Attributes:
        dashboard: its uid.
        panel: title of the panel, or name of the annotation.
        expr: PromQL without variables.
    """

    dashboard: str
    panel: str
    expr: str


def written() -> list[Json]:
    """Return the dashboards as they were written, by the name of their files."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]


def queries(**variables: str) -> list[Query]:
    """Return every query of every dashboard: of its panels, then of its annotations.

    Args:
        variables: values in place of the `DEFAULTS`, such as `__rate_interval="5s"`.
    """
    return [
        Query(dashboard["uid"], name, filled(expr, **variables))
        for dashboard in written()
        for name, expr in _asked(dashboard)
    ]


def filled(expr: str, **variables: str) -> str:
    """Return PromQL with the variables filled in; KeyError for one that has no value."""
    values = {**DEFAULTS, **variables}
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: values[found[1] or found[2]], expr)


def panels(dashboard: Json) -> list[Json]:
    """Return the panels of a dashboard that show something: all but its rows."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def _asked(dashboard: Json) -> Iterator[tuple[str, str]]:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]
