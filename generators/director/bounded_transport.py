"""The wire under the provider's client: bounded answers, and no header that we did not choose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import httpx2

from .errors import DirectorFailed

# The request headers that are ours. All others are dropped: fingerprints of the client
# library, cookies of earlier answers, and what OPENAI_* variables of the environment add.
_KEPT_HEADERS: Final = ("Authorization", "Content-Type", "Content-Length")
_OWN_HEADERS: Final = {
    "Accept": "application/json",
    # A compressed answer could be a thousand times larger than what was counted.
    "Accept-Encoding": "identity",
    "User-Agent": "NanoBanana",
}


class BoundedTransport(httpx2.AsyncBaseTransport):
    """An HTTP/1.1 transport that stops reading a body at `limit_bytes`.

    Reads no environment: no proxies, no certificate paths.

    Raises:
        DirectorFailed: (while sending or reading) the body is larger, or compressed.
    """

    def __init__(self, limit_bytes: int, max_connections: int) -> None:
        self._limit_bytes = limit_bytes
        self._inner = httpx2.AsyncHTTPTransport(
            trust_env=False,
            limits=httpx2.Limits(max_connections=max_connections, keepalive_expiry=30.0),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(_bare(request))
        try:
            self._check(response.headers)
        except DirectorFailed:
            await response.aclose()
            raise
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_BoundedStream(response, self._limit_bytes),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _check(self, headers: httpx2.Headers) -> None:
        if headers.get("Content-Encoding", "identity") != "identity":
            raise DirectorFailed("the provider compressed its answer without being asked")
        # h11 has made sure that it is a number; without one the stream is counted.
        if int(headers.get("Content-Length", "0")) > self._limit_bytes:
            raise _too_large(self._limit_bytes)


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, response: httpx2.Response, limit_bytes: int) -> None:
        self._response = response
        self._limit_bytes = limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size_bytes = 0
        async for part in self._response.aiter_raw():
            size_bytes += len(part)
            if size_bytes > self._limit_bytes:
                raise _too_large(self._limit_bytes)
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


def _bare(request: httpx2.Request) -> httpx2.Request:
    kept = {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}
    return httpx2.Request(
        request.method,
        request.url,
        headers={"Host": request.url.netloc.decode("ascii"), **_OWN_HEADERS, **kept},
        stream=request.stream,
        extensions=request.extensions,
    )


def _too_large(limit_bytes: int) -> DirectorFailed:
    return DirectorFailed(f"the provider's answer is larger than {limit_bytes // 1024} KiB")
