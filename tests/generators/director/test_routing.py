"""A key goes only where its owner lets it go: routes and base URLs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from generators.director import (
    Credentials,
    DirectorRefused,
    DirectorSettings,
    ModelUnavailable,
    Provider,
    Route,
    normalized_base_url,
)
from generators.director.routing import OPENAI_BASE_URL, choose_provider, choose_route

OURS = SecretStr("sk-ours")
THEIRS = SecretStr("sk-theirs")
HOUSE = "https://house.example/v1"
GUEST = "https://guest.example/v1"
NOBODY = Credentials()


@pytest.mark.parametrize(
    ("url", "normalized"),
    [
        ("https://api.example/v1", "https://api.example/v1"),
        ("HTTPS://API.Example:443/v1/", "https://api.example/v1"),
        ("http://api.example:80", "http://api.example"),
        ("http://api.example:443/", "http://api.example:443"),
        ("http://[::1]:11434/v1", "http://[::1]:11434/v1"),
        ("http://my_ollama:11434/v1", "http://my_ollama:11434/v1"),
        ("https://api.example/V1", "https://api.example/V1"),
    ],
)
def test_a_base_url_has_one_spelling(url: str, normalized: str) -> None:
    assert normalized_base_url(url) == normalized
    assert normalized_base_url(normalized) == normalized


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example/v1",
        "//api.example/v1",
        "ftp://api.example",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "https://user:secret@api.example/v1",
        "https://api.example@evil.example/v1",
        "https://api.example/v1?a=b",
        "https://api.example/v1#a",
        "https://api.example:port/v1",
        "https://api.example:99999/v1",
        "https://[::1/v1",
        "https://api.example\\@evil.example",
        "https://api.exa\tmple/v1",
        "https://api.example/v1\r\nHost: evil",
        " https://api.example/v1",
        "https://apı.example/v1",
        "https://-.-/",
        "https://" + "a" * 300,
    ],
)
def test_what_is_no_bare_address_is_no_base_url(url: str) -> None:
    with pytest.raises(ValueError, match="a base URL") as raised:
        normalized_base_url(url)
    assert "secret" not in str(raised.value)


@given(st.text())
def test_any_text_is_a_base_url_or_a_value_error(url: str) -> None:
    try:
        normalized = normalized_base_url(url)
    except ValueError:
        return
    assert normalized_base_url(normalized) == normalized


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": SecretStr("")},
        {"api_key": SecretStr("sk-secret\r\nHost: evil")},
        {"base_url": "https://user:secret@api.example"},
        {"allowed_base_urls": ("https://user:secret@api.example",)},
        {"model": "no blanks"},
        {"timeout_seconds": 0},
        {"timeout_seconds": float("nan")},
    ],
)
def test_bad_settings_are_refused_without_showing_secrets(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|match|base URL") as raised:
        DirectorSettings(**settings)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "model"),
    [
        (DirectorSettings(), "local"),
        (DirectorSettings(base_url=HOUSE), "local"),
        (DirectorSettings(api_key=OURS), "gpt-4o"),
        (DirectorSettings(api_key=OURS, model="local"), "local"),
        (DirectorSettings(base_url=HOUSE, model="llama3"), "llama3"),
    ],
)
def test_the_default_model_is_local_without_a_key(settings: DirectorSettings, model: str) -> None:
    assert choose_route(settings, None, NOBODY).model == model


def test_local_needs_no_provider() -> None:
    route = choose_route(DirectorSettings(api_key=OURS), "local", Credentials(THEIRS))
    assert route == Route("local", None)
    assert route.director == "local"


def test_other_models_need_a_provider() -> None:
    with pytest.raises(ModelUnavailable, match="gpt-4o needs a provider"):
        choose_route(DirectorSettings(), "gpt-4o", NOBODY)


@pytest.mark.parametrize("model", ["", "a b", "a" * 101, "mo\ndel", "modèle", "a?b", "model\n"])
def test_a_malformed_model_is_refused(model: str) -> None:
    with pytest.raises(DirectorRefused) as refused:
        choose_route(DirectorSettings(api_key=OURS), model, NOBODY)
    assert refused.value.name == "model"


@pytest.mark.parametrize(
    ("settings", "credentials", "provider"),
    [
        (DirectorSettings(), NOBODY, None),
        (DirectorSettings(api_key=OURS), NOBODY, Provider(OPENAI_BASE_URL, OURS, False)),
        (DirectorSettings(base_url=HOUSE), NOBODY, Provider(HOUSE, None, False)),
        (DirectorSettings(api_key=OURS, base_url=HOUSE), NOBODY, Provider(HOUSE, OURS, False)),
        (DirectorSettings(), Credentials(THEIRS), Provider(OPENAI_BASE_URL, THEIRS, True)),
        (
            DirectorSettings(api_key=OURS, base_url=HOUSE),
            Credentials(THEIRS),
            Provider(HOUSE, THEIRS, True),
        ),
        (
            DirectorSettings(api_key=OURS, base_url=HOUSE, allowed_base_urls=(f"{GUEST}/",)),
            Credentials(THEIRS, "HTTPS://GUEST.example:443/v1"),
            Provider(GUEST, THEIRS, True),
        ),
    ],
)
def test_a_key_goes_to_the_address_of_its_owner(
    settings: DirectorSettings, credentials: Credentials, provider: Provider | None
) -> None:
    assert choose_provider(settings, credentials) == provider


@pytest.mark.parametrize("base_url", [GUEST, HOUSE])
def test_our_key_never_goes_to_an_address_that_a_caller_chose(base_url: str) -> None:
    settings = DirectorSettings(
        api_key=OURS, base_url=HOUSE, allowed_base_urls=(HOUSE, GUEST), fallback=True
    )
    with pytest.raises(DirectorRefused, match="X-Base-Url: needs your own key") as refused:
        choose_route(settings, "gpt-4o", Credentials(base_url=base_url))
    assert refused.value.name == "X-Base-Url"


@pytest.mark.parametrize(
    "base_url",
    [
        HOUSE,  # configured, yet not for callers
        "https://guest.example",
        "https://guest.example/v1/..",
        "https://guest.example/v2",
        "https://guest.example:8443/v1",
        "http://guest.example/v1",
        "https://guest.example./v1",
        "https://guest.example.evil.example/v1",
        "https://guest.example@evil.example/v1",
        "https://guest.example/v1?x",
        "https://guest.example%2Fv1",
        "",
    ],
)
@pytest.mark.parametrize("model", ["gpt-4o", "local"])
def test_an_address_that_is_not_allowed_is_refused(base_url: str, model: str) -> None:
    settings = DirectorSettings(base_url=HOUSE, allowed_base_urls=(GUEST,))
    with pytest.raises(DirectorRefused) as refused:
        choose_route(settings, model, Credentials(THEIRS, base_url))
    assert refused.value.name == "X-Base-Url"


@pytest.mark.parametrize("key", ["", "a b", "sk\r\nHost: evil", "schlüssel", "k" * 513])
def test_a_malformed_key_is_refused_unshown(key: str) -> None:
    with pytest.raises(DirectorRefused) as refused:
        choose_route(DirectorSettings(), "gpt-4o", Credentials(SecretStr(key)))
    assert refused.value.name == "X-API-Key"
    assert not key or key not in str(refused.value)


def test_nothing_that_travels_shows_a_key_or_a_password() -> None:
    settings = DirectorSettings(api_key=OURS, base_url=HOUSE)
    credentials = Credentials(THEIRS, "https://user:secret@guest.example")
    route = choose_route(settings, "m", Credentials(THEIRS))
    shown = repr((settings, credentials, route))
    assert "sk-ours" not in shown
    assert "sk-theirs" not in shown
    assert "secret" not in shown
