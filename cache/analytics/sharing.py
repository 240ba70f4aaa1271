"""Sharing: what is advised to one type must leave the others their part of the memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .advice import SettingName, capacity_advice
from .analysis import Action, Diagnosis, Recommendation
from .evidence import Evidence, hit_ratio
from .split import Option, best_split

# A split that saves less than a twentieth more than what is done now is not worth the change.
_WORTHWHILE = 1.05

_CAPACITY_ACTIONS = (Action.RAISE_CAPACITY, Action.LOWER_CAPACITY)


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
        """What the type holds once it does as advised, more memory for all left aside."""
        planned = [e.memory_bytes for e in self.recommendations if e.action in _SPENDING]
        return max(planned, default=self.evidence.report.memory_bytes)

    @property
    def short_of_memory(self) -> bool:
        """Whether more memory is what it asks for."""
        return any(each.action is Action.RAISE_MEMORY for each in self.recommendations)


_SPENDING = (Action.RAISE_CAPACITY, Action.RAISE_TTL)


def shared(
    plans: Mapping[str, Plan], max_bytes: int, mean_cost_seconds: float, name: SettingName
) -> Mapping[str, Plan]:
    """Return the plans, made to fit together where they do not fit into `max_bytes`.

    Where they exceed it, or a type is short of memory, capacities of all types are advised that
    save the most generation seconds within the budget, if that saves 5 % more than is saved now;
    a call for more memory then comes second.

    Args:
        mean_cost_seconds: what building takes, for types of which that is not known.
    """
    planned = sum(plan.memory_bytes for plan in plans.values())
    if planned <= max_bytes and not any(plan.short_of_memory for plan in plans.values()):
        return plans
    options = {
        asset_type: _options(plan.evidence, mean_cost_seconds)
        for asset_type, plan in plans.items()
        if plan.evidence.mean_entry_bytes
    }
    split = best_split(options, max_bytes) if len(options) > 1 else None
    if split is None:
        return plans
    present = sum(_saved(plan.evidence, mean_cost_seconds) for plan in plans.values())
    proposed = sum(option.saved_seconds for option in split.values())
    if planned <= max_bytes and proposed < _WORTHWHILE * present:
        return plans
    why = (
        f"The types share {max_bytes / 2**20:g} MB: split so, they save {proposed:.0f} s of "
        f"generation per window instead of {present:.0f} s."
    )
    return {
        asset_type: _with_capacity(plan, split[asset_type], name, why)
        if asset_type in split
        else plan
        for asset_type, plan in plans.items()
    }


def _options(evidence: Evidence, mean_cost_seconds: float) -> list[Option]:
    grid = evidence.grid
    cost = _cost(evidence, mean_cost_seconds)
    points = dict.fromkeys((grid.smallest, *grid.capacities.values(), *grid.larger))
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


def _with_capacity(plan: Plan, option: Option, name: SettingName, why: str) -> Plan:
    others = tuple(e for e in plan.recommendations if e.action not in _CAPACITY_ACTIONS)
    if option.point == plan.evidence.grid.present:
        return replace(plan, recommendations=others)
    advice = capacity_advice(plan.evidence, option.point, name, why)
    return replace(plan, recommendations=(advice, *others))
