"""`nanobanana analyze`: what ails the caches of a running service, and what to set."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .client import Client, Json, with_client

_FILE_COLUMNS = 200

_COLOURS = {"healthy": "green", "low-volume": "dim"}
_AILING = "yellow"


def analyze(options: argparse.Namespace) -> int:
    """Print predictions, diagnoses and advice as a table, as they are, or as lines for `.env`."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _FILE_COLUMNS  # nothing is to be cut off in a file

    async def run(client: Client) -> None:
        answer = await client.json("/cache/analytics")
        if options.json:
            console.print_json(json.dumps(answer))
        elif options.apply:
            _print_settings(console, answer["analytics"])
        else:
            console.print(_report(answer["analytics"]))

    return with_client(options, run)


def _report(analytics: Json) -> RenderableType:
    parts: list[RenderableType] = [_table(analytics)]
    for name, analysis in analytics.items():
        for advice in analysis["recommendations"]:
            parts.append(Text.assemble((name, "bold"), ": ", _told(advice)))
            parts.append(Padding(Text(advice["why"]), (0, 0, 0, 2), expand=False))
    if len(parts) == 1:
        parts.append(Text("Nothing to change."))
    return Group(*parts)


def _table(analytics: Json) -> Table:
    table = Table(
        title="Hit ratio in %, now and as predicted at multiples of the capacity",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("type")
    multiples = dict.fromkeys(
        multiple
        for analysis in analytics.values()
        for multiple in analysis["predicted_hit_ratio"]["capacity"]
    )
    for heading in ("lookups", "now", *multiples):
        table.add_column(heading, justify="right")
    table.add_column("diagnosis")
    for name, analysis in analytics.items():
        predicted = analysis["predicted_hit_ratio"]["capacity"]
        asked = bool(analysis["lookups"])
        table.add_row(
            name,
            str(analysis["lookups"]),
            f"{100 * analysis['hit_ratio']:.1f}" if asked else "-",
            *(f"{100 * predicted[each]:.0f}" if asked else "-" for each in multiples),
            Text(analysis["diagnosis"], style=_COLOURS.get(analysis["diagnosis"], _AILING)),
        )
    return table


def _told(advice: Json) -> str:
    ratio = advice["predicted_hit_ratio"]
    hits = "" if ratio is None else f", then {ratio:.1%} hit"
    if advice["setting"] is None:
        return str(advice["action"]).replace("-", " ") + hits
    return f"{advice['setting']}={_value(advice['to'])}, was {_value(advice['from'])}{hits}"


def _print_settings(console: Console, analytics: Json) -> None:
    lines = list(_env_lines(analytics))
    if not lines:
        Console(stderr=True, highlight=False).print("Nothing to change.")
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def _env_lines(analytics: Json) -> Iterator[str]:
    """Yield a line for each setting that is advised, after comments that say why.

    Where types that share a setting want different numbers, the largest serves all.
    """
    wanted: dict[str, list[tuple[str, Json]]] = {}
    for name, analysis in analytics.items():
        for advice in analysis["recommendations"]:
            if advice["setting"] is not None:
                wanted.setdefault(advice["setting"], []).append((name, advice))
    for setting, advices in wanted.items():
        for name, advice in advices:
            yield f"# {name}: {' '.join(advice['why'].split())}"
        yield f"{setting}={_value(max(advice['to'] for _, advice in advices))}"


def _value(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
