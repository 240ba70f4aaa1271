"""What a caller brings for a director, and what is answered when that cannot be used."""

from __future__ import annotations

from aiohttp import web
from pydantic import SecretStr

from generators.director import BASE_URL_HEADER, KEY_HEADER, Credentials, DirectorRefused

from .problems import ParameterError, Problem, bad_parameters


def credentials_of(request: web.Request) -> Credentials:
    """Return what the caller brings for a director; it never leaves the request."""
    key = request.headers.get(KEY_HEADER)
    return Credentials(
        None if key is None else SecretStr(key), request.headers.get(BASE_URL_HEADER)
    )


def refused_by_director(refused: DirectorRefused) -> Problem:
    """Return the 400 that names the header or parameter at fault."""
    return bad_parameters([ParameterError(refused.name, refused.reason)])
