"""A Redis URL says how to connect, with password and TLS; nothing ever repeats what it says."""

from __future__ import annotations

import logging
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from cache.tiers.redis_tier import RedisTier
from cache.tiers.redis_url import connection_options

PHRASE = "s3cret"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:6379",
        f"http://:{PHRASE}@127.0.0.1",
        f"unix://:{PHRASE}@/tmp/redis.sock",
        f"redis://:{PHRASE}@",
        f"redis://:{PHRASE}@127.0.0.1:x",
        f"redis://:{PHRASE}@127.0.0.1:0",
        f"redis://:{PHRASE}@127.0.0.1:99999",
        f"redis://:{PHRASE}/more@127.0.0.1",
        f"redis://:{PHRASE}#more@127.0.0.1",
        f"redis://:{PHRASE}?more@127.0.0.1",
        f"redis://:{PHRASE}@127.0.0.1/zero",
        f"redis://:{PHRASE}@127.0.0.1/-1",
        f"redis://:{PHRASE}@127.0.0.1/0/1",
        f"redis://:{PHRASE}@127.0.0.1?db={PHRASE}",
        f"redis://:{PHRASE}@127.0.0.1?decode_responses=true",
        f"redis://:{PHRASE}@127.0.0.1?ssl_ca_certs=/tmp/x",
        f"redis://:{PHRASE}@127.0.0.1?socket_timeout=100",
        f"redis://[::1:{PHRASE}",
        f"rediss://:{PHRASE}@127.0.0.1?ssl_ca_certs=/no/such/file",
        f"rediss://:{PHRASE}@127.0.0.1?ssl_cert_reqs=perhaps",
        f"rediss://:{PHRASE}@127.0.0.1?ssl_min_version=1",
    ],
)
def test_an_unusable_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"unusable Redis URL: .+ looks like redis\[s\]://"
    ) as refused:
        connection_options(url)
    assert PHRASE not in str(refused.value)
    assert "more" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_url_says_where_and_who() -> None:
    options = connection_options("redis://user:p%40ss%2Fword@example.org:6380/3")
    assert options == {
        "username": "user",
        "password": "p@ss/word",
        "host": "example.org",
        "port": 6380,
        "db": 3,
    }


async def test_password_and_user_come_from_the_url(
    start_redis: Any, replica: Any, envelope: Any
) -> None:
    server = start_redis("--requirepass", PHRASE)
    one = await replica(server.url.replace("//", f"//:{PHRASE}@"))
    await one.stored(envelope("key"))
    named = await replica(server.url.replace("//", f"//default:{PHRASE}@"))
    assert await named.tier.read("enso", "key") is not None


async def test_a_wrong_password_is_a_redis_that_is_away_and_is_told_to_nobody(
    start_redis: Any, replica: Any, caplog: Any, capfd: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    server = start_redis("--requirepass", "another")
    one = await replica(server.url.replace("//", f"//:{PHRASE}@"))
    assert await one.tier.read("enso", "key") is None
    report = one.tier.report()
    assert not report.up
    assert one.failures("read")["connection"] >= 1
    seen = caplog.text + "".join(capfd.readouterr()) + repr((one.tier, vars(one.tier), report))
    assert PHRASE not in seen


async def test_without_the_password_it_is_away(start_redis: Any, replica: Any) -> None:
    server = start_redis("--requirepass", PHRASE)
    one = await replica(server.url)
    assert await one.tier.read("enso", "key") is None
    assert not one.tier.report().up


async def test_databases_do_not_mix(redis_server: Any, replica: Any, envelope: Any) -> None:
    zero = await replica(redis_server.url)
    one = await replica(redis_server.url.removesuffix("/0") + "/1")
    await zero.stored(envelope("key"))
    assert await one.tier.read("enso", "key") is None


@pytest.fixture
def certificate(program: Any, tmp_path: Path) -> Path:
    """A self-signed certificate of 127.0.0.1, with its key beside it as `.key`."""
    path = tmp_path / "redis.crt"
    command = [program("openssl"), "req", "-x509", "-newkey", "ec", "-nodes", "-days", "1"]
    command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def tls_url(start_redis: Any, certificate: Path) -> str:
    """The URL, without options, of a server that speaks TLS alone."""
    files = ["--tls-cert-file", str(certificate), "--tls-ca-cert-file", str(certificate)]
    files += ["--tls-key-file", str(certificate.with_suffix(".key"))]
    files += ["--tls-auth-clients", "no"]
    return f"rediss://127.0.0.1:{start_redis(*files).port}/0"


async def test_tls_works_with_a_certificate_that_is_trusted(
    tls_url: str, certificate: Path, replica: Any, envelope: Any
) -> None:
    one = await replica(f"{tls_url}?ssl_ca_certs={certificate}")
    await one.stored(envelope("key", bytes(600_000)))
    assert await one.tier.read("enso", "key") is not None


async def test_tls_with_a_certificate_that_nobody_vouches_for_is_no_redis(
    tls_url: str, replica: Any
) -> None:
    one = await replica(tls_url)
    assert not one.tier.report().up
    assert one.failures("read")["connection"] >= 1


async def test_a_tls_handshake_that_hangs_costs_no_more_than_the_limit(
    certificate: Path, replica: Any, hole: int
) -> None:
    # Far more than loading certificates on a busy machine adds.
    limit_seconds = 1.0
    url = f"rediss://127.0.0.1:{hole}?ssl_ca_certs={certificate}"
    started = time.perf_counter()
    one = await replica(url, limit_seconds=limit_seconds)
    assert limit_seconds <= time.perf_counter() - started < 2 * limit_seconds
    assert one.failures("read") == {"timeout": 1}


def test_a_tier_refuses_a_url_before_it_does_anything() -> None:
    with pytest.raises(ValueError, match="redis://"):
        RedisTier("ftp://x", stale_seconds=0, listener=lambda *_: None, on_clear=lambda _: None)
