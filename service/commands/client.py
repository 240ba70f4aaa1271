"""How commands talk to a running service."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from ..errors import CommandFailed, UsageError
from ..settings import Settings, load_settings

_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)

# A service that listens on all addresses is asked on this machine's own.
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nothing is bound here

Json = Mapping[str, Any]

# What asking a service may raise when there is none, and when it is somebody else's.
NO_ANSWER = (aiohttp.ClientError, TimeoutError, ValueError)
STRANGE_ANSWER = (LookupError, TypeError, AttributeError)


class Client:
    """Talks to one running service.

    Args:
        session: sends the requests.
        url: of the service; may end in a path, where a proxy adds one.

    Attributes:
        url: as given.
    """

    def __init__(self, session: aiohttp.ClientSession, url: URL) -> None:
        self._session = session
        self.url = url

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
        return self.url.joinpath(path.lstrip("/"))


def with_client(
    options: argparse.Namespace,
    run: Callable[[Client], Awaitable[None]],
    *,
    as_admin: bool = False,
) -> int:
    """Run `run` with a client of the service that `options` and settings tell of; return 0.

    Args:
        as_admin: where no token is given, that of the settings goes along; nobody else needs it.

    Raises:
        CommandFailed: the service could not be talked to, is another one, or failed.
        UsageError: its address is none, or it says that it was asked wrongly.
    """
    settings = load_settings()
    url = _service_url(options.url, settings)
    token = options.token
    if token is None and as_admin and settings.admin_token is not None:
        token = settings.admin_token.get_secret_value()
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def main() -> None:
        async with aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT) as session:
            await run(Client(session, url))

    try:
        asyncio.run(main())
    except NO_ANSWER as error:
        raise CommandFailed(f"cannot talk to {url}: {reason(error)}") from error
    except STRANGE_ANSWER as error:
        raise CommandFailed(f"what answers at {url} is not NanoBanana") from error
    return 0


def reason(error: Exception) -> str:
    """Return why there was no answer."""
    return str(error) or "no answer in time"


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
