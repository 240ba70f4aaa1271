"""Directing: ask the director that a request may ask, fall back, and report."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .direction import Direction, direction_from_answer
from .errors import (
    DirectorDenied,
    DirectorError,
    DirectorFailed,
    DirectorRefused,
    DirectorTimeout,
)
from .local import LocalDirector
from .report import DirectorName, DirectorReport, Listener, Outcome, ignore
from .routing import (
    KEY_HEADER,
    LOCAL_MODEL,
    NO_CREDENTIALS,
    Credentials,
    DirectorSettings,
    Provider,
    Route,
    choose_provider,
    choose_route,
)

if TYPE_CHECKING:
    from .openai_client import OpenAIDirector

_log = logging.getLogger(__name__)

# Listed when the provider cannot be asked.
KNOWN_MODELS: Final = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini")


@dataclass(frozen=True, slots=True)
class Directed:
    """A direction and where it came from.

    Attributes:
        direction: what to draw.
        director: who decided.
        fallback: the provider failed and "local" decided instead.
        tokens_in, tokens_out: what the provider counted, if it answered.
    """

    direction: Direction
    director: DirectorName
    fallback: bool = False
    tokens_in: int = 0
    tokens_out: int = 0


class Directing:
    """The one door to all directors. Belongs to one event loop; `close` it.

    Keys of callers live in the route of their request and nowhere else.

    Args:
        settings: what the operator decides.
        listener: called with a report of every request to a director: two for a fallback, one
            of "openai" that failed and one of "local" that answered. Its failures are logged.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        settings: DirectorSettings,
        listener: Listener = ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._clock = clock
        self._local = LocalDirector()
        self._remotes: dict[str, OpenAIDirector] = {}  # by base URL: as many as the operator allows
        self._opening = asyncio.Lock()  # one opens, the others wait for it

    async def prepare(self) -> None:
        """Load what the service's own provider needs, if there is one: for the start.

        Takes about a second, which else the first request waits for; asks nobody.
        """
        if self._settings.own_base_url is not None:
            await self._remote(self._settings.own_base_url)

    def route(self, model: str | None = None, credentials: Credentials = NO_CREDENTIALS) -> Route:
        """Decide who answers a request for `model` (None: the default), without asking anybody.

        `route.model` belongs in a cache key, the rest of the route does not.

        Raises:
            DirectorRefused: the model or a header cannot be used.
            ModelUnavailable: the model needs a provider and there is none.
        """
        try:
            return choose_route(self._settings, model, credentials)
        except DirectorRefused as refused:
            self._report(DirectorReport("openai", refused.outcome, 0.0))
            raise

    async def direct(self, prompt: str, route: Route) -> Directed:
        """Ask the director of `route` for the direction of `prompt`.

        Raises:
            DirectorTimeout, DirectorFailed: the provider's fault, and no fallback is configured.
            DirectorRefused: the provider does not accept the caller's key.
        """
        if route.provider is None:
            return self._direct_locally(prompt, Outcome.OK)
        try:
            return await self._direct_remotely(prompt, route.model, route.provider)
        except (DirectorFailed, DirectorTimeout):
            if not self._settings.fallback:
                raise
        return self._direct_locally(prompt, Outcome.FALLBACK)

    async def models(self, credentials: Credentials = NO_CREDENTIALS) -> tuple[str, ...]:
        """Return the models that a request with these credentials may name, "local" first.

        The provider's own list; where it cannot be had, the default model and a few known ones.

        Raises:
            DirectorRefused: a header cannot be used, or the provider does not accept the key.
        """
        provider = choose_provider(self._settings, credentials)
        if provider is None:
            return (LOCAL_MODEL,)
        try:
            remote = await self._remote(provider.base_url)
            with _blaming(provider):
                listed = await remote.models(provider.key)
        except (DirectorFailed, DirectorTimeout) as error:
            _log.warning("models of the provider are not known: %s", error)
            listed = (self._settings.default_model, *KNOWN_MODELS)
        return tuple(dict.fromkeys((LOCAL_MODEL, *listed)))

    async def close(self) -> None:
        """Close all connections; directions under way fail."""
        remotes, self._remotes = self._remotes, {}
        for remote in remotes.values():
            await remote.close()

    def _direct_locally(self, prompt: str, outcome: Outcome) -> Directed:
        started = self._clock()
        direction = self._local.direct(prompt)
        self._report(DirectorReport("local", outcome, self._clock() - started))
        return Directed(direction, "local", fallback=outcome is Outcome.FALLBACK)

    async def _direct_remotely(self, prompt: str, model: str, provider: Provider) -> Directed:
        started = self._clock()
        outcome, tokens_in, tokens_out = Outcome.ERROR, 0, 0
        try:
            remote = await self._remote(provider.base_url)
            with _blaming(provider):
                answer = await remote.complete(prompt, model, provider.key)
            tokens_in, tokens_out = answer.tokens_in, answer.tokens_out
            direction = direction_from_answer(answer.text)
            outcome = Outcome.OK
        except DirectorError as error:
            outcome = error.outcome
            raise
        except asyncio.CancelledError:
            outcome = Outcome.CANCELLED
            raise
        finally:
            seconds = self._clock() - started
            self._report(DirectorReport("openai", outcome, seconds, tokens_in, tokens_out))
        return Directed(direction, "openai", tokens_in=tokens_in, tokens_out=tokens_out)

    async def _remote(self, base_url: str) -> OpenAIDirector:
        async with self._opening:
            if base_url not in self._remotes:
                # Importing openai and reading certificates would stop the loop for a second.
                self._remotes[base_url] = await asyncio.to_thread(
                    _open, base_url, self._settings.timeout_seconds
                )
            return self._remotes[base_url]

    def _report(self, report: DirectorReport) -> None:
        try:
            self._listener(report)
        except Exception:
            _log.exception("the listener of director reports failed")


def _open(base_url: str, timeout_seconds: float) -> OpenAIDirector:
    from .openai_client import OpenAIDirector

    return OpenAIDirector(base_url, timeout_seconds)


@contextmanager
def _blaming(provider: Provider) -> Iterator[None]:
    """Tell a key that is not accepted apart by whose it is."""
    try:
        yield
    except DirectorDenied:
        if provider.is_callers_key:
            raise DirectorRefused(KEY_HEADER, "the provider does not accept it") from None
        raise
