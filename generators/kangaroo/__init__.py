"""The kangaroo."""

from __future__ import annotations

from .kangaroo import Kangaroo, KangarooParameters

__all__ = ["Kangaroo", "KangarooParameters"]
