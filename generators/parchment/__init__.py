"""Old parchment with ghost writing."""

from __future__ import annotations

from .parameters import ParchmentParameters
from .parchment import Parchment

__all__ = ["Parchment", "ParchmentParameters"]
