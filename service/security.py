"""Who may change things: the bearer of the admin token, or, without one, this machine alone."""

from __future__ import annotations

import hmac
import ipaddress
import re
from http import HTTPStatus

from aiohttp import web

from .problems import Problem

# A request that carries one of these came through a proxy: its peer address says nothing.
_FORWARDING_HEADERS = (
    "Forwarded",
    "Via",
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
)
_FORWARDING_PREFIX = "x-forwarded"
_PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+))(?::[0-9]*)?")


class Admins:
    """Decides who is an admin.

    Args:
        token: what a bearer must present; None: only direct requests from loopback are trusted.
    """

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else token.encode()

    def require(self, request: web.Request) -> None:
        """Let an admin's deliberate request pass.

        Raises:
            Problem: 403 for a cross-site or prefetched request and for one from elsewhere; 401
                for a missing or wrong token.
        """
        if _is_not_deliberate(request):
            raise Problem(
                HTTPStatus.FORBIDDEN, "Cross-site and prefetched requests may not change anything."
            )
        if self._token is not None:
            if not self._bears_token(request, self._token):
                raise Problem(
                    HTTPStatus.UNAUTHORIZED,
                    "This needs the admin token.",
                    headers={"WWW-Authenticate": 'Bearer realm="NanoBanana"'},
                )
        elif _is_forwarded(request) or not _is_loopback(request.remote or ""):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "Without ADMIN_TOKEN this is allowed from the service's own machine only.",
            )
        elif not _is_asked_as_loopback(request):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "Without ADMIN_TOKEN this is allowed only where Host is localhost or a loopback "
                "address.",
            )

    def recognise(self, request: web.Request) -> bool:
        """Return whether `require` would let the request pass."""
        try:
            self.require(request)
        except Problem:
            return False
        return True

    @staticmethod
    def _bears_token(request: web.Request, token: bytes) -> bool:
        scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
        # Compared in constant time; surrogateescape keeps bytes that are no UTF-8 comparable.
        matches = hmac.compare_digest(presented.strip().encode("utf-8", "surrogateescape"), token)
        return matches and scheme.lower() == "bearer"


def _is_not_deliberate(request: web.Request) -> bool:
    headers = request.headers
    if headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    # Browsers without Sec-Fetch-Site still say where a POST came from.
    origin = headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        return True
    return any("prefetch" in headers.get(name, "").lower() for name in _PREFETCH_HEADERS)


def _is_asked_as_loopback(request: web.Request) -> bool:
    # Keeps out pages that rebind their own name to this machine's address.
    host = _HOST.fullmatch(request.host)
    return host is not None and _is_loopback(host[1] or host[2])


def _is_forwarded(request: web.Request) -> bool:
    headers = request.headers
    return any(name in headers for name in _FORWARDING_HEADERS) or any(
        name.lower().startswith(_FORWARDING_PREFIX) for name in headers
    )


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
