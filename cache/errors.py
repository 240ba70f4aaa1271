"""What can go wrong inside the cache itself.

CacheError
├── UnkeyableArgument   an argument has no canonical encoding
├── RecursiveBuild      a build asked for the very key it is building, or that waits for it
└── BuildAbandoned      the build a caller waited for was interrupted
"""

from __future__ import annotations


class CacheError(Exception):
    """Base of the cache's own errors; errors of a build pass through unchanged."""


class UnkeyableArgument(CacheError, TypeError):
    """An argument cannot be part of a key, because it would not mean the same in every process."""


class RecursiveBuild(CacheError, RuntimeError):
    """A build asked for its own key, itself or through others: it would have waited for ever."""


class BuildAbandoned(CacheError, RuntimeError):
    """The one build that several callers waited for was interrupted or cancelled."""
