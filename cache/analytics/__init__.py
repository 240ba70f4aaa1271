"""What the cache says of its own traffic: predictions, diagnosis and advice."""

from .adaptive_ttl import next_ttl
from .advice import Setting, SettingName, setting_name
from .analysis import Action, Analysis, Diagnosis, Recommendation, ReuseCounts
from .analytics import Analytics
from .estimator import Estimator
from .hashing import digest_hash
from .shadow import Point
from .stored_facts import Facts
from .trace_recorder import TraceRecorder

__all__ = [
    "Action",
    "Analysis",
    "Analytics",
    "Diagnosis",
    "Estimator",
    "Facts",
    "Point",
    "Recommendation",
    "ReuseCounts",
    "Setting",
    "SettingName",
    "TraceRecorder",
    "digest_hash",
    "next_ttl",
    "setting_name",
]
