"""What `/metrics` tells has nothing that Prometheus' own linter frowns at."""

import asyncio
import subprocess

import pytest


@pytest.fixture
def lint(program):
    """A function that returns what promtool says of metrics; nothing, where they are fine."""

    def linted(text):
        command = [program("promtool"), "check", "metrics", "--extended"]
        ended = subprocess.run(command, input=text, capture_output=True, timeout=60, check=False)
        assert bool(ended.returncode) == bool(ended.stderr)
        return ended.stderr.decode()

    return linted


async def test_promtool_finds_nothing_to_say(running, lint):
    _, text = await running.get("/metrics")
    assert await asyncio.to_thread(lint, text) == ""


async def test_promtool_would_say_something(running, lint):
    _, text = await running.get("/metrics")
    worse = text.replace(b"nanobanana_http_requests_total", b"nanobanana_http_requests")
    assert 'should have "_total" suffix' in await asyncio.to_thread(lint, worse)
