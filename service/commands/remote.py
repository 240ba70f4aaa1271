"""`nanobanana clear` and `warm`: change what a running service holds."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.progress import Progress

from ..errors import UsageError
from .client import Client, with_client


def clear(options: argparse.Namespace) -> int:
    """Clear one type, or all."""

    async def run(client: Client) -> None:
        query = {} if options.asset_type is None else {"asset_type": options.asset_type}
        answer = await client.json("/cache/clear", method="POST", **query)
        what = options.asset_type or "every type"
        entries = answer["entries"]
        Console().print(f"Cleared {what}: {entries} {'entry' if entries == 1 else 'entries'}.")

    return with_client(options, run, as_admin=True)


def warm(options: argparse.Namespace) -> int:
    """Fetch the current asset of every type named, or of all that need no prompt."""

    async def run(client: Client) -> None:
        catalogue = await client.json("/generators")
        paths = {
            each["name"]: each["path"]
            for each in catalogue
            if not each["parameters"].get("required")
        }
        names = list(dict.fromkeys(options.asset_types or paths))
        unknown = [name for name in names if name not in paths]
        if unknown:
            raise UsageError(f"cannot warm {', '.join(unknown)}; can: {', '.join(paths)}")
        with Progress(console=Console(stderr=True)) as progress:
            for name in progress.track(names, description="warming"):
                await client.fetch(paths[name])
        Console().print(f"Warmed {', '.join(names)}.")

    return with_client(options, run)
