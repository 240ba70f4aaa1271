"""Draws the configured types before the service calls itself ready."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from cache import CacheError
from generators import Format, GenerationError, Spec

from .assets import Assets
from .catalogue import path_of
from .problems import Problem
from .targets import TargetParser

_log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 30.0


async def warm_up(assets: Assets, specs: Iterable[Spec]) -> None:
    """Draw the current asset of each type in `specs`; a type that fails is logged and left cold."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS), asyncio.TaskGroup() as group:
            for spec in specs:
                group.create_task(_warm(assets, spec))
    except TimeoutError:
        _log.warning("warm-up was not finished within %g s", _TIMEOUT_SECONDS)


async def _warm(assets: Assets, spec: Spec) -> None:
    try:
        await assets.warm(TargetParser(spec, path_of(spec)).parse("", Format.PNG))
    except (GenerationError, CacheError, Problem) as error:
        _log.warning("%s was not warmed: %s", spec.name, error)
    else:
        _log.info("✨ generated %s to warm its cache", spec.name)
