"""The parts of grafana-foundation-sdk that the dashboards are built with.

They are the classic dashboards, which every Grafana reads from a file and which dashboard-linter
knows. The SDK warns of them when it is imported, in favour of a format that neither holds for yet.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)
    from grafana_foundation_sdk.builders import common as common_builder
    from grafana_foundation_sdk.builders import dashboard as builder
    from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import common
    from grafana_foundation_sdk.models import dashboard as model
    from grafana_foundation_sdk.models.prometheus import PromQueryFormat

__all__ = [
    "Builder",
    "JSONEncoder",
    "PromQueryFormat",
    "builder",
    "common",
    "common_builder",
    "model",
    "prometheus",
    "stat",
    "table",
    "timeseries",
]
