"""An alert goes to the receiver of its severity, unless what caused it is told already."""

import asyncio
import re
import socket
import subprocess
import time
from pathlib import Path

import aiohttp
import pytest
import yaml

import monitoring

FOLDER = Path(monitoring.__file__).parent
CONFIG = FOLDER / "alertmanager" / "alertmanager.yml"
DEADLINE_SECONDS = 10

ENSO = {"job": "nanobanana", "instance": "a:8001", "asset_type": "enso"}
SIGIL = ENSO | {"asset_type": "sigil"}
INSTANCE_A = {"job": "nanobanana", "instance": "a:8001"}
INSTANCE_B = {"job": "nanobanana", "instance": "b:8001"}
JOB = {"job": "nanobanana"}


def alert(name, severity, labels):
    return {"alertname": name, "severity": severity} | labels


def down(instance):
    return alert("NanoBananaDown", "critical", {"job": "nanobanana", "instance": instance})


def run(*command):
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_amtool_accepts_the_configuration(program):
    run(program("amtool"), "check-config", CONFIG)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (alert("GenerationErrors", "critical", ENSO), "critical"),
        (alert("CacheHitRatioLow", "warning", ENSO), "warning"),
        (alert("CacheHighVariation", "info", ENSO), "info"),
        (alert("Watchdog", "none", {}), "watchdog"),
    ],
)
def test_an_alert_goes_to_the_receiver_of_its_severity(program, labels, receiver):
    pairs = [f"{name}={value}" for name, value in labels.items()]
    routed = run(program("amtool"), "config", "routes", "test", f"--config.file={CONFIG}", *pairs)
    assert routed.strip() == receiver


def test_every_alert_that_is_inhibited_or_inhibits_is_there():
    rules = "".join(file.read_text() for file in (FOLDER / "prometheus" / "rules").glob("*.yml"))
    matchers = [
        matcher
        for rule in yaml.safe_load(CONFIG.read_text())["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
    ]
    named = [
        name
        for matcher in matchers
        if matcher.startswith("alertname")
        for name in re.findall(r"[A-Z]\w+", matcher)
    ]
    assert named
    assert [name for name in named if f"- alert: {name}\n" not in rules] == []


@pytest.fixture
async def alertmanager(program, tmp_path):
    """A session with a real Alertmanager that has this configuration and reaches nobody."""
    config = tmp_path / "alertmanager.yml"
    config.write_text(re.sub(r"http://[^/\s]+/", "http://127.0.0.1:9/", CONFIG.read_text()))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    log = tmp_path / "log"
    with log.open("w") as stream:
        process = await asyncio.create_subprocess_exec(
            program("alertmanager"),
            f"--config.file={config}",
            f"--storage.path={tmp_path / 'storage'}",
            f"--web.listen-address={address}",
            "--cluster.listen-address=",
            stdout=stream,
            stderr=stream,
        )
    try:
        async with aiohttp.ClientSession(f"http://{address}") as session:
            await until(lambda: answers(session, process, log))
            yield session
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), DEADLINE_SECONDS)


async def answers(session, process, log):
    assert process.returncode is None, log.read_text()
    try:
        async with session.get("/-/ready") as response:
            return response.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def until(condition):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not await condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def tell(session, *alerts):
    async with session.post("/api/v2/alerts", json=[{"labels": each} for each in alerts]) as answer:
        assert answer.status == 200, await answer.text()


async def inhibited(session):
    async with session.get("/api/v2/alerts") as response:
        alerts = await response.json()
    return {frozen(each["labels"]) for each in alerts if each["status"]["inhibitedBy"]}


def frozen(labels):
    return frozenset(labels.items())


@pytest.mark.parametrize(
    ("cause", "silent", "heard"),
    [
        pytest.param(
            alert("AvailabilityBudgetBurn", "critical", JOB),
            [alert("AvailabilityBudgetBurn", "warning", JOB)],
            [alert("HitLatencyBudgetBurn", "warning", JOB)],
            id="critical inhibits the warning of the same alert",
        ),
        pytest.param(
            down("a:8001"),
            [
                alert("CacheHitRatioLow", "warning", ENSO),
                alert("CacheHighVariation", "info", SIGIL),
                alert("CacheTierDown", "warning", INSTANCE_A | {"tier": "redis"}),
            ],
            [
                alert("EventLoopLag", "warning", INSTANCE_B),
                alert("GenerationErrors", "critical", ENSO),
                alert("HitLatencyBudgetBurn", "warning", JOB),
            ],
            id="an instance that is down inhibits its other alerts",
        ),
        pytest.param(
            alert("GenerationErrors", "critical", ENSO),
            [
                alert("CacheHitRatioLow", "warning", ENSO),
                alert("GenerationSlow", "warning", ENSO | {"stage": "queue"}),
                alert("AvailabilityBudgetBurn", "warning", JOB),
            ],
            [
                alert("CacheHitRatioLow", "warning", SIGIL),
                alert("AvailabilityBudgetBurn", "critical", JOB),
            ],
            id="failing drawings inhibit what they cause",
        ),
        pytest.param(
            alert("CacheClearedUnexpectedly", "warning", ENSO),
            [
                alert("CacheHitRatioLow", "warning", ENSO),
                alert("CacheHitRatioDropped", "warning", ENSO),
            ],
            [alert("CacheHitRatioLow", "warning", SIGIL)],
            id="a clear inhibits the low hit ratio that follows",
        ),
    ],
)
async def test_what_a_cause_explains_is_silent(alertmanager, cause, silent, heard):
    await tell(alertmanager, cause, *silent, *heard)

    # Causes take effect in order, a moment after they were told: when this last one has, all have.
    last = alert("EventLoopLag", "warning", {"job": "nanobanana", "instance": "last"})
    await tell(alertmanager, down("last"), last)

    async def last_is_silent():
        return frozen(last) in await inhibited(alertmanager)

    await until(last_is_silent)
    assert await inhibited(alertmanager) == {frozen(each) for each in [*silent, last]}
