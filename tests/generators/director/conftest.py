"""A provider on 127.0.0.1 that speaks the chat-completions protocol, and fails on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientConnectionResetError, web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

GOOD = '{"color_hex": "#8A1F1B", "complexity": 80, "chaos": 1.5, "text_overlay": null}'


@dataclass
class Received:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class FakeProvider:
    """Answers the requests in the order in which answers were added; the last one repeats."""

    base_url: str = ""
    received: list[Received] = field(default_factory=list)
    sent_bytes: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _answers: list[Answer] = field(default_factory=list)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        body = json.loads(text) if text else None
        self.received.append(Received(request.method, request.path, dict(request.headers), body))
        self.asked.set()
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return await answer(request)

    def says(self, text: Any = GOOD, *, usage: Any = None) -> None:
        """Answer with a completion of this content."""
        message = {"role": "assistant", "content": text}
        self.sends({"choices": [{"index": 0, "message": message}], "usage": usage})

    def sends(self, document: Any) -> None:
        """Answer 200 with this JSON document."""
        self.sends_body(json.dumps(document).encode())

    def sends_body(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer with these bytes; underscores in names of headers are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(request: web.Request) -> web.StreamResponse:
            return web.Response(
                body=body, status=status, headers={"Content-Type": "application/json", **named}
            )

        self._answers.append(answer)

    def fails(self, status: int, message: str = "upstream-words", **headers: str) -> None:
        """Answer with an error of the protocol."""
        document = {"error": {"message": message, "type": "t", "param": None, "code": None}}
        self.sends_body(json.dumps(document).encode(), status, **headers)

    def hangs(self) -> None:
        """Accept the request and never answer."""

        async def answer(request: web.Request) -> web.StreamResponse:
            await self._closing.wait()
            return web.Response()

        self._answers.append(answer)

    def trickles(self) -> None:
        """Answer at once, and then a blank at a time, which JSON allows for ever."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            while not self._closing.is_set():
                try:
                    await response.write(b" ")
                    await asyncio.wait_for(self._closing.wait(), 0.02)
                except TimeoutError:
                    continue
                except ClientConnectionResetError:
                    break
            return response

        self._answers.append(answer)

    def floods(self) -> None:
        """Send a body without end, as fast as it is taken."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            try:
                while not self._closing.is_set():
                    await response.write(b" " * 65_536)
                    self.sent_bytes += 65_536
            except ClientConnectionResetError:
                pass
            return response

        self._answers.append(answer)

    def breaks_off(self) -> None:
        """Reset the connection in the middle of the body."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"choices": [')
            assert request.transport is not None
            request.transport.abort()
            return response

        self._answers.append(answer)

    def close(self) -> None:
        self._closing.set()


@asynccontextmanager
async def serve(fake: FakeProvider) -> AsyncIterator[FakeProvider]:
    app = web.Application(client_max_size=10**6)
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield fake
    fake.close()
    await runner.cleanup()


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with serve(FakeProvider()) as fake:
        yield fake


@pytest.fixture
async def other_provider() -> AsyncIterator[FakeProvider]:
    """A second one, for what must not reach it."""
    fake = FakeProvider()
    fake.says()
    async with serve(fake):
        yield fake
