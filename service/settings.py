"""Settings from the environment and `.env`; a bad value stops the start with one clear line each.

Names, defaults and meanings are documented in `.env.example`, which a test holds against this file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from cache import Admission

from .errors import SettingsError

_ENV_FILE = ".env"
# Files from Windows may begin with a byte order mark, which is no part of the first name.
_ENV_FILE_ENCODING = "utf-8-sig"

_MAX_ENTRIES = 1_000_000
_MAX_SECONDS = 10 * 365 * 86_400.0

Size = Annotated[int, Field(ge=0, le=_MAX_ENTRIES)]
Seconds = Annotated[float, Field(gt=0, le=_MAX_SECONDS, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65_535)]


def _comma_separated(value: object) -> object:
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return value


def _checked_origin(value: str) -> str:
    if value == "*":
        return value
    scheme, separator, rest = value.partition("://")
    if scheme not in {"http", "https"} or not separator or not rest or "/" in rest:
        raise ValueError("must be an origin such as https://example.org, or *")
    return value.lower()


def _checked_base_url(value: str) -> str:
    # Imports all generators: most of a second, which most commands would wait for in vain.
    from generators.director import normalized_base_url

    return normalized_base_url(value)


def _checked_tiers(value: tuple[str, ...]) -> tuple[str, ...]:
    if value not in _TIERS:
        raise ValueError(f"must be one of: {' | '.join(map(','.join, _TIERS))}")
    return value


def _checked_redis_url(value: str) -> str:
    # Imports the Redis client, which those who use no Redis need not wait for.
    from cache.tiers.redis_url import connection_options

    connection_options(value)
    return value


def _checked_secret(value: SecretStr) -> SecretStr:
    # It travels in a header after "Bearer " (RFC 6750, section 2.1).
    if not re.fullmatch(r"[!-~]{1,512}", value.get_secret_value()):
        raise ValueError("must be 1-512 printable ASCII characters without blanks")
    return value


_TIERS = (
    ("memory",),
    ("memory", "disk"),
    ("memory", "redis"),
    ("memory", "disk", "redis"),
)

Names = Annotated[tuple[str, ...], BeforeValidator(_comma_separated)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_checked_origin)], ...],
    BeforeValidator(_comma_separated),
]
BaseUrl = Annotated[str, AfterValidator(_checked_base_url)]
BaseUrls = Annotated[tuple[BaseUrl, ...], BeforeValidator(_comma_separated)]
Tiers = Annotated[
    tuple[str, ...], BeforeValidator(_comma_separated), AfterValidator(_checked_tiers)
]
RedisUrl = Annotated[str, AfterValidator(_checked_redis_url)]
Secret = Annotated[SecretStr, AfterValidator(_checked_secret)]

# Settings of one asset type, whose names hold the type: CACHE_SIZE_ENSO, CACHE_TTL_NEBULA.
_SIZE_PREFIX = "CACHE_SIZE_"
_TTL_PREFIX = "CACHE_TTL_"

# The type-specific TTL settings stand for these types; a plug-in has CACHE_TTL_<TYPE>.
CREATURES = ("giraffe", "kangaroo")
_OWN_SIZES = {"parchment": 50, "directed_enso": 200}
_OWN_TTLS = {"directed_enso": 1800.0}
_DEFAULT_TTL = 3600.0


def _cpu_count() -> int:
    # What this process may use, which in a container is less than the machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """All settings; `load_settings` reads them."""

    # A .env file serves the whole deployment: names that are not ours are none of our business.
    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=_ENV_FILE,
        env_file_encoding=_ENV_FILE_ENCODING,
    )

    cache_size: Size = 100
    cache_sizes: Mapping[str, Size] = Field(default_factory=dict)
    cache_ttls: Mapping[str, Seconds] = Field(default_factory=dict)
    cache_metrics: bool = True
    cache_max_memory_mb: Annotated[float, Field(gt=0, le=1_048_576, allow_inf_nan=False)] = 500
    cache_stale_seconds: Annotated[float, Field(ge=0, le=_MAX_SECONDS, allow_inf_nan=False)] = 0
    cache_warm: Names = ("parchment", "enso")

    cache_admission: Admission = Admission.ALL
    cache_adaptive_ttl: bool = False
    cache_tiers: Tiers = ("memory",)
    cache_disk_path: Annotated[str, Field(min_length=1)] = "./.nanobanana"
    cache_disk_max_mb: Annotated[float, Field(gt=0, le=1_048_576, allow_inf_nan=False)] = 2048
    redis_url: RedisUrl = "redis://127.0.0.1:6379/0"
    cache_trace_path: Annotated[str, Field(min_length=1)] | None = None
    cache_trace_max_mb: Annotated[float, Field(gt=0, le=1_048_576, allow_inf_nan=False)] = 64

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port = 8001
    metrics_port: Port | None = None
    admin_token: Secret | None = None
    cors_origins: Origins = ()

    generator_workers: Annotated[int, Field(ge=0, le=256)] = Field(default_factory=_cpu_count)
    generation_queue_max: Annotated[int, Field(ge=0, le=100_000)] = 64
    generation_timeout_seconds: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 10

    openai_api_key: Secret | None = None
    llm_base_url: BaseUrl | None = None
    llm_model: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/-]{1,100}$")] | None = None
    llm_allowed_base_urls: BaseUrls = ()
    llm_fallback: bool = False
    llm_timeout_seconds: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 8

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @field_validator("log_level", "log_format", "cache_admission", mode="before")
    @classmethod
    def _lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("metrics_port")
    @classmethod
    def _apart_from_port(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value and value == info.data.get("port"):
            raise ValueError("must differ from PORT")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _NamedSettings(settings_cls, dotenv_settings, env_settings)

    @property
    def default_model(self) -> str:
        """The director model of a request that names none."""
        return self.llm_model or ("local" if self.openai_api_key is None else "gpt-4o")

    @property
    def cache_max_bytes(self) -> int:
        """The memory budget in bytes; a MB is 2^20 bytes."""
        return int(self.cache_max_memory_mb * 2**20)

    @property
    def cache_disk_max_bytes(self) -> int:
        """The budget of the disk tier in bytes; a MB is 2^20 bytes."""
        return int(self.cache_disk_max_mb * 2**20)

    @property
    def cache_trace_max_bytes(self) -> int:
        """What the recorded trace may take in bytes; a MB is 2^20 bytes."""
        return int(self.cache_trace_max_mb * 2**20)

    def capacity(self, asset_type: str) -> int:
        """Return how many entries the cache of `asset_type` holds."""
        return self.cache_sizes.get(asset_type, _OWN_SIZES.get(asset_type, self.cache_size))

    def ttl_seconds(self, asset_type: str) -> float:
        """Return how long an entry of `asset_type` stays fresh."""
        names = (asset_type, "creature") if asset_type in CREATURES else (asset_type,)
        for name in names:
            if name in self.cache_ttls:
                return self.cache_ttls[name]
        return _OWN_TTLS.get(asset_type, _DEFAULT_TTL)

    def check_types(self, asset_types: Collection[str], warmable: Collection[str]) -> None:
        """Check every setting that names an asset type against those there are.

        Args:
            asset_types: all types; warmable: those that can be drawn without a prompt.

        Raises:
            SettingsError: a setting names another type.
        """
        there_are = f"there are: {', '.join(asset_types)}"
        lines = [
            f"{prefix}{name.upper()}: there is no asset type {name!r}; {there_are}"
            for prefix, named, known in (
                (_SIZE_PREFIX, self.cache_sizes, {*asset_types}),
                (_TTL_PREFIX, self.cache_ttls, {*asset_types, "creature"}),
            )
            for name in named
            if name not in known
        ]
        lines += [
            f"CACHE_WARM: {name!r} cannot be warmed; {', '.join(warmable)} can"
            for name in self.cache_warm
            if name not in warmable
        ]
        if lines:
            raise SettingsError(lines)

    def effective(self, asset_types: Iterable[str]) -> dict[str, str]:
        """Return every setting by its name with the value in force; secrets are masked."""
        values: dict[str, object] = {}
        for name in type(self).model_fields:
            if name == "cache_sizes":
                values |= {
                    f"{_SIZE_PREFIX}{each.upper()}": self.capacity(each) for each in asset_types
                }
            elif name == "cache_ttls":
                values |= {
                    f"{_TTL_PREFIX}{each.upper()}": self.ttl_seconds(each) for each in asset_types
                }
            else:
                values[name.upper()] = getattr(self, name)
        values["LLM_MODEL"] = self.default_model
        values["REDIS_URL"] = _without_password(self.redis_url)
        return {name: _printed(value) for name, value in values.items()}


class _NamedSettings(PydanticBaseSettingsSource):
    """All settings by name from what the given sources read, of which the later override.

    It also gathers CACHE_SIZE_<TYPE> and CACHE_TTL_<TYPE>, whose types are not known before the
    plug-ins are. What is empty was left open, but for CACHE_WARM, which then warms nothing.
    """

    def __init__(
        self, settings_class: type[BaseSettings], *sources: PydanticBaseSettingsSource
    ) -> None:
        super().__init__(settings_class)
        self._given: dict[str, str] = {}
        for source in sources:
            if isinstance(source, EnvSettingsSource):
                # What read .env is one, too; names are in lower case.
                self._given |= {name: value or "" for name, value in source.env_vars.items()}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._given.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            name: self._given[name]
            for name in self.settings_cls.model_fields
            if self._given.get(name) or (name == "cache_warm" and name in self._given)
        }
        for field, prefix in _PREFIXES.items():
            values[field] = {
                name.removeprefix(prefix.lower()): value
                for name, value in self._given.items()
                if name.startswith(prefix.lower()) and value
            }
        return values


def load_settings() -> Settings:
    """Read the settings from the environment and from `.env` in the working directory.

    Raises:
        SettingsError: with one line for each bad value.
    """
    _check_env_file(Path(_ENV_FILE))
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_line(detail) for detail in error.errors()) from None


def _check_env_file(path: Path) -> None:
    """Refuse a file that python-dotenv would read in part, with no more than a warning.

    Raises:
        SettingsError: with one line for each that cannot be read.
    """
    if not path.is_file():
        return
    try:
        with path.open(encoding=_ENV_FILE_ENCODING) as stream:
            bad = [binding.original.line for binding in parse_stream(stream) if binding.error]
    except (OSError, UnicodeError) as error:
        raise SettingsError([f"{path} cannot be read: {error}"]) from None
    if bad:
        raise SettingsError(f"{path}, line {line}: is not NAME=value" for line in bad)


def _line(detail: ErrorDetails) -> str:
    field, *rest = (str(part) for part in detail["loc"])
    name = f"{_PREFIXES[field]}{rest[0].upper()}" if field in _PREFIXES else field.upper()
    reason = detail["msg"].removeprefix("Value error, ")
    return f"{name}: {reason}" if field in _UNSHOWN else f"{name}={detail['input']!r}: {reason}"


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    _, _, address = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{parts.username or ''}:********@{address}").geturl()


def _printed(value: object) -> str:
    match value:
        case None:
            return ""
        case SecretStr():
            return "********"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.15g}"
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


# The fields of settings of one type, and what their names begin with.
_PREFIXES = {"cache_sizes": _SIZE_PREFIX, "cache_ttls": _TTL_PREFIX}

# What is never repeated in a message: secrets, and addresses that may hold a password.
_UNSHOWN = frozenset(
    {"admin_token", "openai_api_key", "llm_base_url", "llm_allowed_base_urls", "redis_url"}
)
