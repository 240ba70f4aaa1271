"""`nanobanana version`: which build this is."""

from __future__ import annotations

import argparse
import platform
import sys
from importlib import metadata


def version(_options: argparse.Namespace) -> int:
    """Print the version."""
    release = metadata.version("nanobanana")
    sys.stdout.write(f"nanobanana {release} (Python {platform.python_version()})\n")
    return 0
