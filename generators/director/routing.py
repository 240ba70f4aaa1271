"""Which director answers a request, at which address, with whose key."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from .errors import DirectorRefused, ModelUnavailable
from .report import DirectorName

LOCAL_MODEL: Final = "local"
DEFAULT_REMOTE_MODEL: Final = "gpt-4o"
OPENAI_BASE_URL: Final = "https://api.openai.com/v1"
KEY_HEADER: Final = "X-API-Key"
BASE_URL_HEADER: Final = "X-Base-Url"
MODEL_PATTERN: Final = re.compile(r"[A-Za-z0-9._:/-]{1,100}")

# What may follow "Bearer " in a header; anything else could break out of it.
_KEY_PATTERN: Final = re.compile(r"[!-~]{1,512}")
# Printable ASCII without blanks and backslashes, which parsers of URLs disagree about.
_URL_PATTERN: Final = re.compile(r"[!-\[\]-~]{1,300}")
_HOST_PATTERN: Final = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]+")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class DirectorSettings:
    """What the operator decides.

    Attributes:
        api_key: the service's own key; goes to `base_url` and nowhere else.
        base_url: of the provider, normalised; None is OpenAI's, if there is a key.
        model: answers requests that name none; None is "gpt-4o" with `api_key`, else "local".
        allowed_base_urls: what a caller may choose with X-Base-Url, normalised.
        timeout_seconds: for one direction or list of models, retry and connecting included.
        fallback: answer with the local director when the provider fails.

    Raises:
        ValueError: a value is out of range, a key or model unfit for a request, or an address
            no bare http(s) URL. The message holds neither key nor address.
    """

    api_key: SecretStr | None = None
    base_url: str | None = None
    model: str | None = None
    allowed_base_urls: tuple[str, ...] = ()
    timeout_seconds: float = 20.0
    fallback: bool = False

    def __post_init__(self) -> None:
        if self.api_key is not None and not _is_key(self.api_key):
            raise ValueError("api_key must be 1-512 printable ASCII characters without blanks")
        if self.model is not None and not MODEL_PATTERN.fullmatch(self.model):
            raise ValueError(f"model {self.model!r} does not match {MODEL_PATTERN.pattern}")
        if not 0 < self.timeout_seconds <= 600:
            raise ValueError(f"timeout_seconds must be in 0-600, not {self.timeout_seconds}")
        if self.base_url is not None:
            object.__setattr__(self, "base_url", normalized_base_url(self.base_url))
        allowed = tuple(normalized_base_url(url) for url in self.allowed_base_urls)
        object.__setattr__(self, "allowed_base_urls", allowed)

    @property
    def default_model(self) -> str:
        """The model of a request that names none."""
        return self.model or (DEFAULT_REMOTE_MODEL if self.api_key else LOCAL_MODEL)

    @property
    def own_base_url(self) -> str | None:
        """The service's own provider, None when there is none."""
        return self.base_url or (OPENAI_BASE_URL if self.api_key else None)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller brings: the values of X-API-Key and X-Base-Url."""

    api_key: SecretStr | None = None
    base_url: str | None = field(default=None, repr=False)  # may hold a password


NO_CREDENTIALS: Final = Credentials()


@dataclass(frozen=True, slots=True)
class Provider:
    """An address that a key may be sent to.

    Attributes:
        base_url: one of the operator's, or OpenAI's; never a string of the caller's.
        key: the service's or the caller's; None sends none.
        is_callers_key: whose it is.
    """

    base_url: str
    key: SecretStr | None
    is_callers_key: bool


@dataclass(frozen=True, slots=True)
class Route:
    """A request's model, and its provider: None for the local director."""

    model: str
    provider: Provider | None

    @property
    def director(self) -> DirectorName:
        return "local" if self.provider is None else "openai"


def choose_route(settings: DirectorSettings, model: str | None, credentials: Credentials) -> Route:
    """Decide who answers a request for `model` (None: the default).

    The caller's headers are checked whatever the model is.

    Raises:
        DirectorRefused: a header or the model is malformed, the base URL is not allowed, or it
            comes without a key of the caller's own.
        ModelUnavailable: the model needs a provider and there is none.
    """
    provider = choose_provider(settings, credentials)
    name = settings.default_model if model is None else model
    if not MODEL_PATTERN.fullmatch(name):
        raise DirectorRefused("model", f"must match {MODEL_PATTERN.pattern}")
    if name == LOCAL_MODEL:
        return Route(LOCAL_MODEL, None)
    if provider is None:
        raise ModelUnavailable(
            "model", f"{name} needs a provider, and none is configured; {LOCAL_MODEL} needs none"
        )
    return Route(name, provider)


def choose_provider(settings: DirectorSettings, credentials: Credentials) -> Provider | None:
    """Pair an address with the one key that may go there; None when there is no provider.

    A caller's base URL only selects among the operator's and needs the caller's own key: the
    service's key is never sent to an address that a caller chose.

    Raises:
        DirectorRefused: as `choose_route`.
    """
    key = credentials.api_key
    if key is not None and not _is_key(key):
        raise DirectorRefused(KEY_HEADER, "must be 1-512 printable ASCII characters without blanks")
    if credentials.base_url is not None:
        base_url = _allowed(settings, credentials.base_url)
        if key is None:
            raise DirectorRefused(BASE_URL_HEADER, f"needs your own key in {KEY_HEADER}")
        return Provider(base_url, key, is_callers_key=True)
    if key is not None:
        return Provider(settings.base_url or OPENAI_BASE_URL, key, is_callers_key=True)
    if settings.own_base_url is None:
        return None
    return Provider(settings.own_base_url, settings.api_key, is_callers_key=False)


def normalized_base_url(url: str) -> str:
    """Return the one spelling of a base URL that is compared and used.

    Scheme and host in lower case, no default port, no slash at the end of the path.

    Raises:
        ValueError: not an absolute http or https URL, or it has user, query or fragment. The
            message does not repeat the URL, which may hold a password.
    """
    if not _URL_PATTERN.fullmatch(url):
        raise ValueError("a base URL is 1-300 printable ASCII characters without blanks")
    if "?" in url or "#" in url or "@" in url:
        raise ValueError("a base URL has no user, password, query or fragment")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port that is no number, an unclosed bracket
        raise ValueError("a base URL is like https://host:port/v1") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("a base URL starts with http:// or https://")
    if parts.hostname is None or not _HOST_PATTERN.fullmatch(parts.hostname):
        raise ValueError("a base URL names a host, as name, IPv4 or [IPv6] address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}{parts.path.rstrip('/')}"


def _allowed(settings: DirectorSettings, url: str) -> str:
    try:
        wanted = normalized_base_url(url)
    except ValueError as error:
        raise DirectorRefused(BASE_URL_HEADER, str(error)) from None
    for allowed in settings.allowed_base_urls:
        if allowed == wanted:
            return allowed
    raise DirectorRefused(BASE_URL_HEADER, "is not one of the base URLs this service allows")


def _is_key(key: SecretStr) -> bool:
    return _KEY_PATTERN.fullmatch(key.get_secret_value()) is not None
