"""`nanobanana config`: the settings in force."""

from __future__ import annotations

import argparse

from rich.console import Console

from generators import RegistryError, load_registry

from ..errors import CommandFailed
from ..settings import load_settings


def config(_options: argparse.Namespace) -> int:
    """Print every setting and its value in force, as lines of a `.env` file."""
    settings = load_settings()
    try:
        asset_types = tuple(load_registry())
    except RegistryError as error:
        raise CommandFailed(str(error)) from error
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for name, value in settings.effective(asset_types).items():
        console.print(f"{name}={value}")
    return 0
