"""What ends a command of the console script, with the exit code that it means.

CommandError
├── CommandFailed     1  it was asked rightly, and could not be done
├── UsageError        2  the arguments make no sense
└── SettingsError     2  settings are bad
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class CommandError(Exception):
    """Base of what ends a command; the message is for the one who gave it."""

    exit_code: ClassVar[int]

    @property
    def lines(self) -> tuple[str, ...]:
        """What to tell, one matter to a line."""
        return (str(self),)


class CommandFailed(CommandError):
    """A command could not do what it was asked."""

    exit_code = 1


class UsageError(CommandError):
    """The arguments make no sense, alone or together; the message says which and why."""

    exit_code = 2


class SettingsError(CommandError):
    """One or more settings are bad; each of `lines` names one and says what would be right."""

    exit_code = 2

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = tuple(lines)
        super().__init__("; ".join(self._lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """What to tell, one setting to a line."""
        return self._lines
