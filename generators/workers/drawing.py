"""What a worker does with one order: render, check, encode, and never raise."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from PIL import Image

from .. import ink
from ..blas import use_one_blas_thread
from ..encode import Format, encode, mode_of, size_of
from ..errors import UnsupportedFormat
from ..generator import GradientMap, Picture, Spec
from ..registry import Registry
from ..scaling import scaled_size
from .orders import Order

_logger = logging.getLogger(__name__)

_MAX_TEXT = 16_000  # characters of a summary or a traceback that travel


@dataclass(frozen=True, slots=True)
class Drawn:
    """The file of a picture of `width` × `height` pixels, and how long its two stages took."""

    body: bytes
    width: int
    height: int
    render_seconds: float
    encode_seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """What was raised instead: its qualified name, itself in one line, and its traceback."""

    error_type: str
    summary: str
    traceback_text: str


def prepare(load_registry: Callable[[], Registry]) -> Registry:
    """Return the registry, with everything done that only a first drawing would wait for.

    Raises:
        RegistryError: as `load_registry`.
    """
    registry = load_registry()
    use_one_blas_thread()
    ink.preload()
    _warm_up(registry)
    return registry


def draw(registry: Registry, order: Order) -> Drawn | Failed:
    """Draw `order`. Whatever the generator does short of ending the process is a `Failed`."""
    try:
        return _draw(registry, order)
    except BaseException as error:  # a generator may call sys.exit
        return failure(error)


def failure(error: BaseException) -> Failed:
    """Return `error` as text that can travel to another process."""
    return Failed(
        error_type=f"{type(error).__module__}.{type(error).__qualname__}",
        summary="".join(traceback.format_exception_only(error)).strip()[:_MAX_TEXT],
        traceback_text="".join(traceback.format_exception(error))[-_MAX_TEXT:],
    )


def _draw(registry: Registry, order: Order) -> Drawn:
    generator = registry.get(order.asset_type)
    spec = generator.spec
    if not order.format.holds(spec.mode):
        raise UnsupportedFormat(order.format, spec.mode)
    started = perf_counter()
    picture = generator.render(order.parameters, order.seed)
    _check(picture, spec)
    rendered = perf_counter()
    body = encode(picture, order.format, order.width)
    encoded = perf_counter()
    width, height = scaled_size(spec.width, spec.height, order.width)
    return Drawn(body, width, height, rendered - started, encoded - rendered)


def _check(picture: Picture, spec: Spec) -> None:
    """Hold a generator to its specification.

    Raises:
        TypeError: it is not a picture.
        ValueError: it is not the picture that the specification promises.
    """
    if isinstance(picture, GradientMap):
        _check_arrays(picture)
    elif not isinstance(picture, Image.Image):
        raise TypeError(f"render returned {type(picture)}, neither a GradientMap nor an Image")
    promised = spec.mode, (spec.width, spec.height)
    actual = mode_of(picture), size_of(picture)
    if actual != promised:
        raise ValueError(f"render returned {actual}, but the specification promises {promised}")


def _check_arrays(picture: GradientMap) -> None:
    field, table = picture.field, picture.table
    if field.dtype != np.uint8 or field.ndim != 2:
        raise ValueError(f"the field is {field.dtype}{field.shape}, not uint8(height, width)")
    if table.dtype != np.uint8 or table.shape not in ((256, 3), (256, 4)):
        raise ValueError(f"the table is {table.dtype}{table.shape}, not uint8(256, 3 or 4)")


def _warm_up(registry: Registry) -> None:
    """Draw the first type that needs no parameters, so that code and tables are in memory."""
    for spec in registry.specs():
        if not any(field.is_required() for field in spec.parameters.model_fields.values()):
            drawn = draw(registry, Order(spec.name, spec.parameters(), 0, Format.PNG))
            if isinstance(drawn, Failed):
                _logger.warning("warm-up of %s failed: %s", spec.name, drawn.summary)
            return
