"""The OpenAI director asks any provider of the protocol, in bounded time, size and tries."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from generators.director import (
    DirectorDenied,
    DirectorError,
    DirectorFailed,
    DirectorTimeout,
    UnusableAnswer,
    direction_from_answer,
    openai_client,
)
from generators.director.openai_client import MAX_ANSWER_BYTES, OpenAIDirector

if TYPE_CHECKING:
    from .conftest import FakeProvider

KEY = SecretStr("sk-do-not-show-me")
GOOD = '{"color_hex": "#8A1F1B", "complexity": 80, "chaos": 1.5, "text_overlay": null}'


@pytest.fixture
async def director(provider: FakeProvider) -> AsyncIterator[OpenAIDirector]:
    director = OpenAIDirector(provider.base_url, timeout_seconds=10.0)
    yield director
    await director.close()


@pytest.fixture
async def hasty_director(provider: FakeProvider) -> AsyncIterator[OpenAIDirector]:
    director = OpenAIDirector(provider.base_url, timeout_seconds=0.4)
    yield director
    await director.close()


async def test_a_request_speaks_the_protocol(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.says(GOOD, usage={"prompt_tokens": 210, "completion_tokens": 31})
    answer = await director.complete("a quiet lake", "gpt-4o", KEY)
    (request,) = provider.received
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["Authorization"] == f"Bearer {KEY.get_secret_value()}"
    assert request.body["model"] == "gpt-4o"
    assert request.body["messages"][-1] == {"role": "user", "content": "a quiet lake"}
    schema = request.body["response_format"]["json_schema"]["schema"]
    assert set(schema["properties"]) == {"color_hex", "complexity", "chaos", "text_overlay"}
    assert set(schema["required"]) == set(schema["properties"])
    assert (answer.text, answer.tokens_in, answer.tokens_out) == (GOOD, 210, 31)


async def test_nothing_of_the_environment_is_sent_or_obeyed(
    provider: FakeProvider, other_provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ambient")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-ambient")
    monkeypatch.setenv("OPENAI_ORG_ID", "ambient")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "ambient")
    monkeypatch.setenv("OPENAI_BASE_URL", other_provider.base_url)
    monkeypatch.setenv(
        "OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-ambient\nX-Extra: ambient\nHost: ambient"
    )
    monkeypatch.setenv("HTTP_PROXY", other_provider.base_url)
    monkeypatch.setenv("ALL_PROXY", other_provider.base_url)
    provider.says()
    director = OpenAIDirector(provider.base_url, timeout_seconds=10.0)
    await director.complete("a prompt", "m", KEY)
    await director.complete("a prompt", "m", None)
    await director.close()
    with_key, without_key = (request.headers for request in provider.received)
    assert with_key["Authorization"] == f"Bearer {KEY.get_secret_value()}"
    assert "Authorization" not in without_key
    assert "ambient" not in json.dumps([dict(with_key), dict(without_key)])
    assert set(without_key) == {
        *("Host", "Accept", "Accept-Encoding", "User-Agent", "Content-Type", "Content-Length")
    }
    assert other_provider.received == []


async def test_cookies_of_one_caller_do_not_follow_the_next(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.sends_body(
        json.dumps({"choices": [{"message": {"content": GOOD}}]}).encode(),
        Set_Cookie="session=first; Path=/",
    )
    await director.complete("a prompt", "m", KEY)
    await director.complete("a prompt", "m", SecretStr("another"))
    assert "Cookie" not in provider.received[1].headers


async def test_a_silent_provider_times_out(
    provider: FakeProvider, hasty_director: OpenAIDirector
) -> None:
    provider.hangs()
    with pytest.raises(DirectorTimeout):
        await hasty_director.complete("a prompt", "m", KEY)
    assert len(provider.received) == 1


async def test_a_trickling_provider_times_out(
    provider: FakeProvider, hasty_director: OpenAIDirector
) -> None:
    provider.trickles()
    started = time.monotonic()
    with pytest.raises(DirectorTimeout):
        await hasty_director.complete("a prompt", "m", KEY)
    assert time.monotonic() - started < 5


async def test_an_endless_body_is_not_read(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.floods()
    with pytest.raises(DirectorFailed, match="larger than 1024 KiB"):
        await director.complete("a prompt", "m", KEY)
    # What was read, and what the buffers of both ends hold.
    assert provider.sent_bytes < MAX_ANSWER_BYTES + 16 * 2**20
    assert len(provider.received) == 1


async def test_an_announced_ten_megabytes_are_refused(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.sends_body(b" " * 10_000_000)
    with pytest.raises(DirectorFailed, match="larger than"):
        await director.complete("a prompt", "m", KEY)


async def test_a_large_error_page_is_bounded_too(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.sends_body(b"x" * 10_000_000, status=400)
    with pytest.raises(DirectorFailed, match="larger than"):
        await director.complete("a prompt", "m", KEY)


async def test_a_compressed_answer_is_refused(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.sends_body(b"\x1f\x8b", Content_Encoding="gzip")
    with pytest.raises(DirectorFailed, match="compressed"):
        await director.complete("a prompt", "m", KEY)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
async def test_a_failure_that_may_pass_is_tried_once_more(
    provider: FakeProvider, director: OpenAIDirector, status: int
) -> None:
    provider.fails(status, Retry_After="0")
    provider.says(GOOD)
    answer = await director.complete("a prompt", "m", KEY)
    assert answer.text == GOOD
    assert len(provider.received) == 2


async def test_a_lasting_failure_is_tried_twice_in_all(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.fails(500, Retry_After="0")
    with pytest.raises(DirectorFailed, match="status 500"):
        await director.complete("a prompt", "m", KEY)
    assert len(provider.received) == 2


@pytest.mark.parametrize("patience", ["3600", "-1", "nan", "Fri, 31 Dec 2027 23:59:59 GMT"])
async def test_a_provider_that_asks_for_patience_is_not_asked_again(
    provider: FakeProvider, director: OpenAIDirector, patience: str
) -> None:
    provider.fails(429, Retry_After=patience)
    with pytest.raises(DirectorFailed, match="status 429"):
        await director.complete("a prompt", "m", KEY)
    assert len(provider.received) == 1


async def test_a_connection_that_breaks_is_tried_once_more(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.breaks_off()
    provider.says(GOOD)
    assert (await director.complete("a prompt", "m", KEY)).text == GOOD
    assert len(provider.received) == 2


async def test_a_provider_that_is_not_there_fails(unused_tcp_port: int) -> None:
    director = OpenAIDirector(f"http://127.0.0.1:{unused_tcp_port}/v1", timeout_seconds=10.0)
    with pytest.raises(DirectorFailed, match="could not be reached"):
        await director.complete("a prompt", "m", KEY)
    await director.close()


async def test_a_failure_that_lasts_is_not_tried_again(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.fails(404)
    with pytest.raises(DirectorFailed, match="status 404"):
        await director.complete("a prompt", "m", KEY)
    assert len(provider.received) == 1


async def test_a_provider_that_accepts_no_connection_times_out_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openai_client, "CONNECT_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        address = full.getsockname()
        for _ in range(8):  # more than its queue holds: the next connection stays unanswered
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(address)
        director = OpenAIDirector(f"http://127.0.0.1:{address[1]}/v1", timeout_seconds=60.0)
        started = time.monotonic()
        with pytest.raises(DirectorTimeout):
            await director.complete("a prompt", "m", KEY)
        assert time.monotonic() - started < 10
        await director.close()


@pytest.mark.parametrize("status", [400, 422])
async def test_a_rejected_schema_is_left_out(
    provider: FakeProvider, director: OpenAIDirector, status: int
) -> None:
    provider.fails(status)
    provider.says(GOOD)
    assert (await director.complete("a prompt", "m", KEY)).text == GOOD
    assert "response_format" in provider.received[0].body
    assert "response_format" not in provider.received[1].body


async def test_there_are_never_more_than_three_requests(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.fails(503, Retry_After="0")
    provider.fails(400)
    provider.fails(500, Retry_After="0")
    with pytest.raises(DirectorFailed, match="status 500"):
        await director.complete("a prompt", "m", KEY)
    assert len(provider.received) == 3


@pytest.mark.parametrize("status", [401, 403])
async def test_a_denied_key_is_its_own_failure(
    provider: FakeProvider, director: OpenAIDirector, status: int
) -> None:
    provider.fails(status)
    with pytest.raises(DirectorDenied):
        await director.complete("a prompt", "m", KEY)
    assert len(provider.received) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(
    provider: FakeProvider, other_provider: FakeProvider, director: OpenAIDirector, status: int
) -> None:
    provider.sends_body(b"", status, Location=f"{other_provider.base_url}/chat/completions")
    with pytest.raises(DirectorFailed, match=f"status {status}"):
        await director.complete("a prompt", "m", KEY)
    assert other_provider.received == []


@pytest.mark.parametrize(
    "document",
    [
        {"choices": []},
        {},
        [],
        None,
        "prose",
        {"choices": None},
        {"choices": [None]},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": None}}]},
        {"choices": [{"message": {"content": ["parts"]}}]},
        {"choices": [{"message": {"refusal": "no"}}]},
    ],
)
async def test_an_answer_without_text_is_unusable(
    provider: FakeProvider, director: OpenAIDirector, document: Any
) -> None:
    provider.sends(document)
    with pytest.raises(UnusableAnswer):
        await director.complete("a prompt", "m", KEY)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>gateway</html>", b"\xff\xfe\x00", b'{"choices": [', b"[" * 900_000],
    ids=["empty", "html", "not text", "cut off", "nested"],
)
async def test_a_body_that_is_not_json_is_unusable(
    provider: FakeProvider, director: OpenAIDirector, body: bytes
) -> None:
    provider.sends_body(body)
    with pytest.raises(UnusableAnswer):
        await director.complete("a prompt", "m", KEY)


@pytest.mark.parametrize(
    "usage", [None, [], {"prompt_tokens": -1}, {"prompt_tokens": 1e308}, {"prompt_tokens": "9"}]
)
async def test_counts_that_cannot_be_are_zero(
    provider: FakeProvider, director: OpenAIDirector, usage: Any
) -> None:
    provider.says(GOOD, usage=usage)
    answer = await director.complete("a prompt", "m", KEY)
    assert (answer.tokens_in, answer.tokens_out) == (0, 0)


async def test_nan_in_the_envelope_does_no_harm(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.sends({"choices": [{"message": {"content": GOOD}, "logprobs": float("nan")}]})
    assert direction_from_answer((await director.complete("a", "m", KEY)).text).complexity == 80


async def test_any_prompt_can_be_sent(provider: FakeProvider, director: OpenAIDirector) -> None:
    provider.says(GOOD)
    await director.complete("lone \ud800 surrogate\x00 🔥", "m", KEY)
    assert provider.received[0].body["messages"][-1]["content"] == "lone ? surrogate\x00 🔥"


async def test_a_cancelled_request_frees_its_connection(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    provider.hangs()
    provider.says(GOOD)
    asking = asyncio.create_task(director.complete("a prompt", "m", KEY))
    await asyncio.wait_for(provider.asked.wait(), 10)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await director.complete("a prompt", "m", KEY)).text == GOOD


async def test_models_are_listed_in_order_and_once(
    provider: FakeProvider, director: OpenAIDirector
) -> None:
    ids = ["b", "a/b:c-1.0", "b", "", "with blank", "x" * 101, 7, None, "<script>", "ü"]
    provider.sends({"data": [{"id": id_} for id_ in ids] + ["no object", None]})
    assert await director.models(KEY) == ("b", "a/b:c-1.0")
    (request,) = provider.received
    assert (request.method, request.path) == ("GET", "/v1/models")
    assert request.headers["Authorization"] == f"Bearer {KEY.get_secret_value()}"


@pytest.mark.parametrize("document", [[], {}, {"data": None}, {"data": "x"}, "prose"])
async def test_a_list_of_models_that_is_none_is_unusable(
    provider: FakeProvider, director: OpenAIDirector, document: Any
) -> None:
    provider.sends(document)
    with pytest.raises(UnusableAnswer):
        await director.models(KEY)


FAILURES: dict[str, Callable[[FakeProvider], None]] = {
    "hang": lambda provider: provider.hangs(),
    "trickle": lambda provider: provider.trickles(),
    "flood": lambda provider: provider.floods(),
    "reset": lambda provider: provider.breaks_off(),
    "echo 400": lambda provider: provider.fails(400, f"your key {KEY.get_secret_value()}"),
    "echo 401": lambda provider: provider.fails(401, f"your key {KEY.get_secret_value()}"),
    "echo 500": lambda provider: provider.fails(500, KEY.get_secret_value(), Retry_After="0"),
    "echo 200": lambda provider: provider.sends({"echo": KEY.get_secret_value()}),
    "redirect": lambda provider: provider.sends_body(b"", 302, Location="http://127.0.0.1:1/"),
    "prose": lambda provider: provider.sends_body(b"upstream-words"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_no_failure_shows_the_key_or_what_the_provider_wrote(
    provider: FakeProvider,
    hasty_director: OpenAIDirector,
    caplog: pytest.LogCaptureFixture,
    failure: Callable[[FakeProvider], None],
) -> None:
    caplog.set_level(logging.DEBUG)
    failure(provider)
    with pytest.raises(DirectorError) as raised:
        await hasty_director.complete("a prompt", "m", KEY)
    records = [(record.getMessage(), record.args) for record in caplog.records]
    shown = [
        str(raised.value),
        repr(raised.value),
        "".join(traceback.format_exception(raised.value)),
        repr(hasty_director),
        repr(records),
    ]
    for text in shown:
        assert KEY.get_secret_value() not in text
    for text in shown[:3]:
        assert "upstream-words" not in text
        assert provider.base_url not in text
