"""The giraffe."""

from __future__ import annotations

from .giraffe import Giraffe, GiraffeParameters

__all__ = ["Giraffe", "GiraffeParameters"]
