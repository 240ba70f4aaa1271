"""What kind of answer a request gets, and whether the caller's copy is still good (RFC 9110)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from multidict import CIMultiDict, CIMultiDictProxy

from generators import Format

# Offered by Accept, the smallest first; JPEG is only ever asked for by name.
_OFFERED = (Format.AVIF, Format.WEBP, Format.PNG)

# Nobody means more, and reading what a request has room for would hold up all others for seconds.
_MAX_ACCEPT_CHARACTERS = 1024
_MAX_LIST_CHARACTERS = 8192

_UNSAID: list[str] = [""]


def accept_of(headers: CIMultiDict[str] | CIMultiDictProxy[str]) -> str:
    """Return the Accept of a request, several lines as one list (RFC 9110, section 5.3).

    "" where there is none, or one that is too long to be meant.
    """
    lines = headers.getall("Accept", _UNSAID)
    accept = lines[0] if len(lines) == 1 else ",".join(lines)
    return accept if len(accept) <= _MAX_ACCEPT_CHARACTERS else ""


@functools.lru_cache(maxsize=256)
def negotiated_format(accept: str) -> Format:
    """Return the format that an Accept header prefers; PNG where it accepts none of ours.

    AVIF and WebP have to be named: a wildcard stands for PNG, which everyone reads, unless PNG is
    refused by name. Equal q-values go to the smaller format (RFC 9110, section 12.5.1).
    """
    weights = dict(_media_range(part) for part in accept.split(","))
    wildcard = weights.get("image/*", weights.get("*/*", 0.0))
    named = {each: weights.get(each.media_type, 0.0) for each in _OFFERED}
    any_other = {each: weights.get(each.media_type, wildcard) for each in _OFFERED}
    named[Format.PNG] = any_other[Format.PNG]
    for quality in (named, any_other):
        best = max(_OFFERED, key=quality.__getitem__)
        if quality[best] > 0:
            return best
    return Format.PNG


def prefers_html(accept: str) -> bool:
    """Return whether an Accept header names HTML, and wants nothing of JSON more.

    Browsers name it; programs that take anything get JSON (RFC 9110, section 12.5.1).
    """
    weights = dict(_media_range(part) for part in accept.split(","))
    json = weights.get("application/json")
    other = weights.get("application/*", weights.get("*/*", 0.0)) if json is None else json
    html = weights.get("text/html", 0.0)
    return html > other or (html == other > 0 and json is None)


def _media_range(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return media_range, _weight(value)
    return media_range, 1.0


def _weight(value: str) -> float:
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0


def etag_matches(if_none_match: Sequence[str], etag: str) -> bool:
    """Return whether lines of If-None-Match name `etag`, compared weakly, or `*`.

    Source: RFC 9110, sections 8.8.3.2 and 13.1.2.
    """
    opaque = etag.removeprefix("W/")
    return any(each == "*" or each.removeprefix("W/") == opaque for each in _members(if_none_match))


def asks_no_cache(cache_control: Sequence[str]) -> bool:
    """Return whether lines of a request's Cache-Control hold `no-cache`.

    Source: RFC 9111, section 5.2.1.4.
    """
    return any(each.lower() == "no-cache" for each in _members(cache_control))


def _members(lines: Sequence[str]) -> list[str]:
    """Return the members of a list that came in these lines; none of one that is too long."""
    if sum(map(len, lines)) > _MAX_LIST_CHARACTERS:
        return []
    return [member.strip() for line in lines for member in line.split(",")]


def unmodified_since(if_modified_since: str, modified_at: float) -> bool:
    """Return whether an If-Modified-Since header names `modified_at` (seconds) or a later date.

    What is no date is ignored (RFC 9110, section 13.1.3).
    """
    try:
        since = parsedate_to_datetime(if_modified_since).timestamp()
    except (ValueError, OverflowError):
        return False
    return int(modified_at) <= since
