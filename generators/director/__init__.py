"""Turn a prompt into what to draw: colour, complexity, chaos, inscription."""

from .directing import KNOWN_MODELS, Directed, Directing
from .direction import Direction, direction_from_answer
from .errors import (
    DirectorDenied,
    DirectorError,
    DirectorFailed,
    DirectorRefused,
    DirectorTimeout,
    ModelUnavailable,
    UnusableAnswer,
)
from .local import LocalDirector
from .report import DirectorName, DirectorReport, Outcome
from .routing import (
    BASE_URL_HEADER,
    KEY_HEADER,
    LOCAL_MODEL,
    MODEL_PATTERN,
    NO_CREDENTIALS,
    Credentials,
    DirectorSettings,
    Provider,
    Route,
    normalized_base_url,
)

__all__ = [
    "BASE_URL_HEADER",
    "KEY_HEADER",
    "KNOWN_MODELS",
    "LOCAL_MODEL",
    "MODEL_PATTERN",
    "NO_CREDENTIALS",
    "Credentials",
    "Directed",
    "Directing",
    "Direction",
    "DirectorDenied",
    "DirectorError",
    "DirectorFailed",
    "DirectorName",
    "DirectorRefused",
    "DirectorReport",
    "DirectorSettings",
    "DirectorTimeout",
    "LocalDirector",
    "ModelUnavailable",
    "Outcome",
    "Provider",
    "Route",
    "UnusableAnswer",
    "direction_from_answer",
    "normalized_base_url",
]
