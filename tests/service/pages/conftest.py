"""What the tests of pages share: a real Chromium, told what to do over its DevTools protocol."""

import asyncio
import contextlib
import itertools
import re
import subprocess
import time
from collections import defaultdict

import aiohttp
import pytest

DESKTOP = (1280, 900)

OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    # Whatever a page asks for elsewhere fails, and is told in its console.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)


class Tab:
    """One tab of the browser.

    Attributes:
        complaints: what its console was told of errors and warnings.
        requests: the addresses it asked for.
    """

    def __init__(self, connection):
        self._connection = connection
        self._numbers = itertools.count(1)
        self._answers = {}
        self._events = defaultdict(asyncio.Event)
        self.complaints = []
        self.requests = []

    async def listen(self):
        """Take what the browser tells, until it hangs up."""
        async for message in self._connection:
            told = message.json()
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            else:
                self._note(told["method"], told["params"])

    async def do(self, method, **parameters):
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._connection.send_json({"id": number, "method": method, "params": parameters})
        told = await asyncio.wait_for(answer, 30)
        assert "error" not in told, told["error"]
        return told["result"]

    async def open(self, url, size=DESKTOP, scheme="dark"):
        """Show a page, and wait until it and what it asks for at once has been loaded."""
        await self.resize(*size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.do("Emulation.setEmulatedMedia", features=features)
        self._events["Page.loadEventFired"].clear()
        await self.do("Page.navigate", url=url)
        await asyncio.wait_for(self._events["Page.loadEventFired"].wait(), 30)

    async def follow(self, selector):
        """Click a link, and wait until what it leads to has been loaded."""
        self._events["Page.loadEventFired"].clear()
        await self.see(f"document.querySelector('{selector}').click()")
        await asyncio.wait_for(self._events["Page.loadEventFired"].wait(), 30)

    async def resize(self, width, height):
        await self.do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    async def see(self, expression):
        """Return what a JavaScript expression is worth in the page; promises are awaited."""
        result = await self.do(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def until(self, expression):
        """Wait until an expression is true, at most 20 s; return what it is worth.

        One that cannot be evaluated yet, since what it reads is not in the page, is not true yet.
        """
        return await self.see(
            f"""new Promise((resolve, reject) => {{
                const end = performance.now() + 20000;
                const look = () => {{
                    let value, reason = "never true";
                    try {{ value = {expression}; }} catch (error) {{ reason = error; }}
                    if (value) resolve(value);
                    else if (performance.now() > end)
                        reject(new Error({expression!r} + ": " + reason));
                    else setTimeout(look, 20);
                }};
                look();
            }})"""
        )

    def _note(self, event, parameters):
        if event == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
            self.complaints.append(parameters["args"])
        if event == "Runtime.exceptionThrown":
            self.complaints.append(parameters["exceptionDetails"])
        if event == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"])
        if event == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        self._events[event].set()


@pytest.fixture(scope="session")
def chromium(program, tmp_path_factory):
    """The address, host and port with its path, at which a browser takes orders."""
    home = tmp_path_factory.mktemp("chromium")
    log = home / "log"
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            [program("chromium"), *OPTIONS, f"--user-data-dir={home / 'data'}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stream,
        ) as process,
    ):
        try:
            end = time.monotonic() + 60
            while not (found := re.search(r"listening on ws://(\S+)", log.read_text())):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.02)
            yield found[1]
        finally:
            process.terminate()


@contextlib.asynccontextmanager
async def ordering(session, address):
    """Connect to what takes orders at an address, as a tab."""
    async with session.ws_connect(f"ws://{address}", max_msg_size=0) as connection:
        tab = Tab(connection)
        listening = asyncio.create_task(tab.listen())
        yield tab
    await listening


@pytest.fixture
async def tab(chromium):
    """A tab of a browser that has nothing in its cache."""
    async with aiohttp.ClientSession() as session, ordering(session, chromium) as browser:
        context = await browser.do("Target.createBrowserContext")
        target = await browser.do("Target.createTarget", url="about:blank", **context)
        address = f"{chromium.partition('/')[0]}/devtools/page/{target['targetId']}"
        async with ordering(session, address) as tab:
            for domain in ("Page", "Runtime", "Log", "Network"):
                await tab.do(f"{domain}.enable")
            yield tab
        await browser.do("Target.disposeBrowserContext", **context)
