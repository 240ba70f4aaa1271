"""The sigil: rings, runes and a star of light around something that looks back."""

from __future__ import annotations

from .sigil import Sigil, SigilParameters

__all__ = ["Sigil", "SigilParameters"]
