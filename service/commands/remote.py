"""`nanobanana stats`, `clear` and `warm`: talk to a running service."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from yarl import URL

from ..errors import CommandFailed, UsageError
from ..settings import Settings, load_settings

_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)

_FILE_COLUMNS = 200

# A service that listens on all addresses is asked on this machine's own.
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nothing is bound here

Json = Mapping[str, Any]


class Client:
    """Talks to one running service.

    Args:
        session: sends the requests.
        url: of the service; may end in a path, where a proxy adds one.
    """

    def __init__(self, session: aiohttp.ClientSession, url: URL) -> None:
        self._session = session
        self._url = url

    async def json(self, path: str, *, method: str = "GET", **query: str) -> Any:
        """Return the JSON document at `path`.

        Raises:
            CommandFailed: the service answered with an error; UsageError: with a 400.
            aiohttp.ClientError, TimeoutError: it could not be talked to.
        """
        async with self._session.request(method, self._at(path), params=query) as response:
            await _check(response)
            return await response.json()

    async def fetch(self, path: str) -> None:
        """Have `path` answered, and drop the answer; raises as `json`."""
        async with self._session.get(self._at(path)) as response:
            await _check(response)
            await response.read()

    def _at(self, path: str) -> URL:
        return self._url.joinpath(path.lstrip("/"))


def stats(options: argparse.Namespace) -> int:
    """Print the cache statistics as a table, or as they are."""

    async def run(client: Client) -> None:
        answer = await client.json("/cache/stats")
        console = Console()
        if options.json:
            console.print_json(json.dumps(answer))
            return
        if not console.is_terminal:
            console.width = _FILE_COLUMNS  # nothing is to be cut off in a file
        console.print(_table(answer["cache_stats"]))

    return _with_client(options, run)


def clear(options: argparse.Namespace) -> int:
    """Clear one type, or all."""

    async def run(client: Client) -> None:
        query = {} if options.asset_type is None else {"asset_type": options.asset_type}
        answer = await client.json("/cache/clear", method="POST", **query)
        what = options.asset_type or "every type"
        Console().print(f"Cleared {what}: {answer['entries']} entries.")

    return _with_client(options, run)


def warm(options: argparse.Namespace) -> int:
    """Fetch the current asset of every type named, or of all that need no prompt."""

    async def run(client: Client) -> None:
        catalogue = await client.json("/generators")
        paths = {
            each["name"]: each["path"]
            for each in catalogue
            if not each["parameters"].get("required")
        }
        names = list(dict.fromkeys(options.asset_types or paths))
        unknown = [name for name in names if name not in paths]
        if unknown:
            raise UsageError(f"cannot warm {', '.join(unknown)}; can: {', '.join(paths)}")
        with Progress(console=Console(stderr=True)) as progress:
            for name in progress.track(names, description="warming"):
                await client.fetch(paths[name])
        Console().print(f"Warmed {', '.join(names)}.")

    return _with_client(options, run)


def _with_client(options: argparse.Namespace, run: Callable[[Client], Awaitable[None]]) -> int:
    settings = load_settings()
    url = _service_url(options.url, settings)
    token = options.token
    if token is None and settings.admin_token is not None:
        token = settings.admin_token.get_secret_value()
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def main() -> None:
        async with aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT) as session:
            await run(Client(session, url))

    try:
        asyncio.run(main())
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        reason = str(error) or "no answer in time"
        raise CommandFailed(f"cannot talk to {url}: {reason}") from error
    except (LookupError, TypeError, AttributeError) as error:
        raise CommandFailed(f"what answers at {url} is not NanoBanana") from error
    return 0


def _service_url(given: str | None, settings: Settings) -> URL:
    if given is None:
        host = _WILDCARDS.get(settings.host, settings.host)
        return URL.build(scheme="http", host=host, port=settings.port)
    try:
        url = URL(given)
    except ValueError as error:
        raise UsageError(f"--url {given}: {error}") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise UsageError(f"--url {given}: must be like http://127.0.0.1:8001")
    return url


async def _check(response: aiohttp.ClientResponse) -> None:
    if response.status == HTTPStatus.OK:
        return
    detail = response.reason
    if response.content_type == "application/problem+json":
        problem = await response.json(content_type=None)
        detail = " ".join([problem["detail"], *map(_told, problem.get("errors", []))])
    if response.status == HTTPStatus.BAD_REQUEST:
        raise UsageError(detail)
    raise CommandFailed(f"{response.status}: {detail}")


def _told(error: Json) -> str:
    return f"{error['name']} {error['reason']}."


def _table(cache_stats: Json) -> Table:
    title = f"Cache: {cache_stats['overall_hit_rate']:.1%} of lookups hit"
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("type")
    for heading in ("hit rate", "hits", "misses", "evicted", "expired", "entries", "MiB", "TTL s"):
        table.add_column(heading, justify="right")
    for name, cache in cache_stats["caches"].items():
        table.add_row(
            name,
            f"{cache['hit_rate']:.1%}",
            str(cache["hits"]),
            str(cache["misses"]),
            str(cache["evictions"]),
            str(cache["expired"]),
            f"{cache['size']}/{cache['max_size']}",
            f"{cache['memory_bytes'] / 2**20:.1f}",
            f"{cache['default_ttl']:g}",
        )
    return table
