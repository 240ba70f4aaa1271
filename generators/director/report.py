"""What a director reports of each request, through one callable that knows no monitoring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

DirectorName = Literal["local", "openai"]


class Outcome(StrEnum):
    """How one request to one director ended."""

    OK = "ok"
    FALLBACK = "fallback"  # of "local": it answered because "openai" could not
    ERROR = "error"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DirectorReport:
    """One request to one director: no prompt, no model, no key, no address.

    Attributes:
        director: who was asked.
        outcome: how it ended.
        duration_seconds: from asking to answer or failure, retry included.
        tokens_in, tokens_out: what the provider says it counted; 0 when it says nothing.
    """

    director: DirectorName
    outcome: Outcome
    duration_seconds: float
    tokens_in: int = 0
    tokens_out: int = 0


Listener = Callable[[DirectorReport], None]


def ignore(report: DirectorReport) -> None:
    """Drop the report: the listener of those who want none."""
