"""What a picture costs: by type at its defaults and at the slowest corner of its parameters.

A process of its own draws, with BLAS on one thread as in the service's workers. Times are of the
CPU; where nothing else runs, they are those of the wall. A corner has every number at its lowest or
highest; a few seeds of each tell which corner is the slowest.
"""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

from rich.console import Console
from rich.table import Table

from generators import Format, Parameters, Registry, encode, load_registry
from generators.director import Direction
from service.catalogue import is_directed, warmable

SEEDS = 30
SEEDS_PER_CORNER = 2

CREATURE_MS = 50.0
ALLOWED_P50_MS = {
    "parchment": 60.0,
    "enso": 25.0,
    "directed_enso": 25.0,
    "sigil": 20.0,
    "giraffe": CREATURE_MS,
    "kangaroo": CREATURE_MS,
}
ALLOWED_CORNER_P95_MS = 120.0
ALLOWED_KB = {"parchment": 650.0}
USUAL_ALLOWED_KB = 150.0


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU times in milliseconds and sizes in thousands of bytes, one of each per picture."""

    render: list[float]
    encode: list[float]
    size: list[float]

    @property
    def both(self) -> list[float]:
        """Rendering and encoding together."""
        return [render + encode for render, encode in zip(self.render, self.encode, strict=True)]


Measure = Callable[[str, Parameters, int], Costs]


def main(console: Console) -> None:
    """Draw, and print one table with the goals beside what was measured."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # is read by the process that is spawned now
    with ProcessPoolExecutor(1, get_context("spawn")) as process:

        def measure(name: str, parameters: Parameters, seeds: int) -> Costs:
            return process.submit(draw, name, parameters, seeds).result()

        _report(console, measure)


def draw(name: str, parameters: Parameters, seeds: int) -> Costs:
    """Return what the pictures of seeds from 0 on cost, after one that is not counted."""
    generator = _registry().get(name)
    generator.render(parameters, seeds)
    costs = Costs([], [], [])
    for seed in range(seeds):
        started = time.thread_time()
        picture = generator.render(parameters, seed)
        rendered = time.thread_time()
        file = encode(picture, Format.PNG, None)
        costs.render.append((rendered - started) * 1000)
        costs.encode.append((time.thread_time() - rendered) * 1000)
        costs.size.append(len(file) / 1000)
    return costs


@cache
def _registry() -> Registry:
    return load_registry()


def _report(console: Console, measure: Measure) -> None:
    table = Table(title=f"Drawing and encoding, {SEEDS} seeds each\n({load_average()})")
    table.add_column("")
    for heading in ("render ms", "PNG ms", "both p50", "both p95", "kB p95"):
        table.add_column(heading, justify="right", no_wrap=True)
    corners = []
    for spec in filter(lambda each: is_directed(each) or warmable(each), _registry().specs()):
        model = Direction if is_directed(spec) else spec.parameters
        corner = _slowest_corner(measure, spec.name, model)
        allowed_kb = f"(≤ {ALLOWED_KB.get(spec.name, USUAL_ALLOWED_KB):g})"
        allowed_ms = ALLOWED_P50_MS.get(spec.name)
        p50_goal = f"(≤ {allowed_ms:g})" if allowed_ms else ""
        usual = measure(spec.name, model(), SEEDS)
        table.add_row(spec.name, *_cells(usual, p50_goal, "", allowed_kb))
        extreme = measure(spec.name, corner, SEEDS)
        p95_goal = f"(< {ALLOWED_CORNER_P95_MS:g})"
        table.add_row("  slowest corner", *_cells(extreme, "", p95_goal, allowed_kb))
        corners.append(f"{spec.name}: {_told(corner)}")
    console.print(table)
    console.print("Slowest corners:", *corners, sep="\n  ")


def _cells(costs: Costs, p50_goal: str, p95_goal: str, kb_goal: str) -> list[str]:
    return [
        f"{quantile(costs.render, 0.5):.1f}",
        f"{quantile(costs.encode, 0.5):.1f}",
        f"{quantile(costs.both, 0.5):.1f} {p50_goal}",
        f"{quantile(costs.both, 0.95):.1f} {p95_goal}",
        f"{quantile(costs.size, 0.95):.0f} {kb_goal}",
    ]


def _slowest_corner(measure: Measure, name: str, model: type[Parameters]) -> Parameters:
    least = {corner: min(measure(name, corner, SEEDS_PER_CORNER).both) for corner in corners(model)}
    return max(least, key=lambda corner: least[corner])


def corners(model: type[Parameters]) -> Iterator[Parameters]:
    """Give every combination of lowest and highest numbers; the defaults if none is bounded."""
    ends: dict[str, tuple[float, float]] = {}
    for name, described in model.model_json_schema().get("properties", {}).items():
        for choice in described.get("anyOf", [described]):
            if "minimum" in choice and "maximum" in choice:
                ends[name] = choice["minimum"], choice["maximum"]
    for values in itertools.product(*ends.values()):
        yield model.model_validate(dict(zip(ends, values, strict=True)))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the least value that `share` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def load_average() -> str:
    """Return how busy the machine was in the last minute, to be told beside figures."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _told(parameters: Parameters) -> str:
    values = parameters.model_dump(exclude_unset=True)
    return ", ".join(f"{name} {value:g}" for name, value in values.items())
