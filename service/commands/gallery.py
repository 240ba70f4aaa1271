"""`nanobanana gallery`: a contact sheet of seeds nobody chose, for every type and setting."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from pydantic import ValidationError
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from generators import (
    MAX_SEED,
    MAX_WIDTH,
    MIN_WIDTH,
    Format,
    GenerationReport,
    GeneratorsError,
    Order,
    Parameters,
    Spec,
    WorkerPool,
    encode,
    load_registry,
)
from generators.contact_sheet import Row, Section, contact_sheet
from generators.director import LocalDirector

from ..catalogue import is_directed
from ..errors import CommandFailed, UsageError
from ..settings import load_settings

_PROMPTS = ("a quiet lake at dawn", "an old sailor remembers the sea", "burning rage")
_DEFAULT = "default"
_MAX_SEEDS = 100
_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Setting:
    """Parameters that a row of the sheet is drawn with, and what the row is called."""

    caption: str
    parameters: Parameters


Plan = list[tuple[Spec, list[Setting]]]
"""What to draw of which type, in order."""


def gallery(options: argparse.Namespace) -> int:
    """Draw the sheet that the arguments ask for."""
    output = Path(options.output)
    _check(options, output)
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    plan = _plan(options.asset_types, console)
    if options.default_only:
        plan = [(spec, [_at_defaults(settings)]) for spec, settings in plan]
    orders = [
        Order(spec.name, setting.parameters, seed, Format.PNG, options.tile)
        for spec, settings in plan
        for setting in settings
        for seed in seeds
    ]
    try:
        files = asyncio.run(_drawn(orders, console))
    except GeneratorsError as error:
        raise CommandFailed(str(error)) from error
    sheet = contact_sheet(_sections(plan, seeds, iter(files)), seeds)
    try:
        output.write_bytes(encode(sheet, Format.PNG, None))
    except OSError as error:
        raise CommandFailed(f"cannot write {output}: {error.strerror}") from error
    return 0


def settings_of(spec: Spec) -> list[Setting]:
    """Return the settings to show a type at: low, default and high; a few prompts if directed.

    Low and high put every number that has an inclusive bound there on it, and leave the rest at
    the defaults. A setting that the type's model refuses, or that repeats another, is none.
    """
    if is_directed(spec):
        director = LocalDirector()
        return [_directed(prompt, director) for prompt in _PROMPTS]
    settings: list[Setting] = []
    for name, bound in (("low", "minimum"), (_DEFAULT, ""), ("high", "maximum")):
        values = dict(_bounds(spec, bound))
        if bound and not values:
            continue
        try:
            parameters = spec.parameters.model_validate(values)
        except ValidationError:
            continue
        if all(parameters != other.parameters for other in settings):
            settings.append(Setting(_caption(name, values), parameters))
    return settings


def _at_defaults(settings: list[Setting]) -> Setting:
    # A directed type has no defaults; its last prompt stands for it.
    return next((each for each in settings if each.caption == _DEFAULT), settings[-1])


def _directed(prompt: str, director: LocalDirector) -> Setting:
    direction = director.direct(prompt)
    return Setting(
        f'"{prompt}": {direction.color}, complexity {direction.complexity}, '
        f"chaos {direction.chaos:.2g}",
        direction,
    )


def _bounds(spec: Spec, bound: str) -> Iterator[tuple[str, float]]:
    schema = spec.parameters.model_json_schema()
    for name, described in schema.get("properties", {}).items():
        for choice in described.get("anyOf", [described]):
            if bound in choice:
                yield name, choice[bound]


def _caption(name: str, values: dict[str, float]) -> str:
    listed = ", ".join(f"{each} {value:g}" for each, value in values.items())
    return f"{name}: {listed}" if listed else name


def _check(options: argparse.Namespace, output: Path) -> None:
    if output.suffix.lower() != ".png":
        raise UsageError(f"--output {output}: the name must end in .png")
    if not 1 <= options.seeds <= _MAX_SEEDS:
        raise UsageError(f"--seeds {options.seeds}: must be from 1 to {_MAX_SEEDS}")
    last = MAX_SEED - options.seeds + 1
    if not 0 <= options.first_seed <= last:
        raise UsageError(f"--first-seed {options.first_seed}: must be from 0 to {last}")
    if not MIN_WIDTH <= options.tile <= MAX_WIDTH:
        raise UsageError(f"--tile {options.tile}: must be from {MIN_WIDTH} to {MAX_WIDTH}")


def _plan(names: Sequence[str], console: Console) -> Plan:
    """Return the named types, or all, that can be drawn without asking for something."""
    try:
        registry = load_registry()
    except GeneratorsError as error:
        raise CommandFailed(str(error)) from error
    unknown = [name for name in names if name not in registry]
    if unknown:
        raise UsageError(f"there is no asset type {unknown[0]!r}; there are: {', '.join(registry)}")
    plan = []
    for name in dict.fromkeys(names or registry):
        spec = registry.get(name).spec
        if settings := settings_of(spec):
            plan.append((spec, settings))
        else:
            console.print(f"nanobanana: {name} is left out: it requires parameters")
    if not plan:
        raise CommandFailed("there is nothing to draw")
    return plan


def _sections(plan: Plan, seeds: Sequence[int], files: Iterator[bytes]) -> list[Section]:
    def row(setting: Setting, spec: Spec) -> Row:
        return Row(setting.caption, [_picture(next(files), spec) for _ in seeds])

    return [Section(spec.name, [row(each, spec) for each in settings]) for spec, settings in plan]


def _picture(file: bytes, spec: Spec) -> Image.Image:
    return Image.open(BytesIO(file)).convert(spec.mode)


async def _drawn(orders: Sequence[Order], console: Console) -> list[bytes]:
    """Return the PNG file of every order, drawn by as many workers as the settings allow."""

    def ignore(_report: GenerationReport) -> None:
        """Drop the report: nobody counts here."""

    workers = load_settings().generator_workers
    pool = WorkerPool(
        load_registry,
        workers=workers,
        queue_max=0,
        timeout_seconds=_TIMEOUT_SECONDS,
        listener=ignore,
    )
    progress = Progress(
        *Progress.get_default_columns(),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    # A deadline runs from submission on, so an order is submitted when a worker is free for it.
    free = asyncio.Semaphore(max(1, workers))

    async def drawn(order: Order) -> bytes:
        async with free:
            drawing = await pool.draw(order)
        progress.advance(task)
        return drawing.body

    try:
        with progress:
            task = progress.add_task("drawing", total=len(orders))
            await pool.start()
            return await asyncio.gather(*map(drawn, orders))
    finally:
        await pool.close()
