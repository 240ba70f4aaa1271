"""`nanobanana doctor`: whether everything that a start needs works here."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from rich.console import Console

from generators import (
    Format,
    GenerationReport,
    GeneratorsError,
    Order,
    RegistryError,
    Spec,
    WorkerPool,
    load_registry,
)
from generators.director import LOCAL_MODEL, Directing, DirectorError

from ..app import director_settings
from ..catalogue import warmable
from ..errors import SettingsError
from ..settings import Settings, load_settings

_TIMEOUT_SECONDS = 60.0

Check = Callable[[Settings, tuple[Spec, ...]], Awaitable[str]]


def doctor(_options: argparse.Namespace) -> int:
    """Check the settings, the workers and the director, saying of each whether it works."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    try:
        settings = load_settings()
        specs = load_registry().specs()
        names = [spec.name for spec in specs]
        settings.check_types(names, [spec.name for spec in specs if warmable(spec)])
    except SettingsError as error:
        for line in error.lines:
            console.print(f"✗ settings: {line}")
        return 1
    except RegistryError as error:
        console.print(f"✗ generators: {error}")
        return 1
    console.print(f"✓ settings: valid; asset types: {', '.join(names)}")
    return asyncio.run(_check_parts(settings, specs, console))


async def _check_parts(settings: Settings, specs: tuple[Spec, ...], console: Console) -> int:
    checks: tuple[tuple[str, Check], ...] = (
        ("workers", _check_workers),
        ("director", _check_director),
    )
    failed = 0
    for name, check in checks:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                console.print(f"✓ {name}: {await check(settings, specs)}")
        except (GeneratorsError, DirectorError, TimeoutError) as error:
            # The last line of what may be a traceback from another process says what it was.
            reason = (str(error).strip() or "no answer in time").splitlines()[-1]
            console.print(f"✗ {name}: {reason}")
            failed = 1
    return failed


async def _check_workers(settings: Settings, specs: tuple[Spec, ...]) -> str:
    def ignore(_report: GenerationReport) -> None:
        """Drop the report: nobody counts here."""

    pool = WorkerPool(
        load_registry,
        workers=settings.generator_workers,
        queue_max=settings.generation_queue_max,
        timeout_seconds=settings.generation_timeout_seconds,
        listener=ignore,
    )
    try:
        await pool.start()
        spec = next(spec for spec in specs if warmable(spec))
        drawing = await pool.draw(Order(spec.name, spec.parameters(), 0, Format.PNG))
    finally:
        await pool.close()
    seconds = drawing.render_seconds + drawing.encode_seconds
    return f"{pool.report().workers} start; {spec.name} drawn in {seconds * 1000:.0f} ms"


async def _check_director(settings: Settings, _specs: tuple[Spec, ...]) -> str:
    provider = Directing(director_settings(settings)).route().provider
    if provider is None:
        return f"{LOCAL_MODEL}, embedded"
    # Asked directly: what the service lists to callers falls back to models that it knows.
    from generators.director.openai_client import OpenAIDirector  # takes most of a second

    director = OpenAIDirector(provider.base_url, settings.llm_timeout_seconds)
    try:
        models = await director.models(provider.key)
    finally:
        await director.close()
    return f"{settings.default_model} at {provider.base_url}, which lists {len(models)} models"
