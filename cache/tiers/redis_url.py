"""What a Redis URL says of the connections to make; a bad one is refused without repeating it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

from redis.asyncio import SSLConnection
from redis.asyncio.connection import RedisSSLContext, parse_url
from redis.exceptions import RedisError

# Others would change what the tier relies on, such as its limits or undecoded answers.
_TLS_OPTIONS = frozenset(
    {
        "ssl_ca_certs",
        "ssl_ca_path",
        "ssl_cert_reqs",
        "ssl_certfile",
        "ssl_check_hostname",
        "ssl_keyfile",
        "ssl_min_version",
    }
)


def connection_options(url: str) -> Mapping[str, Any]:
    """Return the arguments of redis-py's connections for `url`, and `tls`, if it asks for that.

    That is `redis://` or, with TLS, `rediss://`, then `[[user]:password@]host[:port][/db]`, and
    with `rediss://` redis-py's `ssl_…` options as query.

    Raises:
        ValueError: it is no such URL, or its certificates cannot be loaded; the message tells
            neither the URL nor a part of it, which might be a piece of a password.
    """
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        _refuse("host and port must be well-formed, special characters in a password %-encoded")
    if parts.scheme not in {"redis", "rediss"}:
        _refuse("it must start with redis:// or rediss://")
    if not parts.hostname or not port_fits:
        _refuse("it must name a host, and a port above 0 if any")
    if parts.fragment:
        _refuse("special characters in a password must be %-encoded")
    if not (parts.path in {"", "/"} or (parts.path.isascii() and parts.path[1:].isdecimal())):
        _refuse("its path must be the number of a database")
    given = parse_qs(parts.query)
    allowed = _TLS_OPTIONS if parts.scheme == "rediss" else frozenset[str]()
    if not given.keys() <= allowed:
        _refuse(f"rediss:// may have the options {', '.join(sorted(_TLS_OPTIONS))}; no others")
    try:
        options = dict(parse_url(url))
    except ValueError:
        _refuse("an option has no valid value")
    if options.pop("connection_class", None) is not None:
        options["tls"] = _loaded({name: options.pop(name) for name in given})
    return options


def _loaded(options: Mapping[str, Any]) -> RedisSSLContext:
    """Return a context with its certificates loaded, to be shared: loading takes long."""
    try:
        tls = SSLConnection(**options).ssl_context
        tls.get()
    except (OSError, ssl.SSLError, RedisError, ValueError):
        _refuse("its ssl_… options must name readable certificates and valid choices")
    return tls


def _refuse(demand: str) -> NoReturn:
    raise ValueError(
        f"unusable Redis URL: {demand}; "
        "such a URL looks like redis[s]://[[user]:password@]host[:port][/database]"
    ) from None
