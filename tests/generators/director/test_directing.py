"""Directing asks whom a request may ask, falls back where it should, and reports every asking."""

from __future__ import annotations

import asyncio
import itertools
import logging
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

import generators.director
from generators.director import (
    KNOWN_MODELS,
    Credentials,
    Directing,
    Direction,
    DirectorDenied,
    DirectorError,
    DirectorFailed,
    DirectorRefused,
    DirectorReport,
    DirectorSettings,
    DirectorTimeout,
    LocalDirector,
    ModelUnavailable,
    Outcome,
    UnusableAnswer,
)

if TYPE_CHECKING:
    from .conftest import FakeProvider

OURS = SecretStr("sk-ours-do-not-show")
THEIRS = SecretStr("sk-theirs-do-not-show")
DIRECTION = Direction(color="#8a1f1b", complexity=80, chaos=1.5)
LOCALLY = LocalDirector().direct("burning rage")
USAGE = {"prompt_tokens": 200, "completion_tokens": 30}

Open = Callable[..., Directing]


@pytest.fixture
def reports() -> list[DirectorReport]:
    return []


@pytest.fixture
async def opened(reports: list[DirectorReport]) -> AsyncIterator[Open]:
    """Open a Directing with these settings, a clock that ticks seconds, and these reports."""
    directings: list[Directing] = []

    def open_directing(**settings: object) -> Directing:
        ticks = itertools.count()
        directing = Directing(
            DirectorSettings(**settings), reports.append, clock=lambda: float(next(ticks))
        )
        directings.append(directing)
        return directing

    yield open_directing
    for directing in directings:
        await directing.close()


@asynccontextmanager
async def cancelled(task: asyncio.Task[object]) -> AsyncIterator[None]:
    yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_local_answers_without_a_provider(
    opened: Open, reports: list[DirectorReport]
) -> None:
    directing = opened()
    directed = await directing.direct("burning rage", directing.route())
    assert (directed.direction, directed.director, directed.fallback) == (LOCALLY, "local", False)
    assert reports == [DirectorReport("local", Outcome.OK, 1.0)]


async def test_a_provider_answers_with_tokens_counted(
    opened: Open, provider: FakeProvider, reports: list[DirectorReport]
) -> None:
    provider.says(usage=USAGE)
    directing = opened(api_key=OURS, base_url=provider.base_url)
    directed = await directing.direct("burning rage", directing.route())
    assert (directed.direction, directed.director, directed.fallback) == (
        DIRECTION,
        "openai",
        False,
    )
    assert (directed.tokens_in, directed.tokens_out) == (200, 30)
    assert reports == [DirectorReport("openai", Outcome.OK, 1.0, 200, 30)]
    assert provider.received[0].headers["Authorization"] == f"Bearer {OURS.get_secret_value()}"
    assert provider.received[0].body["model"] == "gpt-4o"


async def test_a_provider_without_keys_is_sent_none(opened: Open, provider: FakeProvider) -> None:
    provider.says()
    directing = opened(base_url=provider.base_url)
    await directing.direct("burning rage", directing.route("llama3"))
    assert "Authorization" not in provider.received[0].headers


async def test_each_caller_is_served_with_their_own_key(
    opened: Open, provider: FakeProvider
) -> None:
    provider.says()
    directing = opened(api_key=OURS, base_url=provider.base_url)
    callers = [Credentials(SecretStr(f"sk-{number}")) for number in range(8)] + [Credentials()]
    await asyncio.gather(
        *(
            directing.direct(str(index), directing.route("m", caller))
            for index, caller in enumerate(callers)
        )
    )
    sent = {
        request.body["messages"][-1]["content"]: request.headers["Authorization"]
        for request in provider.received
    }
    assert sent == {
        **{str(number): f"Bearer sk-{number}" for number in range(8)},
        "8": f"Bearer {OURS.get_secret_value()}",
    }


async def test_a_caller_may_choose_an_allowed_address_with_their_own_key(
    opened: Open, provider: FakeProvider, other_provider: FakeProvider
) -> None:
    directing = opened(
        api_key=OURS,
        base_url=provider.base_url,
        allowed_base_urls=(other_provider.base_url,),
    )
    route = directing.route("m", Credentials(THEIRS, f"{other_provider.base_url}/"))
    await directing.direct("burning rage", route)
    (request,) = other_provider.received
    assert request.headers["Authorization"] == f"Bearer {THEIRS.get_secret_value()}"
    assert provider.received == []


async def test_our_key_is_never_sent_to_an_address_that_a_caller_chose(
    opened: Open, other_provider: FakeProvider, reports: list[DirectorReport]
) -> None:
    directing = opened(api_key=OURS, allowed_base_urls=(other_provider.base_url,), fallback=True)
    with pytest.raises(DirectorRefused):
        directing.route("m", Credentials(base_url=other_provider.base_url))
    with pytest.raises(DirectorRefused):
        await directing.models(Credentials(base_url=other_provider.base_url))
    assert other_provider.received == []
    assert reports == [DirectorReport("openai", Outcome.REFUSED, 0.0)]


async def test_a_model_without_a_provider_is_unavailable(
    opened: Open, reports: list[DirectorReport]
) -> None:
    with pytest.raises(ModelUnavailable):
        opened(fallback=True).route("gpt-4o")
    assert [report.outcome for report in reports] == [Outcome.REFUSED]


@dataclass(frozen=True)
class Failure:
    """How a provider fails, and what that is to the caller and in the report."""

    arrange: Callable[[FakeProvider], None]
    error: type[DirectorError]
    outcome: Outcome = Outcome.ERROR
    timeout_seconds: float = 30.0


FAILURES = {
    "hang": Failure(lambda fake: fake.hangs(), DirectorTimeout, Outcome.TIMEOUT, 0.3),
    "error": Failure(lambda fake: fake.fails(500, Retry_After="0"), DirectorFailed),
    "denied": Failure(lambda fake: fake.fails(401), DirectorDenied),
    "prose": Failure(lambda fake: fake.says("I would rather not."), UnusableAnswer),
    "no text": Failure(lambda fake: fake.sends({"choices": []}), UnusableAnswer),
    "flood": Failure(lambda fake: fake.floods(), DirectorFailed),
}
failing = pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())


@failing
async def test_a_failure_is_raised_without_fallback(
    opened: Open,
    provider: FakeProvider,
    reports: list[DirectorReport],
    failure: Failure,
) -> None:
    failure.arrange(provider)
    directing = opened(
        api_key=OURS, base_url=provider.base_url, timeout_seconds=failure.timeout_seconds
    )
    with pytest.raises(failure.error):
        await directing.direct("burning rage", directing.route())
    assert [(report.director, report.outcome) for report in reports] == [
        ("openai", failure.outcome)
    ]


@failing
async def test_a_failure_falls_back_to_local_and_says_so(
    opened: Open,
    provider: FakeProvider,
    reports: list[DirectorReport],
    failure: Failure,
) -> None:
    failure.arrange(provider)
    directing = opened(
        api_key=OURS,
        base_url=provider.base_url,
        timeout_seconds=failure.timeout_seconds,
        fallback=True,
    )
    directed = await directing.direct("burning rage", directing.route())
    assert (directed.direction, directed.director, directed.fallback) == (LOCALLY, "local", True)
    assert [(report.director, report.outcome) for report in reports] == [
        ("openai", failure.outcome),
        ("local", Outcome.FALLBACK),
    ]


async def test_tokens_of_an_unusable_answer_are_reported(
    opened: Open, provider: FakeProvider, reports: list[DirectorReport]
) -> None:
    provider.says("prose", usage=USAGE)
    directing = opened(api_key=OURS, base_url=provider.base_url, fallback=True)
    await directing.direct("burning rage", directing.route())
    assert (reports[0].tokens_in, reports[0].tokens_out) == (200, 30)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_caller_hears_that_their_own_key_is_denied(
    opened: Open, provider: FakeProvider, reports: list[DirectorReport], status: int
) -> None:
    provider.fails(status)
    directing = opened(api_key=OURS, base_url=provider.base_url, fallback=True)
    with pytest.raises(DirectorRefused) as refused:
        await directing.direct("burning rage", directing.route("m", Credentials(THEIRS)))
    assert refused.value.name == "X-API-Key"
    assert [report.outcome for report in reports] == [Outcome.REFUSED]


async def test_a_caller_who_leaves_is_reported_as_cancelled(
    opened: Open, provider: FakeProvider, reports: list[DirectorReport]
) -> None:
    provider.hangs()
    directing = opened(api_key=OURS, base_url=provider.base_url, fallback=True)
    task = asyncio.create_task(directing.direct("burning rage", directing.route()))
    async with cancelled(task):
        await asyncio.wait_for(provider.asked.wait(), 10)
    assert [(report.director, report.outcome) for report in reports] == [
        ("openai", Outcome.CANCELLED)
    ]


async def test_a_listener_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def broken(report: DirectorReport) -> None:
        raise RuntimeError("broken listener")

    directing = Directing(DirectorSettings(), broken)
    directed = await directing.direct("burning rage", directing.route())
    assert directed.direction == LOCALLY
    assert "listener of director reports failed" in caplog.text


async def test_models_are_only_local_without_a_provider(opened: Open) -> None:
    assert await opened().models() == ("local",)


async def test_models_are_those_of_the_provider(opened: Open, provider: FakeProvider) -> None:
    provider.sends({"data": [{"id": "llama3"}, {"id": "local"}, {"id": "not a model"}]})
    directing = opened(base_url=provider.base_url)
    assert await directing.models() == ("local", "llama3")


@pytest.mark.parametrize("failure", ["hangs", "floods", "breaks_off", "trickles"])
async def test_models_fall_back_to_the_known_list(
    opened: Open, provider: FakeProvider, failure: str
) -> None:
    getattr(provider, failure)()
    directing = opened(base_url=provider.base_url, model="llama3", timeout_seconds=0.5)
    assert await directing.models() == ("local", "llama3", *KNOWN_MODELS)


async def test_models_of_a_callers_provider_are_asked_with_their_key(
    opened: Open, provider: FakeProvider
) -> None:
    provider.sends({"data": []})
    directing = opened(api_key=OURS, base_url=provider.base_url)
    await directing.models(Credentials(THEIRS))
    sent = provider.received[0].headers["Authorization"]
    assert sent == f"Bearer {THEIRS.get_secret_value()}"


async def test_models_refuse_a_key_that_the_provider_denies(
    opened: Open, provider: FakeProvider
) -> None:
    provider.fails(401)
    with pytest.raises(DirectorRefused, match="X-API-Key"):
        await opened(base_url=provider.base_url).models(Credentials(THEIRS))


@failing
async def test_no_key_shows_in_errors_reports_results_and_logs(
    opened: Open,
    provider: FakeProvider,
    reports: list[DirectorReport],
    caplog: pytest.LogCaptureFixture,
    failure: Failure,
) -> None:
    caplog.set_level(logging.DEBUG)
    failure.arrange(provider)
    shown: list[str] = []
    for fallback in (True, False):
        directing = opened(
            api_key=OURS,
            base_url=provider.base_url,
            timeout_seconds=failure.timeout_seconds,
            fallback=fallback,
        )
        for credentials in (Credentials(), Credentials(THEIRS)):
            route = directing.route("m", credentials)
            shown.append(repr((route, credentials, directing)))
            try:
                shown.append(repr(await directing.direct("burning rage", route)))
            except DirectorError as raised:
                shown += [str(raised), repr(raised), *traceback.format_exception(raised)]
    shown += [repr(reports), repr([(entry.getMessage(), entry.args) for entry in caplog.records])]
    text = "\n".join(shown)
    assert OURS.get_secret_value() not in text
    assert THEIRS.get_secret_value() not in text


async def test_preparing_asks_nobody(opened: Open, provider: FakeProvider) -> None:
    provider.says()
    directing = opened(base_url=provider.base_url)
    await directing.prepare()
    assert provider.received == []
    assert (await directing.direct("burning rage", directing.route("m"))).direction == DIRECTION


async def test_closing_leaves_nothing_open(provider: FakeProvider) -> None:
    provider.says()
    directing = Directing(DirectorSettings(base_url=provider.base_url))
    await directing.direct("burning rage", directing.route("m"))
    await directing.close()
    await directing.close()


def test_the_client_library_is_loaded_only_when_a_provider_is_asked() -> None:
    program = (
        "import asyncio, sys; from generators.director import Directing, DirectorSettings;"
        "d = Directing(DirectorSettings());"
        "asyncio.run(d.prepare());"
        "asyncio.run(d.direct('burning rage', d.route()));"
        "assert not {'openai', 'httpx2'} & set(sys.modules), 'loaded'"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_every_public_name_exists() -> None:
    for name in generators.director.__all__:
        assert hasattr(generators.director, name)
