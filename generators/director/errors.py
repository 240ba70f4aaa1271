"""What can go wrong when a prompt is directed.

    DirectorError
    ├── DirectorRefused      the caller's header or model cannot be used (400)
    │   └── ModelUnavailable no provider is configured for that model (400)
    ├── DirectorTimeout      the provider did not answer in time (504)
    └── DirectorFailed       the provider failed (502)
        ├── DirectorDenied   it does not accept the key
        └── UnusableAnswer   its answer holds no direction

The text of each is safe to show to a caller: it never holds a key, an address or anything that
the provider wrote.
"""

from __future__ import annotations

from typing import ClassVar

from .report import Outcome


class DirectorError(Exception):
    """Base of all; `outcome` is how it counts."""

    outcome: ClassVar[Outcome] = Outcome.ERROR


class DirectorRefused(DirectorError):
    """The request itself is at fault.

    Attributes:
        name: the header or parameter at fault.
        reason: what is wrong with it.
    """

    outcome = Outcome.REFUSED

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class ModelUnavailable(DirectorRefused):
    """The model needs a provider, and neither the service nor the caller brings one."""


class DirectorTimeout(DirectorError):
    """The provider did not answer within the time allowed."""

    outcome = Outcome.TIMEOUT


class DirectorFailed(DirectorError):
    """The provider could not be reached, or answered with a failure."""


class DirectorDenied(DirectorFailed):
    """The provider does not accept the key (401, 403)."""


class UnusableAnswer(DirectorFailed):
    """The provider answered, but no direction can be made of it."""
