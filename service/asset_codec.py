"""How an asset is written to a tier: the encoded image behind one JSON object of what it is.

The image is never decoded on the way back. That it is the one its key stands for is told by that
object, and its format and size by the first bytes of the file.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from typing import Annotated

import imagesize
from pydantic import BaseModel, ConfigDict, Field

from cache.tiers import Foreign, Superseded
from generators import Drawing, Format, Seed, Spec, scaled_size

from .assets import Asset
from .editions import Editions
from .targets import image_key

# What claims more than these was not written by us: ten years and some days, since clocks differ,
# are longer than any setting allows, and nobody waits a day for an image.
MAX_TTL_SECONDS = 10 * 366 * 86_400.0
MAX_COST_SECONDS = 86_400.0

_LENGTH_BYTES = 4
_MAX_FACTS_BYTES = 4096

# Where the first bytes of a file say that it is of a format, and how.
_MAGIC = {
    Format.PNG: (0, b"\x89PNG\r\n\x1a\n"),
    Format.WEBP: (8, b"WEBP"),
    Format.AVIF: (4, b"ftypavif"),
    Format.JPEG: (0, b"\xff\xd8\xff"),
}

# Far beyond what any setting allows, and near enough for every header and sum made of them.
_Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
_Duration = Annotated[float, Field(ge=0, le=MAX_TTL_SECONDS, allow_inf_nan=False)]


class _Facts(BaseModel):
    """What is written of an asset beside its image; moments are seconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: str
    format: Format
    asked_width: int | None
    width: int
    height: int
    seed: Seed
    seeded: bool
    etag: Annotated[str, Field(pattern=r'^W/"[0-9a-f]{32}"$')]
    drawn_at: _Moment
    fresh_from: _Moment
    lifetime_seconds: _Duration
    fallback: bool
    render_seconds: _Duration
    encode_seconds: _Duration


class AssetCodec:
    """Writes assets for tiers, and reads back those that may be served.

    Args:
        specs: of all types.
        editions: an unseeded image that is read back joins its edition again, or begins it.
        generation: how often the cache of a type was cleared.
        clock: the cache's.
        wall_clock: seconds since the epoch.
    """

    def __init__(
        self,
        specs: Iterable[Spec],
        editions: Editions,
        generation: Callable[[str], int],
        clock: Callable[[], float],
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._editions = editions
        self._generation = generation
        self._clock = clock
        self._wall_clock = wall_clock

    def encode(self, value: object) -> bytes:
        """Return an asset as bytes.

        Raises:
            Foreign: it is none, but what a plug-in's function had the cache of this process hold.
        """
        if not isinstance(value, Asset):
            raise Foreign
        drawing = value.drawing
        facts = _Facts(
            picture=value.picture,
            format=value.format,
            asked_width=value.asked_width,
            width=drawing.width,
            height=drawing.height,
            seed=value.seed,
            seeded=value.edition is None,
            etag=value.etag,
            drawn_at=value.drawn_at,
            fresh_from=max(0.0, value.fresh_from + self._clock_offset()),
            lifetime_seconds=value.lifetime_seconds,
            fallback=value.fallback,
            render_seconds=drawing.render_seconds,
            encode_seconds=drawing.encode_seconds,
        )
        written = facts.model_dump_json().encode()
        return b"".join((len(written).to_bytes(_LENGTH_BYTES), written, drawing.body))

    def decode(self, asset_type: str, key: str, body: bytes) -> Asset:
        """Return the asset that `body` holds.

        Raises:
            ValueError: it is not the image that `key` stands for.
            Superseded: it belongs to another edition than the present one.
        """
        facts, image = _split(body)
        self._check(asset_type, key, facts, image)
        fresh_from = facts.fresh_from - self._clock_offset()
        edition = None
        if not facts.seeded:
            edition = self._editions.rejoined(
                facts.picture,
                facts.seed,
                fresh_from,
                facts.lifetime_seconds,
                self._generation(asset_type),
            )
            if edition is None:
                raise Superseded
            edition.keys.add(key)
        return Asset(
            picture=facts.picture,
            format=facts.format,
            asked_width=facts.asked_width,
            drawing=Drawing(
                image,
                facts.width,
                facts.height,
                0.0,
                facts.render_seconds,
                facts.encode_seconds,
            ),
            bands=len(self._specs[asset_type].mode),
            seed=facts.seed,
            etag=facts.etag,
            drawn_at=facts.drawn_at,
            fresh_from=fresh_from,
            lifetime_seconds=facts.lifetime_seconds,
            fallback=facts.fallback,
            edition=edition,
        )

    def is_current(self, asset_type: str, key: str, body: bytes) -> bool:
        """Return whether `decode` would return an asset; no edition is joined.

        Raises:
            ValueError: it is not the image that `key` stands for.
        """
        facts, image = _split(body)
        self._check(asset_type, key, facts, image)
        if facts.seeded:
            return True
        generation = self._generation(asset_type)
        return not self._editions.has_other(facts.picture, facts.seed, generation)

    def _check(self, asset_type: str, key: str, facts: _Facts, image: bytes) -> None:
        spec = self._specs.get(asset_type)
        asked = facts.picture, facts.format, facts.asked_width
        if spec is None or key != image_key(asset_type, *asked):
            raise ValueError(f"it is no image of {asset_type} with this key")
        size = facts.width, facts.height
        at, magic = _MAGIC[facts.format]
        if not image.startswith(magic, at):
            raise ValueError(f"the image is no {facts.format}")
        seen = imagesize.get(io.BytesIO(image))
        if not size == seen == scaled_size(spec.width, spec.height, facts.asked_width):
            raise ValueError(f"an image of {seen} pixels stands for one of {size}")

    def _clock_offset(self) -> float:
        return self._wall_clock() - self._clock()


def _split(body: bytes) -> tuple[_Facts, bytes]:
    length = int.from_bytes(body[:_LENGTH_BYTES])
    end = _LENGTH_BYTES + length
    if length > _MAX_FACTS_BYTES or end > len(body):
        raise ValueError("what it says of its image is cut off")
    return _Facts.model_validate_json(body[_LENGTH_BYTES:end]), body[end:]
