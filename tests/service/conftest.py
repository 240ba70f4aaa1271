"""What the HTTP tests share: a real server on 127.0.0.1, quick generators, a clock to turn."""

import asyncio
import contextlib
import importlib
import json
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from generators import load_registry
from service.app import Service
from service.logs import Access
from service.runner import Runner, listening
from service.settings import Settings

MODULES = Path(__file__).parent / "modules"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 5000.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


class LogBook:
    """Keeps access lines as they are handed over."""

    def __init__(self):
        self.lines = []

    def access(self, line):
        self.lines.append(Access(*line))


@dataclass
class Reply:
    """One response, read to its end."""

    status: int
    headers: object
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def detail(self):
        """The miss reason that Cache-Status speaks of, None without one."""
        parts = self.headers["Cache-Status"].split("; ")
        return next((part[7:] for part in parts if part.startswith("detail=")), None)


@dataclass
class Running:
    """A service that answers, and a client of it that adds no headers of its own."""

    service: Service
    port: int
    log: LogBook
    session: aiohttp.ClientSession
    stop: Callable[[], Awaitable[None]]

    async def ask(self, method, path, headers=None, **options):
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        async with self.session.request(
            method, url, headers=headers, allow_redirects=False, **options
        ) as response:
            return Reply(response.status, response.headers, await response.read())

    async def get(self, path, headers=None):
        return await self.ask("GET", path, headers)

    async def image(self, path, headers=None):
        """Return a response that has to be a whole image."""
        reply = await self.get(path, headers)
        assert reply.status == 200, reply.body
        return reply

    async def send(self, request):
        """Send bytes as they are and return all that comes back until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def metrics(self):
        return Metrics((await self.get("/metrics")).body.decode())

    async def until(self, condition, seconds=10.0):
        """Wait until `condition()` holds, at most so long: what no event tells."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end
            await asyncio.sleep(0.001)

    async def stats(self):
        return (await self.get("/cache/stats")).json()["cache_stats"]


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def total(self, name, **labels):
        """Return the sum of all series of `nanobanana_<name>` that have these labels."""
        return sum(
            value
            for (each, having), value in self.values.items()
            if each == f"nanobanana_{name}" and labels.items() <= set(having)
        )

    def by(self, name, label):
        """Return the sums of `nanobanana_<name>` by one label."""
        sums = Counter()
        for (each, having), value in self.values.items():
            if each == f"nanobanana_{name}":
                sums[dict(having)[label]] += value
        return sums


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def studio_module():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MODULES)
        yield importlib.import_module("studio")


@pytest.fixture
def studio(studio_module):
    """The quick generators of this test, which it can hold up or make fail."""
    studio = studio_module.Studio()
    yield studio
    studio.open.set()


@pytest.fixture
def clean_environment(monkeypatch, tmp_path):
    """Settings come from the test alone: no variables, no `.env`."""
    monkeypatch.chdir(tmp_path)
    prefixes = ("CACHE_SIZE_", "CACHE_TTL_")
    names = {name.upper() for name in Settings.model_fields}
    for name in os.environ:
        if name.upper() in names or name.upper().startswith(prefixes):
            monkeypatch.delenv(name)


@pytest.fixture
async def start(clean_environment, studio, clock):
    """A function that starts a service with these settings on a port of its own, and readies it."""
    async with contextlib.AsyncExitStack() as stack:

        async def started(registry_loader=studio.load_registry, *, ready=True, **settings):
            defaults = {"cache_warm": (), "generator_workers": 0}
            log = LogBook()
            service = Service(
                Settings(**{**defaults, **settings}, _env_file=None), log, registry_loader, clock
            )
            runner = Runner(service.app, service.exchanges, service.hits.answer)
            serving = await stack.enter_async_context(contextlib.AsyncExitStack())
            port = await serving.enter_async_context(listening(runner, "127.0.0.1", 0))
            if ready:
                await service.become_ready()
                studio.drawn.clear()
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
                auto_decompress=False,
            )
            await stack.enter_async_context(session)
            return Running(service, port, log, session, serving.aclose)

        yield started


@pytest.fixture
async def running(start):
    """A service of the quick generators with default settings."""
    return await start()


@pytest.fixture
async def real(start):
    """A service of the real generators, drawing in a thread."""
    return await start(load_registry)
