"""The highest of a number is remembered for a window, and forgotten after two."""

from __future__ import annotations

from cache.analytics.peaks import Peaks


def test_the_highest_is_kept_for_a_window_and_forgotten_after_two():
    peaks: Peaks[str] = Peaks(10.0)
    assert peaks.highest("a") == 0
    for now, number in ((0.0, 3), (5.0, 7), (10.0, 2)):
        peaks.note(now, {"a": number})
        assert peaks.highest("a") == max(3, 7 if now else 3)
    peaks.note(20.0, {"a": 1})
    assert peaks.highest("a") == 2
    peaks.clear()
    assert peaks.highest("a") == 0
