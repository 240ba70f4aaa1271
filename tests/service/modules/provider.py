"""A provider of directions on 127.0.0.1 that speaks the chat-completions protocol."""

import asyncio
import contextlib
import itertools
import json

from aiohttp import web


class Provider:
    """Answers every prompt with another colour, unless it is told to fail or to hang.

    Attributes:
        base_url: where it listens; asked: the prompts, in order; keys: what they were asked with.
        status: of every answer; open: answers wait while it is clear.
        good_key: any other is refused; None: all are good.
    """

    def __init__(self):
        self.base_url = ""
        self.asked = []
        self.keys = []
        self.headers = []
        self.status = 200
        self.good_key = None
        self.open = asyncio.Event()
        self.open.set()
        self._colors = (f"#{16 + 40 * n:02x}2030" for n in itertools.count())

    async def complete(self, request):
        body = await request.json()
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.asked.append(body["messages"][-1]["content"])
        self.keys.append(key)
        self.headers.append(dict(request.headers))
        await self.open.wait()
        if self.good_key not in (None, key):
            return web.json_response({"error": {"message": f"no {key}"}}, status=401)
        if self.status != 200:
            return web.json_response({"error": {"message": "upstream-words"}}, status=self.status)
        direction = {"color_hex": next(self._colors), "complexity": 50, "chaos": 1.0}
        content = json.dumps({**direction, "text_overlay": None})
        message = {"role": "assistant", "content": content}
        return web.json_response({"choices": [{"index": 0, "message": message}]})

    async def models(self, request):
        self.keys.append(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if self.good_key not in (None, self.keys[-1]):
            return web.json_response({"error": {"message": "no"}}, status=401)
        return web.json_response({"data": [{"id": "brush-1"}]}, status=self.status)

    @contextlib.asynccontextmanager
    async def listening(self):
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self.complete)
        app.router.add_get("/v1/models", self.models)
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield self
        finally:
            self.open.set()
            await runner.cleanup()
