"""Errors as `application/problem+json` (RFC 9457): what was wrong, never what happened inside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web

# Phrases of RFC 9110, section 15.5, for which Python before 3.13 has older ones.
_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "URI Too Long",
}


class ParameterError(NamedTuple):
    """One bad parameter and what is wrong with it."""

    name: str
    reason: str


class Problem(Exception):
    """Raised to answer a request with an error.

    Attributes:
        status: the HTTP status.
        detail: a sentence for the caller.
        kind: what `type` ends in; None: nothing more is to be said than the status does.
        errors: the bad parameters.
        headers: further response headers.
        members: further members of the document.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        kind: str | None = None,
        errors: Sequence[ParameterError] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def response(self) -> web.Response:
        """Return the problem document; never stored by anyone."""
        document: dict[str, object] = {
            "type": f"urn:nanobanana:problem:{self.kind}" if self.kind else "about:blank",
            "title": _TITLES.get(self.status, self.status.phrase),
            "status": self.status.value,
            "detail": self.detail,
            **self.members,
        }
        if self.errors:
            document["errors"] = [error._asdict() for error in self.errors]
        return web.Response(
            status=self.status,
            body=json.dumps(document).encode(),
            headers={
                "Content-Type": "application/problem+json",
                "Cache-Control": "no-store",
                **self.headers,
            },
        )


def bad_parameters(errors: Sequence[ParameterError]) -> Problem:
    """Return the 400 that names every bad parameter."""
    names = ", ".join(dict.fromkeys(error.name or "'' (empty name)" for error in errors))
    return Problem(
        HTTPStatus.BAD_REQUEST,
        f"Bad parameters: {names}.",
        kind="bad-parameters",
        errors=tuple(dict.fromkeys(errors)),
    )


# What the framework answers by itself, in our words; it never says more than the status does.
_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this path.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This path does not take that method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request body is too large.",
    HTTPStatus.EXPECTATION_FAILED: "The Expect header cannot be met.",
}


def framework_problem(error: web.HTTPException) -> Problem:
    """Return what the framework raised as a problem."""
    status = HTTPStatus(error.status)
    headers = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
    return Problem(status, _DETAILS.get(status, f"{status.phrase}."), headers=headers)


def internal_problem() -> Problem:
    """Return the 500 of a failure that only the log may describe."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something failed here, which only the log of this service describes.",
    )


def malformed_problem(status: int) -> Problem:
    """Return the answer to what is no HTTP request that this server can read."""
    return Problem(HTTPStatus(status), "The request could not be read as HTTP/1.1.")
