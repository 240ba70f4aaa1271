"""The composition root: builds every part and hands each what it needs; nothing is global."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import time
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version as distribution_version
from typing import TYPE_CHECKING, Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector

from cache import GenerationalCache, Record, Tier
from cache.tiers import Tiers
from generators import Registry, Spec, WorkerPool, load_registry
from generators.director import Directing, DirectorSettings
from monitoring import (
    AnalysisCollector,
    CacheCollector,
    DirectorInstruments,
    EventLoopLag,
    GenerationInstruments,
    PoolCollector,
    RevalidationInstruments,
    Route,
    TierCollector,
    TierInstruments,
    load_runbooks,
    new_registry,
    publish_build_info,
)

from .asset_codec import AssetCodec
from .assets import Asset, Assets
from .background import repeat
from .catalogue import PAGES_ROUTE, warmable
from .directions import Directions
from .editions import Editions
from .exchange import Cors, Exchanges
from .health import Readiness
from .hits import Hits
from .logs import LogWriter
from .openapi import openapi_document
from .pages import RunbookPages, gallery_page, page_files, reference_page
from .request_ids import current_request_id
from .routes.analytics import AnalyticsRoutes
from .routes.caches import CacheRoutes
from .routes.catalogue import CatalogueRoutes
from .routes.images import ImageRoutes
from .routes.operations import HealthRoutes, MetricsRoutes
from .routes.pages import PageRoutes, RunbookRoutes
from .security import Admins
from .settings import Settings
from .study import Study
from .targets import target_parsers
from .tiers import TierWatch, lower_tiers, new_tiers
from .warm_up import warm_up

if TYPE_CHECKING:
    from generators.workers.head_start import HeadStart

VERSION = distribution_version("nanobanana")

# Of what callers may keep a copy of.
_KEPT_CODES = (200, 304, 400, 414, 500)

PLAIN_ROUTES = (
    Route("/", codes=_KEPT_CODES),
    Route("/generators"),
    Route("/models"),
    Route("/openapi.json"),
    Route("/cache/stats"),
    Route("/cache/analytics"),
    Route("/cache/explain", codes=(200, 400, 404, 414, 500)),
    Route("/cache/clear", methods=("GET", "POST"), codes=(200, 400, 401, 403, 414, 500)),
    Route("/health"),
    Route("/ready", codes=(200, 400, 414, 500, 503)),
    Route("/metrics"),
    Route(PAGES_ROUTE, codes=(*_KEPT_CODES, 404)),
)

_SWEEP_INTERVAL_SECONDS = 1.0
_SWEPT_PER_TYPE = 1000
_TELL_INTERVAL_SECONDS = 60.0
_STUDY_INTERVAL_SECONDS = 1.0
_WATCH_INTERVAL_SECONDS = 1.0


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
        begun: a fork server that is loading already, of the same registry.

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
        begun: HeadStart | None = None,
    ) -> None:
        self.settings = settings
        self._started_at = time.monotonic()

        # What there is to draw
        self.specs = registry_loader().specs()
        self._warm = _warm_specs(settings, self.specs)
        names = tuple(spec.name for spec in self.specs)

        # What is reported
        self.metrics = new_registry()
        # The cache series, which CACHE_METRICS=false leaves out of what is scraped.
        self._cache_metrics = self.metrics if settings.cache_metrics else CollectorRegistry()
        self._lag = EventLoopLag(self.metrics)
        generations = GenerationInstruments(self.metrics, self.specs, current_request_id.get)

        tier_times = TierInstruments(self._cache_metrics, lower_tiers(settings))

        # The cache, the drawing and where they meet
        editions = Editions(clock)
        codec = AssetCodec(self.specs, editions, self._generation, clock)
        tiers = new_tiers(settings, codec, tier_times.observed, self._follow_clear)
        self.study = Study(settings, clock)
        self.cache = _new_cache(settings, self.specs, clock, tiers, self.study.recorder)
        self.study.attach(self.cache)
        self._tier_watch = TierWatch(self.cache.tier_reports)
        self.workers = WorkerPool(
            registry_loader,
            workers=settings.generator_workers,
            queue_max=settings.generation_queue_max,
            timeout_seconds=settings.generation_timeout_seconds,
            listener=generations.finished,
            begun=begun,
        )
        self.directing = Directing(
            director_settings(settings), DirectorInstruments(self.metrics).asked
        )
        self.assets = Assets(
            self.cache,
            self.workers,
            Directions(self.directing, clock),
            editions,
        )

        # What answers
        self.hits = Hits(self.assets)
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
        await self.cache.read_back()
        await self.directing.prepare()
        await warm_up(self.assets, self._warm)
        self.readiness.warmed_up = True

    def _new_app(self) -> web.Application:
        settings = self.settings
        token = settings.admin_token
        admins = Admins(None if token is None else token.get_secret_value())
        runbooks, files = RunbookPages(load_runbooks()), page_files()
        openapi = openapi_document(VERSION, self.specs, runbooks.names, files)
        if self.metrics_app is not None:
            del openapi["paths"]["/metrics"]
        app = web.Application()
        parsers = target_parsers(
            self.specs,
            settings.default_model,
            providers_vary=bool(settings.llm_allowed_base_urls),
        )
        endpoints: list[Endpoints] = [
            ImageRoutes(
                self.assets,
                self.hits,
                self.directing,
                parsers,
                admins,
                self._revalidations().revalidated,
            ),
            CacheRoutes(self.cache, admins),
            AnalyticsRoutes(self.study, self.cache, parsers),
            CatalogueRoutes(
                VERSION,
                self.specs,
                self.cache,
                self.directing,
                openapi,
                gallery_page(
                    memory_limit_bytes=self.cache.max_bytes,
                    analytics="/cache/analytics" in openapi["paths"],
                ),
            ),
            PageRoutes(reference_page(openapi), files),
            RunbookRoutes(runbooks),
            HealthRoutes(
                VERSION,
                self._lag,
                self.readiness,
                self._uptime_seconds,
                self.cache.tier_reports,
            ),
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
        return RevalidationInstruments(self._cache_metrics, (spec.name for spec in self.specs))

    def _collect(self, names: tuple[str, ...]) -> None:
        self._cache_metrics.register(
            CacheCollector(self.cache.report, self.cache.tier_reports, self.cache.max_bytes)
        )
        self._cache_metrics.register(TierCollector(self.cache.tier_reports))
        self._cache_metrics.register(AnalysisCollector(self.study.latest_analyses))
        self.metrics.register(self.exchanges.series)
        self.metrics.register(PoolCollector(self.workers.report, names))
        ProcessCollector(namespace="nanobanana", registry=self.metrics)
        publish_build_info(self.metrics, VERSION, platform.python_version())

    async def _background(self, _app: web.Application) -> AsyncIterator[None]:
        """Run what the parts need beside requests, from the application's start to its end."""
        async with contextlib.AsyncExitStack() as stack:
            await self.cache.open_tiers()
            stack.push_async_callback(self.cache.close_tiers)
            stack.push_async_callback(self.study.close)
            stack.push_async_callback(self.directing.close)
            stack.push_async_callback(self.workers.close)
            work = (
                self._lag.watch(),
                repeat("sweeping the cache", _SWEEP_INTERVAL_SECONDS, self._sweep),
                repeat("telling the tiers of uses", _TELL_INTERVAL_SECONDS, self._tell_uses),
                repeat("studying the cache", _STUDY_INTERVAL_SECONDS, self.study.go_on),
                repeat("watching the tiers", _WATCH_INTERVAL_SECONDS, self._watch_tiers),
            )
            tasks = [asyncio.create_task(each) for each in work]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _generation(self, asset_type: str) -> int:
        return self.cache.cache(asset_type).generation

    def _follow_clear(self, asset_type: str) -> None:
        self.cache.follow_clear(asset_type, Tier.REDIS)

    async def _sweep(self) -> None:
        self.cache.sweep(_SWEPT_PER_TYPE)

    async def _watch_tiers(self) -> None:
        self._tier_watch.look()

    async def _tell_uses(self) -> None:
        self.cache.tell_uses()

    def _uptime_seconds(self) -> float:
        return time.monotonic() - self._started_at


def _warm_specs(settings: Settings, specs: tuple[Spec, ...]) -> tuple[Spec, ...]:
    by_name = {spec.name: spec for spec in specs}
    settings.check_types(tuple(by_name), [spec.name for spec in specs if warmable(spec)])
    return tuple(by_name[name] for name in dict.fromkeys(settings.cache_warm))


def _new_cache(
    settings: Settings,
    specs: tuple[Spec, ...],
    clock: Callable[[], float],
    tiers: Tiers[Asset],
    recorder: Callable[[str], Record],
) -> GenerationalCache[Asset]:
    cache: GenerationalCache[Asset] = GenerationalCache(
        max_size=settings.cache_size,
        max_bytes=settings.cache_max_bytes,
        stale_seconds=settings.cache_stale_seconds,
        clock=clock,
        tiers=tiers,
        recorder=recorder,
        admission=settings.cache_admission,
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
