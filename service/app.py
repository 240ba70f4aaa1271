"""The composition root: builds every part and hands each what it needs; nothing is global."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version as distribution_version
from typing import Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry

from cache import GenerationalCache
from generators import Registry, Spec, WorkerPool, load_registry
from generators.director import Directing, DirectorSettings
from monitoring import (
    CacheCollector,
    DirectorInstruments,
    EventLoopLag,
    GenerationInstruments,
    PoolCollector,
    RevalidationInstruments,
    Route,
    new_registry,
    publish_build_info,
)

from .assets import Asset, Assets
from .catalogue import warmable
from .directions import Directions
from .editions import Editions
from .exchange import Cors, Exchanges
from .health import Readiness
from .logs import LogWriter
from .openapi import openapi_document
from .routes.caches import CacheRoutes
from .routes.catalogue import CatalogueRoutes
from .routes.images import ImageRoutes
from .routes.operations import HealthRoutes, MetricsRoutes
from .security import Admins
from .settings import Settings
from .warm_up import warm_up

VERSION = distribution_version("nanobanana")

PLAIN_ROUTES = (
    Route("/"),
    Route("/generators"),
    Route("/models"),
    Route("/openapi.json"),
    Route("/cache/stats"),
    Route("/cache/clear", methods=("GET", "POST"), codes=(200, 400, 401, 403, 414, 500)),
    Route("/health"),
    Route("/ready", codes=(200, 400, 414, 500, 503)),
    Route("/metrics"),
)

_SWEEP_INTERVAL_SECONDS = 1.0
_SWEPT_PER_TYPE = 1000


class Endpoints(Protocol):
    """Some endpoints of the application."""

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register them."""
        ...


class Service:
    """All parts of one service.

    Args:
        settings: what the operator decided.
        log: takes the access lines.
        registry_loader: builds the registry, here and in every worker; a top-level function.
        clock: monotonic seconds, of the cache.

    Raises:
        SettingsError: a setting names an asset type that there is not.
        RegistryError: a plug-in cannot be used.

    Attributes:
        app: the endpoints; metrics_app: `/metrics` alone, where it has a port of its own.
    """

    def __init__(
        self,
        settings: Settings,
        log: LogWriter,
        registry_loader: Callable[[], Registry] = load_registry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._started_at = time.monotonic()

        # What there is to draw
        self.specs = registry_loader().specs()
        self._warm = _warm_specs(settings, self.specs)
        names = tuple(spec.name for spec in self.specs)

        # What is reported
        self.metrics = new_registry()
        self._lag = EventLoopLag(self.metrics)
        generations = GenerationInstruments(self.metrics, self.specs)

        # The cache, the drawing and where they meet
        self.cache = _new_cache(settings, self.specs, clock)
        self.workers = WorkerPool(
            registry_loader,
            workers=settings.generator_workers,
            queue_max=settings.generation_queue_max,
            timeout_seconds=settings.generation_timeout_seconds,
            listener=generations.finished,
        )
        self.directing = Directing(
            director_settings(settings), DirectorInstruments(self.metrics).asked
        )
        self.assets = Assets(
            self.cache,
            self.workers,
            Directions(self.directing, clock),
            Editions(clock),
        )

        # What answers
        self.exchanges = Exchanges(PLAIN_ROUTES, log, Cors(settings.cors_origins))
        self.readiness = Readiness(lambda: self.workers.ready)
        self.metrics_app = self._new_metrics_app()
        self.app = self._new_app()
        self._collect(names)

    async def become_ready(self) -> None:
        """Start the workers, then warm the cache; requests are answered meanwhile.

        Raises:
            WorkersUnavailable: the workers cannot start.
        """
        await self.workers.start()
        await self.directing.prepare()
        await warm_up(self.assets, self._warm)
        self.readiness.warmed_up = True

    def _new_app(self) -> web.Application:
        settings = self.settings
        token = settings.admin_token
        admins = Admins(None if token is None else token.get_secret_value())
        openapi = openapi_document(VERSION, self.specs)
        if self.metrics_app is not None:
            del openapi["paths"]["/metrics"]
        app = web.Application()
        endpoints: list[Endpoints] = [
            ImageRoutes(
                self.assets,
                self.directing,
                default_model=settings.default_model,
                providers_vary=bool(settings.llm_allowed_base_urls),
                admins=admins,
                revalidated=self._revalidations().revalidated,
                specs=self.specs,
            ),
            CacheRoutes(self.cache, admins),
            CatalogueRoutes(
                VERSION,
                self.specs,
                self.cache,
                self.directing,
                openapi,
            ),
            HealthRoutes(VERSION, self._lag, self.readiness, self._uptime_seconds),
        ]
        if self.metrics_app is None:
            endpoints.append(MetricsRoutes(self.metrics))
        for each in endpoints:
            each.add_to(app.router)
        app.cleanup_ctx.append(self._background)
        return app

    def _new_metrics_app(self) -> web.Application | None:
        if self.settings.metrics_port is None:
            return None
        app = web.Application()
        MetricsRoutes(self.metrics).add_to(app.router)
        return app

    def _revalidations(self) -> RevalidationInstruments:
        # A cache series, which CACHE_METRICS=false leaves out of what is scraped.
        registry = self.metrics if self.settings.cache_metrics else CollectorRegistry()
        return RevalidationInstruments(registry, (spec.name for spec in self.specs))

    def _collect(self, names: tuple[str, ...]) -> None:
        if self.settings.cache_metrics:
            self.metrics.register(CacheCollector(self.cache.report, self.cache.max_bytes))
        self.metrics.register(self.exchanges.series)
        self.metrics.register(PoolCollector(self.workers.report, names))
        publish_build_info(self.metrics, VERSION, platform.python_version())

    async def _background(self, _app: web.Application) -> AsyncIterator[None]:
        """Run what the parts need beside requests, from the application's start to its end."""
        tasks = [asyncio.create_task(self._lag.watch()), asyncio.create_task(self._sweep())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.workers.close()
            await self.directing.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_INTERVAL_SECONDS)
            self.cache.sweep(_SWEPT_PER_TYPE)

    def _uptime_seconds(self) -> float:
        return time.monotonic() - self._started_at


def _warm_specs(settings: Settings, specs: tuple[Spec, ...]) -> tuple[Spec, ...]:
    by_name = {spec.name: spec for spec in specs}
    settings.check_types(tuple(by_name), [spec.name for spec in specs if warmable(spec)])
    return tuple(by_name[name] for name in dict.fromkeys(settings.cache_warm))


def _new_cache(
    settings: Settings, specs: tuple[Spec, ...], clock: Callable[[], float]
) -> GenerationalCache[Asset]:
    cache: GenerationalCache[Asset] = GenerationalCache(
        max_size=settings.cache_size,
        max_bytes=settings.cache_max_bytes,
        stale_seconds=settings.cache_stale_seconds,
        clock=clock,
    )
    for spec in specs:
        cache.configure(
            spec.name,
            max_size=settings.capacity(spec.name),
            ttl=settings.ttl_seconds(spec.name),
        )
    return cache


def director_settings(settings: Settings) -> DirectorSettings:
    """Return what the directors need to know of the settings."""
    return DirectorSettings(
        api_key=settings.openai_api_key,
        base_url=settings.llm_base_url,
        model=settings.llm_model,
        allowed_base_urls=settings.llm_allowed_base_urls,
        timeout_seconds=settings.llm_timeout_seconds,
        fallback=settings.llm_fallback,
    )
