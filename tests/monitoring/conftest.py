"""What the tests of the series share: a real service on 127.0.0.1, and its scrapes."""

import contextlib
import io
import os
import re
from dataclasses import dataclass

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from service.app import Service
from service.logs import LogWriter
from service.runner import Runner, listening
from service.settings import Settings

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Scrape:
    """One answer of `/metrics`, parsed."""

    def __init__(self, text, parse):
        self.text = text
        self.families = list(parse(text))
        self.values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families
            for sample in family.samples
        }

    @property
    def series(self):
        return self.values.keys()

    def value(self, name, **labels):
        """Return the value of one series of `nanobanana_<name>`."""
        return self.values[f"nanobanana_{name}", frozenset(labels.items())]

    def total(self, name, **labels):
        """Return the sum of all series of `nanobanana_<name>` that have these labels."""
        return sum(
            value
            for (each, having), value in self.values.items()
            if each == f"nanobanana_{name}" and labels.items() <= having
        )

    def label_names(self):
        """Return the label names of every family, by its name; buckets' bounds are none."""
        return {
            family.name: {name for sample in family.samples for name in sample.labels} - {"le"}
            for family in self.families
        }


@dataclass
class Running:
    """A service that answers, and a client of it."""

    service: Service
    port: int
    session: aiohttp.ClientSession

    async def get(self, path, **headers):
        async with self.session.get(path, headers=headers) as response:
            return response.status, await response.read()

    async def scrape(self, accept=""):
        status, body = await self.get("/metrics", Accept=accept)
        assert status == 200
        return Scrape(body.decode(), parse_openmetrics if accept == OPENMETRICS else parse_text)


@pytest.fixture
async def start(monkeypatch, tmp_path):
    """A function that starts a service with these settings; it draws in a thread."""
    monkeypatch.chdir(tmp_path)
    ours = re.compile("|".join([*(name.upper() for name in Settings.model_fields), "CACHE_.*"]))
    for name in filter(ours.fullmatch, list(os.environ)):
        monkeypatch.delenv(name)

    async with contextlib.AsyncExitStack() as stack:

        async def started(**settings):
            log = LogWriter(io.StringIO(), "console", "error")
            stack.callback(log.close)
            chosen = {"cache_warm": (), "generator_workers": 0} | settings
            service = Service(Settings(**chosen), log)
            runner = Runner(service.app, service.exchanges, service.hits.answer)
            port = await stack.enter_async_context(listening(runner, "127.0.0.1", 0))
            session = aiohttp.ClientSession(f"http://127.0.0.1:{port}", auto_decompress=False)
            await stack.enter_async_context(session)
            return Running(service, port, session)

        yield started


@pytest.fixture
async def running(start):
    """A service with default settings that was asked nothing yet; its workers have not started."""
    return await start()


@pytest.fixture
def openmetrics():
    """The Accept header of one who wants OpenMetrics."""
    return OPENMETRICS
