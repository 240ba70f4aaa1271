"""The health checks of docker-compose.yml tell a program that is there from one that is not."""

import subprocess
from pathlib import Path

import pytest
import yaml

COMPOSE = yaml.safe_load((Path(__file__).parents[3] / "docker-compose.yml").read_text())


@pytest.mark.parametrize(("name", "port"), [("prometheus", 9090), ("alertmanager", 9093)])
def test_a_health_check_passes_exactly_while_the_program_answers(stack, program, name, port):
    _, tool, *arguments = COMPOSE["services"][name]["healthcheck"]["test"]

    def checked(at):
        command = [each.replace(f":{port}", f":{at}") for each in arguments]
        assert command != arguments
        return subprocess.run([program(tool), *command], capture_output=True, timeout=20).returncode

    assert checked(getattr(stack, name).port) == 0
    assert checked(stack.redis.port) != 0
