"""What an image URL asks for: validated, canonical, with its cache key and its validator."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from cache import make_key
from generators import (
    MAX_WIDTH,
    MIN_WIDTH,
    VERSION_PATTERN,
    Format,
    Parameters,
    PromptParameters,
    Seed,
    Spec,
)
from generators.director import BASE_URL_HEADER, LOCAL_MODEL

from .catalogue import is_directed, path_of, route_of
from .problems import ParameterError, Problem, bad_parameters
from .queries import parse_query, validated

# Distinct URLs whose validation is remembered per asset type: a hit then validates nothing.
_REMEMBERED = 1024


class ImageOptions(BaseModel):
    """The query parameters that all images take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: Annotated[
        Seed | None,
        Field(description="Draws the same picture again; without it: the type's current asset."),
    ] = None
    format: Annotated[
        Format | None, Field(description="File format; without it the Accept header decides.")
    ] = None
    width: Annotated[
        int | None,
        Field(ge=MIN_WIDTH, le=MAX_WIDTH, description="Pixels; the aspect ratio is kept."),
    ] = None
    v: Annotated[
        str | None,
        Field(pattern=f"^{VERSION_PATTERN.pattern}$", description="Renderer version; 404 if gone."),
    ] = None


@dataclass(frozen=True, slots=True)
class Target:
    """One image that a URL asks for.

    Attributes:
        spec, asset_type, path, route: of its type; the route is the path's pattern.
        parameters: the type's own, validated.
        seed: None: the type's current asset.
        width: None: the native one.
        settled: whether the URL names the seed, and nobody else decides on the picture: then its
            validator is known without drawing it.
        pinned: whether it names the version too, and so means these bytes for ever.
        varies: the request headers that decided on it, as Vary names them; "" if none did.
        picture: identifies the picture whatever its format and width; the unseeded ones of a
            type and parameters share it.
        key: its cache key.
        provider: the address of the provider that the caller chose to direct it.
    """

    spec: Spec
    asset_type: str
    path: str
    route: str
    parameters: Parameters
    seed: int | None
    format: Format
    width: int | None
    settled: bool
    pinned: bool
    varies: str
    picture: str
    key: str
    provider: str | None = None

    @property
    def prompt(self) -> str:
        """What a director is asked; only of a directed type."""
        return self._asked().prompt

    @property
    def model(self) -> str | None:
        """Who directs; only of a directed type."""
        return self._asked().model

    def _asked(self) -> PromptParameters:
        if not isinstance(self.parameters, PromptParameters):
            raise TypeError(f"{self.asset_type} is not directed")
        return self.parameters

    def directed_by(self, base_url: str) -> Target:
        """Return this target as another provider directs it, with a key of its own."""
        picture = make_key(self.asset_type, self.picture, base_url)
        key = image_key(self.asset_type, picture, self.format, self.width)
        return dataclasses.replace(self, picture=picture, key=key, provider=base_url)

    def siblings(self) -> list[str]:
        """Return the cache keys of the same picture in other formats, this or the native width."""
        keys = (
            image_key(self.asset_type, self.picture, each, width)
            for width in {self.width, None}
            for each in Format
            if each.holds(self.spec.mode)
        )
        return [key for key in keys if key != self.key]

    def etag(
        self, seed: int, direction: Parameters | None = None, *, fallback: bool = False
    ) -> str:
        """Return the weak validator of this image when drawn from `seed`.

        Args:
            direction: what a provider decided on, where one did.
            fallback: whether another director stood in, which makes it another image.
        """
        digest = make_key(
            self.asset_type,
            self.parameters.model_dump(),
            seed,
            self.format,
            self.width,
            self.spec.version,
            self.provider,
            None if direction is None else direction.model_dump(),
            fallback,
        )
        return f'W/"{digest[:32]}"'

    def seeded_url(self, seed: int) -> str:
        """Return the URL that reproduces this image when drawn from `seed`."""
        own = self.parameters.model_dump(mode="json", exclude_none=True)
        query = {
            **{name: _written(value) for name, value in own.items()},
            "seed": seed,
            "format": self.format.value,
            **({} if self.width is None else {"width": self.width}),
            "v": self.spec.version,
        }
        return f"{self.path}?{urlencode(query)}"


def target_parsers(
    specs: Iterable[Spec], default_model: str, *, providers_vary: bool
) -> dict[str, TargetParser]:
    """Return what parses the queries of each image's path, by path.

    Args:
        default_model: the director model of a request that names none.
        providers_vary: whether callers may choose a provider by header.
    """
    parsers = {}
    for spec in specs:
        path = path_of(spec)
        if is_directed(spec):
            varies = (BASE_URL_HEADER,) if providers_vary else ()
            parsers[path] = TargetParser(spec, path, {"model": default_model}, varies)
        else:
            parsers[path] = TargetParser(spec, path)
    return parsers


def image_key(asset_type: str, picture: str, file_format: Format, width: int | None) -> str:
    """Return the cache key of a picture in this format and width (None: the native one)."""
    return make_key(asset_type, picture, file_format, width)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class TargetParser:
    """Parses the queries of one asset type's path, remembering the latest.

    Args:
        spec: of the type.
        path: where it is served.
        defaults: of parameters whose default this service decides, by name.
        varies: further request headers that decide on what is drawn.
    """

    def __init__(
        self,
        spec: Spec,
        path: str,
        defaults: dict[str, str] | None = None,
        varies: tuple[str, ...] = (),
    ) -> None:
        self._spec = spec
        self._varies = varies
        self.path = path
        self._defaults = defaults or {}
        self.parse = functools.lru_cache(_REMEMBERED)(self._parse)

    def _parse(self, raw_query: str, preferred: Format) -> Target:
        """Return what `raw_query` asks for; `preferred` is the format if it names none.

        Raises:
            Problem: 400 naming every bad parameter; 404 for a version that is not rendered.
        """
        given, errors = parse_query(raw_query)
        names = ImageOptions.model_fields
        options, option_errors = validated(
            ImageOptions, {name: value for name, value in given.items() if name in names}
        )
        own = {name: value for name, value in given.items() if name not in names}
        parameters, own_errors = validated(self._spec.parameters, {**self._defaults, **own})
        errors = [*errors, *option_errors, *own_errors]
        if options is not None and options.format and not options.format.holds(self._spec.mode):
            reason = f"has no transparency, which {self._spec.name} needs"
            errors.append(ParameterError("format", reason))
        if options is None or parameters is None or errors:
            raise bad_parameters(errors)
        if options.v is not None and options.v != self._spec.version:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                f"This build renders version {self._spec.version} of {self._spec.name} only.",
                kind="unknown-version",
            )
        return self._target(options, parameters, options.format or preferred)

    def _target(self, options: ImageOptions, parameters: Parameters, file_format: Format) -> Target:
        spec = self._spec
        width = None if options.width == spec.width else options.width
        picture = make_key(spec.name, parameters.model_dump(), options.seed, spec.version)
        # A provider may direct the same prompt otherwise the next time.
        directed_elsewhere = (
            isinstance(parameters, PromptParameters) and parameters.model != LOCAL_MODEL
        )
        settled = options.seed is not None and not directed_elsewhere
        return Target(
            spec=spec,
            asset_type=spec.name,
            path=self.path,
            route=route_of(spec),
            parameters=parameters,
            seed=options.seed,
            format=file_format,
            width=width,
            settled=settled,
            pinned=settled and options.v is not None,
            varies=", ".join([*(["Accept"] * (options.format is None)), *self._varies]),
            picture=picture,
            key=image_key(spec.name, picture, file_format, width),
        )
