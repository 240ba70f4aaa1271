"""Draw each dashboard as an operator sees it: `python -m bench.dashboard_pictures --into docs`.

With `--prometheus HOST:PORT` it draws what that Prometheus knows of the last minutes. Without, it
starts the service and a Prometheus on free ports of this machine, asks for images as many callers
would, clears the cache once, and draws that. What the environment sets, such as CACHE_TIERS, holds
for the service. A panel whose series there are not is drawn as 'no data'.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from bench.curves import Curve
from bench.panel_drawing import Json, Mark, draw
from monitoring.dashboards import queries

SCRAPE_SECONDS = 1
# Long enough for a smooth line, short beside minutes.
RATE_SECONDS = 15
POINTS = 180
DEADLINE_SECONDS = 30
CALLERS = 4

# Rooms and times small enough that minutes show evictions and expirations.
SETTINGS = {
    "CACHE_SIZE_ENSO": "30",
    "CACHE_SIZE_SIGIL": "12",
    "CACHE_SIZE_DIRECTED_ENSO": "20",
    "CACHE_SIZE_PARCHMENT": "20",
    "CACHE_TTL_SIGIL": "40",
    "CACHE_TTL_CREATURE": "30",
    "CACHE_MAX_MEMORY_MB": "40",
    "LOG_LEVEL": "error",
}
# How often a type is asked for, and among how many of its seeds.
DEMAND = {
    "enso": (8, 60),
    "sigil": (5, 12),
    "giraffe": (3, 6),
    "kangaroo": (3, 6),
    "parchment": (2, 30),
}
# The deep dive is opened for one type, from an alert about it.
CHOSEN = {"nanobanana-asset-type": {"asset_type": "enso"}}
PROMPTS = ("calm water", "a storm at night", "first snow", "joy", "grief", "a temple bell", "fire")


class Prometheus:
    """A Prometheus that is asked about a span of time.

    Args:
        address: host and port.
        span: start and end, in seconds since the epoch.
        chosen: the dashboard's variables that are not "All".
    """

    def __init__(self, address: str, span: tuple[float, float], chosen: dict[str, str]) -> None:
        self._address, self.span, self.chosen = address, span, chosen
        self._step = max(SCRAPE_SECONDS, (span[1] - span[0]) / POINTS)
        self._variables = chosen | {
            "__rate_interval": f"{max(RATE_SECONDS, round(4 * self._step))}s",
            "__range": f"{round(span[1] - span[0])}s",
        }

    def curves(self, panel: Json) -> list[Curve]:
        """Return the answers to a panel's queries, each series with its name in the legend."""
        found = []
        for target in panel["targets"]:
            for labels, points in self.answer(target["expr"], instant=target.get("instant", False)):
                name = target["legendFormat"]
                for label, value in labels.items():
                    name = name.replace(f"{{{{{label}}}}}", value)
                times = [float(moment) for moment, _ in points]
                values = [float(value) for _, value in points]
                # NaN is a quantile or a ratio of nothing.
                if any(map(math.isfinite, values)):
                    found.append(Curve(name, target["refId"], labels, times, values))
        return found

    def marks(self, dashboard: Json) -> Iterator[Mark]:
        """Return the dashboard's annotations within the span."""
        for annotation in dashboard["annotations"]["list"]:
            for _, points in self.answer(annotation["expr"], instant=False):
                if annotation.get("useValueForTime"):
                    moments = {float(value) / 1000 for _, value in points}
                else:
                    moments = {float(points[0][0])}
                for moment in moments:
                    if self.span[0] <= moment <= self.span[1]:
                        yield Mark(moment, annotation["iconColor"])

    def answer(self, expr: str, *, instant: bool) -> list[tuple[dict[str, str], list[list[str]]]]:
        """Return labels and points (time, value as text) of every series of an answer."""
        asked = {"query": queries.filled(expr, **self._variables)}
        if instant:
            path, asked["time"] = "query", str(self.span[1])
        else:
            path = "query_range"
            asked |= {"start": str(self.span[0]), "end": str(self.span[1]), "step": str(self._step)}
        query = urllib.parse.urlencode(asked)
        with urllib.request.urlopen(
            f"http://{self._address}/api/v1/{path}?{query}", timeout=DEADLINE_SECONDS
        ) as response:
            result = json.load(response)["data"]["result"]
        return [(each["metric"], each.get("values") or [each["value"]]) for each in result]


def main() -> None:
    """Draw one picture for each dashboard."""
    parser = argparse.ArgumentParser(prog="python -m bench.dashboard_pictures", description=__doc__)
    parser.add_argument("--prometheus", metavar="HOST:PORT", help="draw what this one knows")
    parser.add_argument("--minutes", type=float, default=4, help="how long to load, or look back")
    parser.add_argument("--into", type=Path, default=Path("docs"), metavar="FOLDER")
    told = parser.parse_args()
    if told.prometheus:
        now = time.time()
        _draw_all(told.prometheus, (now - 60 * told.minutes, now), told.into)
        return
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        service = stack.enter_context(_service(Path(name)))
        prometheus = stack.enter_context(_prometheus(Path(name), service))
        start = time.time()
        asyncio.run(_load(service, 60 * told.minutes))
        _draw_all(prometheus, (start, time.time()), told.into)


def _draw_all(address: str, span: tuple[float, float], folder: Path) -> None:
    for dashboard in queries.written():
        prometheus = Prometheus(address, span, CHOSEN.get(dashboard["uid"], {}))
        path = folder / f"{dashboard['uid'].removeprefix('nanobanana-')}-dashboard.png"
        marks = list(prometheus.marks(dashboard))
        draw(dashboard, prometheus.curves, marks, span, prometheus.chosen, path)
        print(path)


@contextlib.contextmanager
def _service(folder: Path) -> Iterator[str]:
    address = _free_address()
    environment = SETTINGS | dict(os.environ) | {"PORT": address.rpartition(":")[2]}
    environment["CACHE_DISK_PATH"] = str(folder / "tier")
    command = [sys.executable, "-m", "service", "serve"]
    with _running(command, address, "/ready", environment):
        yield address


@contextlib.contextmanager
def _prometheus(folder: Path, service: str) -> Iterator[str]:
    program = shutil.which("prometheus")
    if program is None:
        sys.exit("prometheus is not on PATH; to install it: sudo apt-get install prometheus")
    config = folder / "prometheus.yml"
    interval = f"{SCRAPE_SECONDS}s"
    scraped = {"job_name": "nanobanana", "static_configs": [{"targets": [service]}]}
    # JSON is YAML.
    config.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": interval, "scrape_timeout": interval},
                "scrape_configs": [scraped],
            }
        )
    )
    address = _free_address()
    command = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address={address}",
        "--log.level=error",
    ]
    with _running(command, address, "/-/ready", dict(os.environ)):
        yield address


@contextlib.contextmanager
def _running(
    command: list[str], address: str, ready: str, environment: dict[str, str]
) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment)
    try:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not _answers(address, ready):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{command[0]} did not start")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


def _answers(address: str, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


async def _load(service: str, seconds: float) -> None:
    """Ask for images as callers with favourites do, and clear the cache after two thirds."""
    end = time.monotonic() + seconds
    async with (
        aiohttp.ClientSession(f"http://{service}") as session,
        asyncio.TaskGroup() as group,
    ):
        for number in range(CALLERS):
            group.create_task(_call(session, random.Random(number), end))
        group.create_task(_clear_later(session, seconds * 2 / 3))


async def _call(session: aiohttp.ClientSession, chance: random.Random, end: float) -> None:
    while time.monotonic() < end:
        async with session.get(_wanted(chance)) as response:
            await response.read()
        await asyncio.sleep(chance.expovariate(12))


async def _clear_later(session: aiohttp.ClientSession, seconds: float) -> None:
    await asyncio.sleep(seconds)
    async with session.post("/cache/clear", params={"asset_type": "enso"}) as response:
        await response.read()


def _wanted(chance: random.Random) -> str:
    """Return a path: few seeds are asked for often, many now and then, as favourites are."""
    kind = chance.random()
    if kind < 0.02:
        return "/generate/unicorn"
    if kind < 0.04:
        return "/generate/enso?complexity=many"
    if kind < 0.12:
        prompt = f"{chance.choice(PROMPTS)} {_favourite(chance, 8)}"
        return f"/generate/directed/enso?{urllib.parse.urlencode({'prompt': prompt})}"
    weights = [weight for weight, _ in DEMAND.values()]
    (asset_type,) = chance.choices(list(DEMAND), weights)
    seed = _favourite(chance, DEMAND[asset_type][1])
    return f"/generate/{asset_type}?seed={seed}&format={chance.choice(('png', 'webp'))}"


def _favourite(chance: random.Random, among: int) -> int:
    return min(among - 1, int(chance.paretovariate(0.8)) - 1)


if __name__ == "__main__":
    main()
