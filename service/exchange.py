"""What every HTTP exchange has: a request id, problem documents, one count, one line in the log."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from monitoring import HUNG_UP, NO_CACHE, UNMATCHED_ROUTE, HttpSeries, Rejection, Route

from .catalogue import DIRECTED_ROUTE, IMAGE_ROUTE, PAGE_ROUTES, PAGES_ROUTE
from .logs import LogWriter
from .problems import Problem, framework_problem, internal_problem, malformed_problem
from .request_ids import current_request_id
from .responses import ImageResponse

_log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

Handler = Callable[[Any], Awaitable[web.StreamResponse]]
Shortcut = Callable[[web.BaseRequest], web.StreamResponse | None]

_REJECTIONS = {
    400: Rejection.BAD_REQUEST,
    401: Rejection.UNAUTHORIZED,
    403: Rejection.FORBIDDEN,
    404: Rejection.NOT_FOUND,
    405: Rejection.METHOD,
    414: Rejection.BAD_REQUEST,
}
_QUEUE_FULL = "queue-full"
_IMAGES = "/generate/"


class Cors:
    """Lets pages of other origins read responses, as configured (Fetch standard, section 3.2).

    Args:
        origins: those that may; "*": all. Empty: none.

    Attributes:
        enabled: whether any may.
    """

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origins)
        self.enabled = bool(origins)

    def apply(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Add the headers that let the origin of `request` read `response` and its timing."""
        headers = response.headers
        if "*" in self._origins:
            allowed = "*"
        else:
            headers["Vary"] = ", ".join(filter(None, (headers.get("Vary"), "Origin")))
            allowed = request.headers.get("Origin", "").lower()
            if allowed not in self._origins:
                return
        headers["Access-Control-Allow-Origin"] = allowed
        headers["Timing-Allow-Origin"] = allowed
        headers["Access-Control-Expose-Headers"] = (
            "Age, Cache-Status, Content-Location, ETag, Server-Timing, X-Request-ID"
        )

    def preflight(self, request: web.BaseRequest) -> web.Response | None:
        """Return the answer to a preflight, None if `request` is none or nobody may ask."""
        is_preflight = request.method == "OPTIONS" and "Origin" in request.headers
        if not (self.enabled and is_preflight):
            return None
        return web.Response(
            status=HTTPStatus.NO_CONTENT,
            headers={
                "Access-Control-Allow-Methods": "GET, HEAD",
                "Access-Control-Allow-Headers": "X-API-Key, X-Base-Url, X-Request-ID",
                "Access-Control-Max-Age": "86400",
            },
        )


class Exchanges:
    """Observes every exchange.

    Args:
        routes: all but those of images, for their series.
        log: takes the access lines.
        cors: which pages may read responses.

    Attributes:
        in_progress: requests being answered.
        draining: every response asks its caller to leave the connection.
        dropping: connections are dropped by this side, so that no caller can be said to hang up.
        series: the counts.
    """

    def __init__(self, routes: Iterable[Route], log: LogWriter, cors: Cors) -> None:
        self.in_progress = 0
        self.draining = False
        self.dropping = False
        self.series = HttpSeries(lambda: self.in_progress, (IMAGE_ROUTE, DIRECTED_ROUTE), routes)
        self._earlier = 0
        self._earlier_answered = asyncio.Event()
        self._idle = asyncio.Event()
        self._log = log
        self._cors = cors
        # Ids must differ, between processes too, not be secret.
        self._id_prefix = secrets.token_hex(6)
        self._id_numbers = itertools.count()

    def observing(self, handler: Handler, at_once: Shortcut) -> Handler:
        """Return `handler` with every request observed and every error made a problem document.

        What `at_once` answers does not reach `handler`. It wraps the whole application: as a
        middleware it would cost a hit three more calls, and would not see what the framework
        answers before it has matched a route.
        """

        async def observed(request: web.BaseRequest) -> web.StreamResponse:
            started = time.perf_counter()
            given = request.headers.get("X-Request-ID")
            request_id = given if given and _REQUEST_ID.fullmatch(given) else self._new_id()
            is_earlier = not self.draining
            self.in_progress += 1
            try:
                response = at_once(request)
                if response is None:
                    current_request_id.set(request_id)
                    response = await handler(request)
            except asyncio.CancelledError:
                if not self.dropping:
                    self._hung_up(request, request_id, started)
                raise
            except Exception as error:
                response = self._failed(request, request_id, error)
            finally:
                self.in_progress -= 1
                if self.draining:
                    self._left(is_earlier)
            self._finish(request, request_id, response, started)
            return response

        return observed

    def malformed(self, status: int) -> web.Response:
        """Return the answer to what is no HTTP request; counted and logged like any other."""
        response = malformed_problem(status).response()
        request_id = self._new_id()
        self._complete(response, request_id)
        now = time.time()
        self.series.rejected(Rejection.MALFORMED)
        self.series.answered("-", UNMATCHED_ROUTE, status, NO_CACHE, 0.0, request_id, now)
        self._log.access((now, request_id, "-", "-", status, 0.0, NO_CACHE))
        return response

    def drain(self) -> None:
        """Ask every caller who is answered from now on to leave the connection; once."""
        self.draining = True
        self._earlier = self.in_progress

    async def wait_earlier(self) -> None:
        """Wait until every request that was in progress when draining began is answered."""
        if self._earlier:
            await self._earlier_answered.wait()

    async def wait_idle(self) -> None:
        """Wait, while draining, until no request is in progress."""
        while self.in_progress:
            self._idle.clear()
            await self._idle.wait()

    def _left(self, is_earlier: bool) -> None:
        if is_earlier:
            self._earlier -= 1
            if not self._earlier:
                self._earlier_answered.set()
        if not self.in_progress:
            self._idle.set()

    def _failed(
        self, request: web.BaseRequest, request_id: str, error: Exception
    ) -> web.StreamResponse:
        match error:
            case Problem():
                return self._rejected(error)
            case web.HTTPException():
                return self._cors.preflight(request) or self._rejected(framework_problem(error))
            case _:
                _log.error(
                    "❌ %s %s failed id=%s",
                    request.method,
                    request.rel_url.raw_path,
                    request_id,
                    exc_info=error,
                )
                return internal_problem().response()

    def _rejected(self, problem: Problem) -> web.Response:
        if problem.kind == _QUEUE_FULL:
            self.series.rejected(Rejection.QUEUE_FULL)
        elif problem.status in _REJECTIONS:
            self.series.rejected(_REJECTIONS[problem.status])
        return problem.response()

    def _hung_up(self, request: web.BaseRequest, request_id: str, started: float) -> None:
        """Count and log a caller who did not wait for the answer."""
        now, seconds = time.time(), time.perf_counter() - started
        method = request.method
        self.series.hung_up(method, _route(request))
        self._log.access((now, request_id, method, request.raw_path, HUNG_UP, seconds, NO_CACHE))

    def _finish(
        self,
        request: web.BaseRequest,
        request_id: str,
        response: web.StreamResponse,
        started: float,
    ) -> None:
        self._complete(response, request_id)
        if self.draining:
            response.force_close()
        if self._cors.enabled:
            self._cors.apply(request, response)
        if isinstance(response, ImageResponse):
            route, cache = response.route, response.cache_label
        else:
            route, cache = _route(request), NO_CACHE
        now, seconds = time.time(), time.perf_counter() - started
        method, code = request.method, response.status
        self.series.answered(method, route, code, cache, seconds, request_id, now)
        self._log.access((now, request_id, method, request.raw_path, code, seconds, cache))

    @staticmethod
    def _complete(response: web.StreamResponse, request_id: str) -> None:
        headers = response.headers
        headers["X-Request-ID"] = request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Server"] = "NanoBanana"

    def _new_id(self) -> str:
        return f"{self._id_prefix}-{next(self._id_numbers):x}"


def _route(request: web.BaseRequest) -> str:
    match_info = getattr(request, "match_info", None)
    if match_info is None or match_info.route.resource is None:
        return UNMATCHED_ROUTE
    canonical: str = match_info.route.resource.canonical
    if canonical.startswith(_IMAGES) and canonical != DIRECTED_ROUTE:
        return IMAGE_ROUTE
    return PAGES_ROUTE if canonical in PAGE_ROUTES else canonical
