"""RedisLink: bounded attempts at one Redis server, and the count of those that failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import redis.exceptions
from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection
from redis.asyncio.connection import RedisSSLContext
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ..stats import Tier
from .breaker import Breaker
from .redis_url import connection_options
from .tier import Failure, Operation, TierListener

# An answer of 3 MB arrives in two dozen pieces instead of a hundred.
_SOCKET_READ_BYTES = 128 * 1024

# Big answers that arrive side by side share one processor and end late together; in turns, those
# whose turn it is end in time.
_ATTEMPTS_AT_ONCE = 4


class Unavailable(Exception):
    """An attempt at Redis failed, was counted, and is not worth another now."""


class _Abrupt(Connection):
    """A connection that ends at once.

    An orderly end waits until what is unsent is sent, or TLS has said good-bye, which never
    happens where the other side hangs.
    """

    async def disconnect(self, *args: Any, **kwargs: Any) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        await super().disconnect(*args, **kwargs)


class _AbruptTLS(_Abrupt, SSLConnection):
    """The same with TLS, by a context that is loaded once."""

    def __init__(self, *, tls: RedisSSLContext, **options: Any) -> None:
        super().__init__(**options)
        self.ssl_context = tls


class RedisLink:
    """The client of one server, whose every use is an attempt that a limit and a breaker guard.

    Args:
        url: see `connection_options`.
        limit_seconds: of an attempt as a whole: waiting for its turn and a connection, making
            that, TLS, answer.
        max_connections: the pool's; who finds none free waits, within the limit.

    Raises:
        ValueError: the URL cannot be used.
    """

    def __init__(
        self,
        url: str,
        breaker: Breaker,
        listener: TierListener,
        *,
        limit_seconds: float,
        max_connections: int,
    ) -> None:
        options = connection_options(url)
        pool = BlockingConnectionPool(
            **options,
            connection_class=_AbruptTLS if "tls" in options else _Abrupt,
            max_connections=max_connections,
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=limit_seconds,
            socket_read_size=_SOCKET_READ_BYTES,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            driver_info=None,
        )
        self.client = Redis.from_pool(pool)
        self.breaker = breaker
        self._listener = listener
        self._limit_seconds = limit_seconds
        self._turns = asyncio.Semaphore(_ATTEMPTS_AT_ONCE)
        self._answered = 0
        # All pairs from the start: then another thread may copy it at any time.
        self._failures = {(each, failure): 0 for each in Operation for failure in Failure}

    @asynccontextmanager
    async def attempt(self, operation: Operation) -> AsyncIterator[Redis]:
        """Give the client for one operation; time it, and tell the breaker how it went.

        A timeout while others were answered says that much is asked, not that Redis is away: it
        is counted, and the breaker not told.

        Raises:
            Unavailable: whatever went wrong in it.
        """
        started, answered = time.perf_counter(), self._answered
        try:
            async with asyncio.timeout(self._limit_seconds), self._turns:
                yield self.client
        except Exception as error:
            # All of them: a tier never fails a request, and what a server that talks nonsense
            # makes of the client is not to be foreseen.
            failure = _failure_of(error)
            self.count(operation, failure)
            if isinstance(error, redis.exceptions.ResponseError):
                self._answered += 1
            elif failure is not Failure.TIMEOUT or self._answered == answered:
                self.breaker.failed()
            raise Unavailable(f"{operation} failed") from None
        else:
            self._answered += 1
            self.breaker.succeeded()
        finally:
            self._listener(Tier.REDIS, operation, time.perf_counter() - started)

    def count(self, operation: Operation, failure: Failure) -> None:
        """Count a failure that was no attempt's."""
        self._failures[operation, failure] += 1

    def failures(self) -> Mapping[tuple[Operation, Failure], int]:
        """Return the failures so far; safe to call from any thread."""
        return self._failures.copy()

    async def close(self) -> None:
        """End all connections."""
        await self.client.aclose()


def _failure_of(error: Exception) -> Failure:
    if isinstance(error, (TimeoutError, redis.exceptions.TimeoutError)):
        return Failure.TIMEOUT
    if isinstance(error, (OSError, redis.exceptions.ConnectionError)):
        return Failure.CONNECTION
    if isinstance(error, redis.exceptions.OutOfMemoryError):
        return Failure.FULL
    return Failure.OTHER
