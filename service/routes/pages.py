"""What people look at: `/docs`, `/runbooks`, and the files that pages are made of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from ..catalogue import FILE_ROUTE, RUNBOOK_ROUTE
from ..pages import Page, RunbookPages
from ..problems import Problem
from ..queries import NoParameters, checked_query
from ..responses import page_response


class PageRoutes:
    """The reference and the files of all pages.

    Args:
        reference: the page of the OpenAPI document.
        files: style sheet, scripts and mark, by name.
    """

    def __init__(self, reference: Page, files: Mapping[str, Page]) -> None:
        self._reference = reference
        self._files = files

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the endpoints."""
        router.add_get("/docs", self.docs)
        router.add_get(FILE_ROUTE, self.file)

    async def docs(self, request: web.Request) -> web.StreamResponse:
        """Answer with the reference."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        return page_response(request, self._reference)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Answer with one file."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        page = self._files.get(request.match_info["file"])
        if page is None:
            raise Problem(HTTPStatus.NOT_FOUND, "No page is made of such a file.")
        return page_response(request, page)


class RunbookRoutes:
    """The runbooks, to which alerts link.

    Args:
        runbooks: their pages.
    """

    def __init__(self, runbooks: RunbookPages) -> None:
        self._runbooks = runbooks

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the endpoints."""
        router.add_get("/runbooks", self.index)
        router.add_get(RUNBOOK_ROUTE, self.runbook)

    async def index(self, request: web.Request) -> web.StreamResponse:
        """Answer with the list of all runbooks."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        return page_response(request, await asyncio.to_thread(self._runbooks.index))

    async def runbook(self, request: web.Request) -> web.StreamResponse:
        """Answer with the runbook of one alert."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        alert = request.match_info["alert"]
        if alert not in self._runbooks.names:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                "There is no such alert; /runbooks lists them all.",
                kind="unknown-alert",
            )
        return page_response(request, await asyncio.to_thread(self._runbooks.page, alert))
