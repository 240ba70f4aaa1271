"""`nanobanana doctor`: whether everything that a start needs works here."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from cache import Tier
from cache.tiers import unheard
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
from ..tiers import lower_tiers

_TIMEOUT_SECONDS = 60.0
_MB = 2**20


class _TierUnfit(Exception):
    """A tier cannot do what the settings ask of it; the message says why."""


Check = Callable[[Settings, tuple[Spec, ...]], Awaitable[str]]


def doctor(_options: argparse.Namespace) -> int:
    """Check the settings, the workers, the director and the tiers, saying of each if it works."""
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
    checks: list[tuple[str, Check]] = [("workers", _check_workers), ("director", _check_director)]
    checks += [(tier.value, _TIER_CHECKS[tier]) for tier in lower_tiers(settings)]
    failed = 0
    for name, check in checks:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                console.print(f"✓ {name}: {await check(settings, specs)}")
        except (GeneratorsError, DirectorError, _TierUnfit, TimeoutError) as error:
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


async def _check_disk(settings: Settings, _specs: tuple[Spec, ...]) -> str:
    path = settings.cache_disk_path
    try:
        writable_bytes = await asyncio.to_thread(_writable_bytes, path)
    except OSError as error:
        raise _TierUnfit(f"{path} cannot be written: {error.strerror or error}") from error
    budget_mb, writable_mb = settings.cache_disk_max_bytes / _MB, writable_bytes / _MB
    if writable_mb < budget_mb:
        raise _TierUnfit(
            f"{path} has room for {writable_mb:.0f} MB, CACHE_DISK_MAX_MB is {budget_mb:.0f}"
        )
    return f"{path} is writable and has room for {budget_mb:.0f} MB"


def _writable_bytes(name: str) -> int:
    """Return what may be written below the directory `name`, what is there already included.

    Raises:
        OSError: nothing may.
    """
    path = Path(name).absolute()
    # Without it being made: its nearest folder that exists has to take it.
    folder = next(each for each in (path, *path.parents) if each.exists())
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"ink")
    held_bytes = 0
    for each in path.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # the service may be running
            held_bytes += each.lstat().st_size
    return shutil.disk_usage(folder).free + held_bytes


async def _check_redis(settings: Settings, _specs: tuple[Spec, ...]) -> str:
    from cache.tiers.redis_tier import RedisTier  # takes a while, and most use none

    redis = RedisTier(
        settings.redis_url, stale_seconds=0.0, listener=unheard, on_clear=lambda _: None
    )
    try:
        await redis.open()
        report = redis.report()
    finally:
        await redis.close()
    address = settings.effective(())["REDIS_URL"]
    if not report.up:
        reasons = sorted({reason.value for (_, reason), n in report.failures.items() if n})
        raise _TierUnfit(f"{address} does not answer ({', '.join(reasons)})")
    return f"{address} answers"


_TIER_CHECKS: dict[Tier, Check] = {Tier.DISK: _check_disk, Tier.REDIS: _check_redis}
