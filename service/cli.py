"""The console script: which commands there are, and what their exit codes mean.

0 is fine, 1 failed, 2 was asked wrongly (arguments or settings). The commands import what they
need when they run, so that `nanobanana version` is instant.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from .errors import CommandError

Run = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no ✓ gets a question mark, not a traceback.
        sys.stdout.reconfigure(errors="replace")
    try:
        run: Run = getattr(import_module(f".commands.{options.module}", __package__), options.run)
        return run(options)
    except CommandError as error:
        return _failed(error.lines, error.exit_code)
    except KeyboardInterrupt:
        return _failed(["interrupted"], 1)


def _interval(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("must be 0.1 to 3600")
    return seconds


def _failed(lines: Sequence[str], code: int) -> int:
    for line in lines:
        print(f"nanobanana: {line}", file=sys.stderr)  # noqa: T201  # a command speaks to a terminal
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nanobanana",
        description="Procedural ink art over HTTP, from a cache that explains itself.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, module: str, help_text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_text, description=help_text)
        added.set_defaults(module=module, run=name)
        return added

    command("serve", "serve", "Serve over HTTP until asked to stop.")
    _add_render_arguments(command("render", "render", "Draw one picture into a file."))
    _add_gallery_arguments(
        command("gallery", "gallery", "Draw a contact sheet of every asset type into a file.")
    )
    for name, help_text in (
        ("stats", "Show the cache statistics of a running service."),
        ("analyze", "Show what ails the caches of a running service, and what to set."),
        ("clear", "Clear the cache of a running service."),
        ("warm", "Fetch the current asset of asset types from a running service."),
    ):
        module = name if name in ("stats", "analyze") else "remote"
        _add_remote_arguments(command(name, module, help_text), name)
    _add_replay_arguments(
        command("replay", "replay", "Replay a trace with other sizes, TTLs and policies.")
    )
    command("config", "config", "Show the settings in force; secrets are masked.")
    command("doctor", "doctor", "Check settings, workers and director.")
    command("version", "version", "Show the version.")
    return parser


def _add_render_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("asset_type", metavar="TYPE")
    parser.add_argument("--seed", type=int, default=0, help="0 to 2^63-1 (default: 0)")
    parser.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", dest="parameters"
    )
    parser.add_argument("--width", type=int, default=None, help="pixels (default: native)")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="png, webp, avif or jpeg by its ending",
    )


def _add_gallery_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", required=True, metavar="FILE.png")
    parser.add_argument(
        "--types",
        nargs="+",
        default=[],
        metavar="TYPE",
        dest="asset_types",
        help="which asset types (default: all)",
    )
    parser.add_argument(
        "--default-only", action="store_true", help="one row for each type, at its defaults"
    )
    parser.add_argument(
        "--seeds", type=int, default=6, metavar="N", help="how many seeds of each (default: 6)"
    )
    parser.add_argument(
        "--first-seed", type=int, default=0, metavar="N", help="the first of them (default: 0)"
    )
    parser.add_argument(
        "--tile", type=int, default=200, metavar="PX", help="width of a picture (default: 200)"
    )


def _add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "As in the service, an expired entry leaves before anything live is evicted, so that with "
        "a TTL hits may exceed those of a cache that drops expired entries only when they are "
        "asked for; expirations count entries that nobody asked for again, too."
    )
    parser.add_argument(
        "trace",
        metavar="TRACE.csv",
        help="timestamp,asset_type,key[,cost_ms,bytes] by its header; plain or gzip",
    )
    parser.add_argument(
        "--capacity", default=None, metavar="N,…", help="entries (default: those of the settings)"
    )
    parser.add_argument(
        "--ttl",
        default=None,
        metavar="S,…",
        help="seconds, 0 for no TTL (default: those of the settings)",
    )
    parser.add_argument("--policy", default=None, metavar="lru,value", help="(default: lru)")
    parser.add_argument(
        "--predict", action="store_true", help="add what the service would have predicted"
    )
    parser.add_argument(
        "--plot", default=None, metavar="FILE", help="draw hit ratio over capacity, png or svg"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _add_remote_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument("--url", default=None, help="of the service (default: by HOST and PORT)")
    parser.add_argument("--token", default=None, help="admin token (default: ADMIN_TOKEN)")
    if name == "stats":
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--json", action="store_true", help="print the service's own answer")
        how.add_argument("--watch", action="store_true", help="go on until interrupted")
        parser.add_argument(
            "--interval",
            type=_interval,
            default=2.0,
            metavar="SECONDS",
            help="between two looks of --watch (default: 2)",
        )
    if name == "analyze":
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--json", action="store_true", help="print the service's own answer")
        how.add_argument(
            "--apply", action="store_true", help="print what is advised as lines for .env"
        )
    if name == "clear":
        parser.add_argument("asset_type", metavar="TYPE", nargs="?", default=None)
    if name == "warm":
        parser.add_argument("asset_types", metavar="TYPE", nargs="*", default=[])
