"""What can go wrong between a request for a picture and its bytes.

GeneratorsError
├── RegistryError           the set of generators cannot be built
├── UnknownAssetType        no generator has this name
├── UnsupportedFormat       a picture of this mode cannot be written in this format
├── WorkersUnavailable      the workers cannot start
├── WorkerLost              a worker is dead; the pool sees it, callers never do
└── GenerationError         an order was not drawn
    ├── QueueFull           as many orders under way as allowed; says when to come back
    ├── GenerationTimeout   the deadline passed
    ├── GeneratorFailed     the generator raised, or returned something that is no picture of its
    ├── WorkerCrashed       two workers in a row died while drawing it
    └── PoolClosed          the pool is closed or closing
"""

from __future__ import annotations


class GeneratorsError(Exception):
    """Base of every error that this package raises on purpose."""


class RegistryError(GeneratorsError):
    """A generator cannot be registered; the message names it, its origin and what is wrong."""


class UnknownAssetType(GeneratorsError):
    """No generator has this name.

    Attributes:
        name: what was asked for.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no asset type {name!r}")
        self.name = name


class UnsupportedFormat(GeneratorsError):
    """A picture with transparency was asked for in a format that has none."""

    def __init__(self, file_format: str, mode: str) -> None:
        super().__init__(f"{file_format} cannot hold the transparency of an {mode} picture")


class WorkersUnavailable(GeneratorsError):
    """The workers did not start; the message holds the reason, for the log and not for a client."""


class WorkerLost(GeneratorsError):
    """A worker is dead, by itself or by us."""


class GenerationError(GeneratorsError):
    """Base of the reasons why an order was not drawn."""


class QueueFull(GenerationError):
    """As many orders are under way as the pool takes.

    Attributes:
        retry_after_seconds: when there should be room, from recent durations; at least 1.
    """

    def __init__(self, under_way: int, retry_after_seconds: int) -> None:
        super().__init__(f"{under_way} generations are under way, as many as allowed")
        self.retry_after_seconds = retry_after_seconds


class GenerationTimeout(GenerationError):
    """The order was not drawn within the time allowed, counted from its submission."""

    def __init__(self, asset_type: str, timeout_seconds: float) -> None:
        super().__init__(f"{asset_type} was not drawn within {timeout_seconds:g} s")


class GeneratorFailed(GenerationError):
    """The generator raised, or returned something that is not a picture of its specification.

    The message and the traceback may quote parameters: for our log, never for a client.

    Attributes:
        error_type: qualified name of what was raised.
        traceback_text: the traceback in the process that drew.
    """

    def __init__(self, asset_type: str, error_type: str, summary: str, traceback_text: str) -> None:
        super().__init__(f"{asset_type} failed: {summary}")
        self.error_type = error_type
        self.traceback_text = traceback_text


class WorkerCrashed(GenerationError):
    """The worker died while drawing, and so did the one that tried again."""

    def __init__(self, asset_type: str, attempts: int) -> None:
        super().__init__(f"{attempts} workers died while drawing {asset_type}")


class PoolClosed(GenerationError):
    """The pool takes no orders any more, and drops those under way."""

    def __init__(self) -> None:
        super().__init__("the worker pool is closed")
