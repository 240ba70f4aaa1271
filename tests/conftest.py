"""What all tests share: programs of other projects, which some of them need."""

import os
import shutil

import pytest

PACKAGES = {
    "alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "prometheus": "prometheus",
    "promtool": "prometheus",
}


@pytest.fixture(scope="session")
def program():
    """A function that returns the path of a program. Without it a test is skipped; CI fails it."""

    def found(name):
        # Debian calls alertmanager prometheus-alertmanager.
        path = shutil.which(name) or shutil.which(f"prometheus-{name}")
        if path is not None:
            return path
        reason = f"{name} is not on PATH; to install it: sudo apt-get install {PACKAGES[name]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)

    return found
