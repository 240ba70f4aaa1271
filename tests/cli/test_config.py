"""`nanobanana config` tells the settings in force and no secret; `doctor` tells what works."""

import socket
from contextlib import closing

import pytest

SESAME = "sesame"


@pytest.fixture
def nobody():
    """The URL of a port where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}/v1"


def told(ended):
    """Return the settings that a run of `config` printed, by name."""
    assert ended.returncode == 0, ended.stderr
    return dict(line.split("=", 1) for line in ended.stdout.splitlines())


def test_the_environment_overrides_the_file_which_overrides_the_defaults(command, home):
    (home / ".env").write_text(
        "# ours and others'\n"
        "PORT=9000\nCACHE_SIZE_SIGIL=7\nCACHE_TTL_CREATURE='60'\nexport CACHE_TTL_GIRAFFE=30\n"
        'GF_PASSWORD=hunter2\nLOG_LEVEL=debug\nOPENAI_API_KEY="swordfish"\n'
    )
    settings = told(
        command("config", LOG_LEVEL="ERROR", ADMIN_TOKEN=SESAME, CACHE_TTL_ENSO=1234567.5)
    )
    assert settings["PORT"] == "9000"
    assert settings["LOG_LEVEL"] == "error"
    assert settings["CACHE_SIZE_SIGIL"] == "7"
    assert settings["CACHE_TTL_GIRAFFE"] == "30"
    assert settings["CACHE_TTL_KANGAROO"] == "60"
    assert settings["CACHE_TTL_ENSO"] == "1234567.5"
    assert settings["CACHE_TTL_GATED"] == "3600"  # of a plug-in
    assert settings["CACHE_SIZE_DIRECTED_ENSO"] == "200"
    assert settings["LLM_MODEL"] == "gpt-4o"  # because there is a key
    assert {settings["ADMIN_TOKEN"], settings["OPENAI_API_KEY"]} == {"********"}
    assert "GF_PASSWORD" not in settings


def test_bad_settings_are_one_line_each_and_exit_code_2(nanobanana, home):
    (home / ".env").write_text("CACHE_SIZE=many\nGENERATOR_WORKERS=2\n")
    ended = nanobanana("serve", PORT=70000, ADMIN_TOKEN=f"open {SESAME}", GENERATOR_WORKERS=-1)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert SESAME not in ended.stderr
    names = [line.split(":")[1].split("=")[0].strip() for line in ended.stderr.splitlines()]
    assert names == ["CACHE_SIZE", "PORT", "ADMIN_TOKEN", "GENERATOR_WORKERS"]


def test_a_type_that_there_is_not_is_one_line_and_exit_code_2(nanobanana):
    ended = nanobanana("serve", CACHE_SIZE_ENZO=5, CACHE_TTL_CREATRE=5, CACHE_WARM="enso,sigl")
    assert ended.returncode == 2
    first, second, third = ended.stderr.splitlines()
    assert first.startswith("nanobanana: CACHE_SIZE_ENZO: there is no asset type 'enzo'; there are")
    assert second.startswith("nanobanana: CACHE_TTL_CREATRE: there is no asset type 'creatre'")
    assert third.startswith("nanobanana: CACHE_WARM: 'sigl' cannot be warmed; parchment, enso")


def test_a_plug_in_that_cannot_be_loaded_is_one_line_and_exit_code_1(command, tmp_path):
    metadata = tmp_path / "torn-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: torn\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[nanobanana.generators]\ntorn = torn_page:Torn\n")
    ended = command("config", PYTHONPATH=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.startswith("nanobanana: plug-in 'torn' (torn_page:Torn) of torn 1.0: ")
    assert ended.stderr.count("\n") == 1


def test_the_doctor_finds_a_sound_installation_sound(command):
    ended = command("doctor", GENERATOR_WORKERS=1)
    assert ended.returncode == 0, ended.stdout
    settings, workers, director = ended.stdout.splitlines()
    assert settings.startswith("✓ settings: valid; asset types: parchment, enso, sigil, giraffe")
    assert workers.startswith("✓ workers: 1 start; parchment drawn in ")
    assert director == "✓ director: local, embedded"


def test_the_doctor_tells_what_does_not_work(command, nobody):
    ended = command(
        "doctor",
        INKWELL_SPILLED=1,
        GENERATOR_WORKERS=1,
        OPENAI_API_KEY="swordfish",
        LLM_BASE_URL=nobody,
        PYTHONIOENCODING="ascii",
    )
    assert ended.returncode == 1
    settings, workers, director = ended.stdout.splitlines()
    assert settings.startswith("? settings: valid")  # a terminal without ✓
    assert workers.startswith("? workers: ")
    assert workers.endswith("the inkwell is spilled")
    assert director.startswith("? director: ")
    assert "swordfish" not in ended.stdout + ended.stderr


def test_the_doctor_looks_at_the_tiers_that_are_configured(command, tmp_path, nobody):
    settings = {"CACHE_TIERS": "memory,disk,redis", "CACHE_DISK_PATH": tmp_path / "tier"}
    address = f"redis://:wonderland@{nobody.removeprefix('http://').removesuffix('/v1')}/0"
    ended = command("doctor", GENERATOR_WORKERS=0, REDIS_URL=address, **settings)
    assert ended.returncode == 1
    disk, redis = ended.stdout.splitlines()[-2:]
    assert disk == f"✓ disk: {tmp_path / 'tier'} is writable and has room for 2048 MB"
    assert redis.startswith("✗ redis: redis://:********@127.0.0.1:")
    assert redis.endswith("does not answer (connection)")
    assert not (tmp_path / "tier").exists()


def test_the_doctor_finds_a_redis_that_answers(command, redis_server):
    settings = {"CACHE_TIERS": "memory,redis", "REDIS_URL": redis_server.url}
    ended = command("doctor", GENERATOR_WORKERS=0, **settings)
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-1] == f"✓ redis: {redis_server.url} answers"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"CACHE_DISK_MAX_MB": 1_048_576}, "CACHE_DISK_MAX_MB is 1048576"),
        ({"CACHE_DISK_PATH": "a file"}, "a file cannot be written: Not a directory"),
    ],
)
def test_the_doctor_tells_why_a_disk_will_not_do(command, home, settings, reason):
    (home / "a file").write_text("in the way")
    ended = command("doctor", GENERATOR_WORKERS=0, CACHE_TIERS="memory,disk", **settings)
    assert ended.returncode == 1
    line = ended.stdout.splitlines()[-1]
    assert line.startswith("✗ disk: ")
    assert line.endswith(reason)


def test_the_doctor_tells_of_bad_settings(nanobanana):
    ended = nanobanana("doctor", CACHE_SIZE_ENZO=5, CACHE_WARM="")
    assert ended.returncode == 1
    assert ended.stdout.startswith("✗ settings: CACHE_SIZE_ENZO: there is no asset type 'enzo'")
    assert ended.stdout.count("\n") == 1
