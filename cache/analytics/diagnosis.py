"""Diagnosis: which of six things is the matter with a type's cache."""

from __future__ import annotations

from ..stats import EvictionReason, MissReason
from .analysis import Diagnosis
from .evidence import Evidence, asked, hit_ratio

# Fewer lookups in the window than this say nothing: their ratio is uncertain by 7 points.
FEWEST_LOOKUPS = 50

_LOW_RATIO = 0.5
_NEXT_TO_NO_HITS = 0.02
_SHOULD_HIT = 0.1


def diagnose(evidence: Evidence) -> Diagnosis:
    """Return the first of these that holds.

    - `low-volume`: fewer than 50 lookups in the window.
    - `not-caching`: what is stored does not stay, whatever the traffic (`why_not_caching`).
    - `too-small`: evictions for memory cost 5 points of hit ratio; or a larger capacity is
      predicted to gain notably (`Evidence.gain`), and as much as a longer TTL; or only both
      together gain so, and misses of evicted keys are as many as of expired ones.
    - `ttl-too-short`: the same of a longer TTL.
    - `high-variation`: the hit ratio of the present setting is below 50 %, and none of that helps:
      most keys are new.
    - `healthy`: none of these.
    """
    if evidence.lookups < FEWEST_LOOKUPS and asked(evidence.counts) < FEWEST_LOOKUPS:
        return Diagnosis.LOW_VOLUME
    if why_not_caching(evidence) is not None:
        return Diagnosis.NOT_CACHING
    if evidence.memory_bound:
        return Diagnosis.TOO_SMALL
    grid = evidence.grid
    by_capacity, by_ttl = evidence.gain(grid.larger), evidence.gain(grid.longer)
    if by_capacity or by_ttl:
        return Diagnosis.TOO_SMALL if by_capacity >= by_ttl else Diagnosis.TTL_TOO_SHORT
    if evidence.gain(grid.both):
        misses = evidence.counts.misses
        short = misses[MissReason.EXPIRED] > misses[MissReason.EVICTED]
        return Diagnosis.TTL_TOO_SHORT if short else Diagnosis.TOO_SMALL
    return Diagnosis.HIGH_VARIATION if evidence.present_ratio < _LOW_RATIO else Diagnosis.HEALTHY


def why_not_caching(evidence: Evidence) -> str | None:
    """Return why what is stored does not stay, in one sentence; None where it does.

    It does not where the capacity is 0; where no value fits into the memory budget; where half of
    the lookups bypass the cache; where half of those that ask it, and miss, ask for what was
    cleared; and where it hits next to nothing, although it would hit 10 % with every value stored.
    """
    counts, report = evidence.recent, evidence.report
    if not report.max_size:
        return "The capacity is 0, so that nothing is stored."
    if evidence.heavier_than_memory:
        dropped = counts.evictions[EvictionReason.MEMORY]
        return f"{dropped} of {counts.sets} values were heavier than the whole memory budget."
    bypassed, cleared = counts.misses[MissReason.BYPASSED], counts.misses[MissReason.CLEARED]
    lookups = asked(counts)
    if bypassed and bypassed >= lookups:
        return f"{bypassed} of {lookups + bypassed} lookups bypassed the cache."
    if lookups < FEWEST_LOOKUPS:
        return None
    if cleared >= 0.5 * lookups:
        return f"{cleared} of {lookups} lookups missed what {counts.clears} clears had removed."
    ratio, should = hit_ratio(counts), evidence.recent_prediction
    if ratio < _NEXT_TO_NO_HITS and should >= _SHOULD_HIT and not evidence.memory_bound:
        return f"{ratio:.0%} of {lookups} lookups hit, and {should:.0%} would with values stored."
    return None
