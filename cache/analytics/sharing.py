"""Sharing: what is advised to one type must leave the others their part of the memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .advice import HEADROOM, SettingName, setting_advice
from .analysis import Action, Diagnosis, Recommendation
from .evidence import Evidence, hit_ratio
from .split import Option, best_split

# A split that saves less than a twentieth more than what is done now is not worth the change.
_WORTHWHILE = 1.05

_CAPACITY_ACTIONS = (Action.RAISE_CAPACITY, Action.LOWER_CAPACITY)
_SETTING_ACTIONS = (*_CAPACITY_ACTIONS, Action.RAISE_TTL, Action.RAISE_MEMORY)
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Plan:
    """The diagnosis of one type, and what is advised."""

    evidence: Evidence
    diagnosis: Diagnosis
    recommendations: tuple[Recommendation, ...]

    @property
    def capacity(self) -> int:
        """The capacity that is advised, or else the present one."""
        for each in self.recommendations:
            if each.action in _CAPACITY_ACTIONS and isinstance(each.proposed, float | int):
                return int(each.proposed)
        return self.evidence.grid.present.capacity

    @property
    def ttl_seconds(self) -> float:
        """The TTL that is advised, or else the present one."""
        for each in self.recommendations:
            if each.action is Action.RAISE_TTL and isinstance(each.proposed, float | int):
                return float(each.proposed)
        return self.evidence.grid.present.ttl_seconds

    @property
    def memory_bytes(self) -> int:
        """What the type holds once all that it is advised is set, more memory included."""
        planned = [e.memory_bytes for e in self.recommendations if e.action in _SETTING_ACTIONS]
        return max(planned, default=self.evidence.report.memory_bytes)

    @property
    def short_of_memory(self) -> bool:
        """Whether more memory is what it asks for."""
        return any(each.action is Action.RAISE_MEMORY for each in self.recommendations)


def shared(
    plans: Mapping[str, Plan], max_bytes: int, mean_cost_seconds: float, name: SettingName
) -> Mapping[str, Plan]:
    """Return the plans, made to fit together where they do not fit into `max_bytes`.

    Where they exceed it, or a type is short of memory, capacities of all types, and TTLs of those
    that are advised one, are advised that save the most generation seconds within the budget, if
    that saves 5 % more than is saved now. Else a call for more memory is for what all types need.

    Args:
        mean_cost_seconds: what building takes, for types of which that is not known.
    """
    # What is planned with more memory is not taken out of the present budget.
    planned = sum(
        plan.evidence.report.memory_bytes if plan.short_of_memory else plan.memory_bytes
        for plan in plans.values()
    )
    is_short = any(plan.short_of_memory for plan in plans.values())
    if planned <= max_bytes and not is_short:
        return plans
    options = {
        asset_type: _options(plan, mean_cost_seconds)
        for asset_type, plan in plans.items()
        if plan.evidence.mean_entry_bytes
    }
    split = best_split(options, max_bytes) if len(options) > 1 else None
    if split is None:
        return _with_memory_for_all(plans)
    present = sum(_saved(plan.evidence, mean_cost_seconds) for plan in plans.values())
    proposed = sum(option.saved_seconds for option in split.values())
    if planned <= max_bytes and proposed <= _WORTHWHILE * present:
        return _with_memory_for_all(plans)
    why = (
        f"The types share {max_bytes / 2**20:g} MB: split so, they save {proposed:.0f} s of "
        f"generation per window instead of {present:.0f} s."
    )
    return {
        asset_type: _with_setting(plan, split[asset_type], name, why)
        if asset_type in split
        else plan
        for asset_type, plan in plans.items()
    }


def _with_memory_for_all(plans: Mapping[str, Plan]) -> Mapping[str, Plan]:
    """Return the plans with calls for memory raised to what all of them need together."""
    needed = sum(plan.memory_bytes for plan in plans.values())
    megabytes = math.ceil(needed * HEADROOM / _MIB)
    return {
        asset_type: replace(
            plan,
            recommendations=tuple(_with_memory(e, megabytes) for e in plan.recommendations),
        )
        for asset_type, plan in plans.items()
    }


def _with_memory(advice: Recommendation, megabytes: int) -> Recommendation:
    proposed = advice.proposed
    if advice.action is not Action.RAISE_MEMORY or not isinstance(proposed, float | int):
        return advice
    if proposed >= megabytes:
        return advice
    why = f"{advice.why} All types together need {megabytes} MB for what they are advised."
    return replace(advice, proposed=megabytes, why=why)


def _options(plan: Plan, mean_cost_seconds: float) -> list[Option]:
    """Return what a type may be given: any capacity, and a TTL up to the one it is advised."""
    evidence = plan.evidence
    grid, cost = evidence.grid, _cost(evidence, mean_cost_seconds)
    shortest, longest = grid.present.ttl_seconds, plan.ttl_seconds
    points = sorted(each for each in grid.every if shortest <= each.ttl_seconds <= longest)
    return [
        Option(
            point,
            evidence.memory_bytes(point),
            evidence.lookups * evidence.predicted[point] * cost,
        )
        for point in points
    ]


def _saved(evidence: Evidence, mean_cost_seconds: float) -> float:
    """Return what a window like the recent past saves, in seconds."""
    return evidence.lookups * hit_ratio(evidence.recent) * _cost(evidence, mean_cost_seconds)


def _cost(evidence: Evidence, mean_cost_seconds: float) -> float:
    return mean_cost_seconds if evidence.cost_seconds is None else evidence.cost_seconds


def _with_setting(plan: Plan, option: Option, name: SettingName, why: str) -> Plan:
    others = tuple(e for e in plan.recommendations if e.action not in _SETTING_ACTIONS)
    advice = setting_advice(plan.evidence, option.point, name, why)
    return replace(plan, recommendations=(*advice, *others))
