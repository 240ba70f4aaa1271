"""Turn (type, parameters, seed) into image bytes: the art, its encoders, registry and workers."""

from .blas import use_one_blas_thread
from .directed import PromptParameters
from .encode import Format, encode
from .errors import (
    GenerationError,
    GenerationTimeout,
    GeneratorFailed,
    GeneratorsError,
    PoolClosed,
    QueueFull,
    RegistryError,
    UnknownAssetType,
    UnsupportedFormat,
    WorkerCrashed,
    WorkersUnavailable,
)
from .generator import (
    MAX_SEED,
    NAME_PATTERN,
    VERSION_PATTERN,
    AnyGenerator,
    Generator,
    GradientMap,
    Mode,
    Parameters,
    Picture,
    Seed,
    Spec,
)
from .registry import Registry, load_registry
from .scaling import MAX_WIDTH, MIN_WIDTH, scaled_size
from .value_codec import ValueCodec
from .workers import (
    Drawing,
    GenerationOutcome,
    GenerationReport,
    Order,
    PoolReport,
    WorkerPool,
)

__all__ = [
    "MAX_SEED",
    "MAX_WIDTH",
    "MIN_WIDTH",
    "NAME_PATTERN",
    "VERSION_PATTERN",
    "AnyGenerator",
    "Drawing",
    "Format",
    "GenerationError",
    "GenerationOutcome",
    "GenerationReport",
    "GenerationTimeout",
    "Generator",
    "GeneratorFailed",
    "GeneratorsError",
    "GradientMap",
    "Mode",
    "Order",
    "Parameters",
    "Picture",
    "PoolClosed",
    "PoolReport",
    "PromptParameters",
    "QueueFull",
    "Registry",
    "RegistryError",
    "Seed",
    "Spec",
    "UnknownAssetType",
    "UnsupportedFormat",
    "ValueCodec",
    "WorkerCrashed",
    "WorkerPool",
    "WorkersUnavailable",
    "encode",
    "load_registry",
    "scaled_size",
    "use_one_blas_thread",
]
