"""Two processes on one disk tier, killed in the middle of writing, again and again.

    python -m bench.disk_kill DIRECTORY [ROUNDS]

After each round nothing wrong may have been served, the budget must hold as the files were left,
and after the next start index and files must agree, with no temporary file left.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from cache.tiers.disk_tier import DiskTier
from cache.tiers.envelope import Envelope
from cache.tiers.tier import Failure

ROUNDS = 50
PROCESSES = 2
KEYS = 60
VERSIONS = 20
MAX_BYTES = 2**20
LARGEST_ENTRY = 32 * 3001 + 700  # the longest body, and no header is longer than that


def main() -> None:
    """Run the rounds, or be one of the processes of a round; exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("rounds", type=int, nargs="?", default=ROUNDS)
    parser.add_argument("--live", type=int, metavar="SEED", help="use the tier until killed")
    arguments = parser.parse_args()
    if arguments.live is not None:
        asyncio.run(_live(arguments.directory, arguments.live))
    failed = False
    for number in range(arguments.rounds):
        problems = _run_round(arguments.directory, number)
        failed = failed or bool(problems)
        print(f"round {number}:", "; ".join(problems) or "fine", flush=True)
    sys.exit(failed)


def _run_round(directory: Path, number: int) -> list[str]:
    chance = random.Random(number)
    command = [sys.executable, "-m", "bench.disk_kill", str(directory), "--live"]
    processes = [
        subprocess.Popen([*command, str(number * PROCESSES + each)], stdout=subprocess.PIPE)
        for each in range(PROCESSES)
    ]
    problems = []
    for process in processes:
        assert process.stdout is not None
        if process.stdout.readline() != b"open\n":
            problems.append("a process did not start")
    time.sleep(chance.uniform(0.1, 0.5))  # so that each round is cut at another place
    for process in processes:
        process.send_signal(signal.SIGKILL)
    for process in processes:
        said, _ = process.communicate()
        problems += said.decode().splitlines()
        if process.returncode != -signal.SIGKILL:
            problems.append(f"a process ended by itself with {process.returncode}")
    held = sum(each.stat().st_size for each in _files(directory))
    if held > MAX_BYTES + LARGEST_ENTRY:
        problems.append(f"{held} bytes are over the budget")
    problems += asyncio.run(_check(directory))
    return problems


async def _check(directory: Path) -> list[str]:
    problems = []
    tier = _tier(directory)
    await tier.open()
    rows = _rows(directory)
    files = {each.name.rpartition("-")[2]: each.stat().st_size for each in _files(directory)}
    if rows != files:
        problems.append("index and files differ")
    if sum(files.values()) > MAX_BYTES:
        problems.append("the budget is not held after the start")
    for number in range(KEYS):
        found = await tier.read("enso", f"k{number}")
        if found is not None and not _is_body_of(found.key, found.body):
            problems.append(f"{found.key} has a wrong body")
    await tier.close()
    if tier.report().failures:
        problems.append(f"counted: {tier.report().failures}")
    return problems


async def _live(directory: Path, seed: int) -> None:
    """Store, read and clear at random, and tell what is wrong, until the process is killed."""
    chance = random.Random(seed)
    tier = _tier(directory)
    await tier.open()
    print("open", flush=True)
    while True:
        for _ in range(8):
            key, now = f"k{chance.randrange(KEYS)}", time.time()
            body = _body_of(key, chance.randrange(VERSIONS))
            lifetime = chance.choice([0.05, 60.0])
            tier.write(Envelope("enso", key, now, now + lifetime, 0.1, body))
            found = await tier.read("enso", key)
            if found is not None and not _is_body_of(key, found.body):
                print(f"{key} was wrong", flush=True)
        if chance.random() < 0.02:
            await tier.clear("enso")
        if any(failure is Failure.CORRUPT for _, failure in tier.report().failures):
            print("something was corrupt", flush=True)


def _tier(directory: Path) -> DiskTier:
    return DiskTier(directory, MAX_BYTES, listener=lambda *_: None, tick_seconds=0.05)


def _body_of(key: str, version: int) -> bytes:
    seed = hashlib.sha256(f"{key} {version}".encode()).digest()
    return seed * (1 + version * 7919 % 3000)


def _is_body_of(key: str, body: bytes) -> bool:
    return any(body == _body_of(key, version) for version in range(VERSIONS))


def _files(directory: Path) -> list[Path]:
    return [each for each in (directory / "entries").rglob("*") if each.is_file()]


def _rows(directory: Path) -> dict[str, int]:
    index = sqlite3.connect(directory / "index" / "index.sqlite3")
    try:
        rows = index.execute("SELECT token, size_bytes FROM entries").fetchall()
    finally:
        index.close()
    return {f"{token:016x}": size for token, size in rows}


if __name__ == "__main__":
    main()
