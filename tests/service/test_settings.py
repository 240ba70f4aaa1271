"""Settings come from the environment over `.env`; every bad value is one line that names it."""

import re
from pathlib import Path

import pytest

from generators import load_registry
from service.errors import SettingsError
from service.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
TYPES = tuple(load_registry())
SESAME = "open-sesame"


@pytest.fixture
def load(clean_environment, monkeypatch, tmp_path):
    """A function that loads the settings of these variables and this text of a `.env`."""

    def loaded(env_file=None, **variables):
        if env_file is not None:
            data = env_file if isinstance(env_file, bytes) else env_file.encode()
            (tmp_path / ".env").write_bytes(data)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return loaded


def lines_of(load, *arguments, **variables):
    with pytest.raises(SettingsError) as refused:
        load(*arguments, **variables)
    return refused.value.lines


BAD = {
    "CACHE_SIZE": ["-1", "many", "1.5", "1000001", "1e3"],
    "CACHE_SIZE_ENSO": ["-1", "many", "1.5"],
    "CACHE_TTL_CREATURE": ["0", "-1", "nan", "inf", "soon", "1e10"],
    "CACHE_TTL_NEBULA": ["0", "soon"],
    "CACHE_METRICS": ["maybe", "2"],
    "CACHE_MAX_MEMORY_MB": ["0", "-1", "nan", "lots"],
    "CACHE_STALE_SECONDS": ["-1", "nan", "inf"],
    "CACHE_ADMISSION": ["some", "lru"],
    "CACHE_ADAPTIVE_TTL": ["maybe"],
    "CACHE_TIERS": ["disk", "memory,tape", "disk,memory", "memory,redis,disk", "memory;disk"],
    "CACHE_DISK_MAX_MB": ["0", "-1", "nan", "lots"],
    "CACHE_TRACE_MAX_MB": ["0", "-1", "nan", "lots"],
    "REDIS_URL": ["nowhere", f"http://u:{SESAME}@host", f"redis://:{SESAME}@host/?x={SESAME}"],
    "PORT": ["-1", "65536", "http", "80.5"],
    "METRICS_PORT": ["-1", "65536", "http"],
    "ADMIN_TOKEN": [" ", f"{SESAME} ", f"{SESAME}\n", "sésame", "x" * 513],
    "CORS_ORIGINS": ["example.org", "https://example.org/", "ftp://example.org", "https://a.b,c"],
    "GENERATOR_WORKERS": ["-1", "257", "all"],
    "GENERATION_QUEUE_MAX": ["-1", "1e9"],
    "GENERATION_TIMEOUT_SECONDS": ["0", "-1", "601", "nan"],
    "OPENAI_API_KEY": [f"{SESAME} ", f"{SESAME}\r\nX-Evil: 1"],
    "LLM_BASE_URL": ["nowhere", "ftp://host/v1", f"https://user:{SESAME}@host", "https://h/?k=1"],
    "LLM_ALLOWED_BASE_URLS": ["https://good.example/v1,nowhere", f"https://u:{SESAME}@host"],
    "LLM_MODEL": ["two words", "x" * 101],
    "LLM_FALLBACK": ["perhaps"],
    "LLM_TIMEOUT_SECONDS": ["0", "601"],
    "LOG_LEVEL": ["chatty"],
    "LOG_FORMAT": ["xml"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_a_bad_value_is_one_line_that_names_it_and_no_secret(load, name, value):
    (line,) = lines_of(load, **{name: value})
    assert re.match(rf"{name}(=|: )", line)
    assert len(line.splitlines()) == 1
    assert SESAME not in line


def test_all_bad_values_are_told_at_once(load):
    lines = lines_of(
        load, "CACHE_SIZE=many\nLOG_LEVEL=chatty\nPORT=1\n", CACHE_SIZE_ENSO="-1", PORT="0x50"
    )
    assert [re.match("[A-Z_]+", line)[0] for line in lines] == [
        "CACHE_SIZE",
        "CACHE_SIZE_ENSO",
        "PORT",
        "LOG_LEVEL",
    ]


def test_every_setting_has_bad_values_here():
    # Checked against the types there are, by listening, and by writing.
    free = {"CACHE_WARM", "HOST", "CACHE_DISK_PATH", "CACHE_TRACE_PATH"}
    gathered = {"CACHE_SIZES", "CACHE_TTLS"}
    per_type = {"CACHE_SIZE_ENSO", "CACHE_TTL_CREATURE", "CACHE_TTL_NEBULA"}
    names = {name.upper() for name in Settings.model_fields}
    assert BAD.keys() - per_type == names - free - gathered


def test_the_metrics_port_differs_from_the_port(load):
    (line,) = lines_of(load, PORT="8001", METRICS_PORT="8001")
    assert line == "METRICS_PORT='8001': must differ from PORT"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"ADMIN_TOKEN=s\xe9same\n", ".env cannot be read: "),
        (b"PORT=1\nADMIN TOKEN=sesame\n", ".env, line 2: is not NAME=value"),
        (b"ADMIN_TOKEN='sesame\nPORT=1\n", ".env, line 1: is not NAME=value"),
    ],
)
def test_a_file_that_cannot_be_understood_stops_the_start(load, text, told):
    assert lines_of(load, text)[0].startswith(told)


def test_the_environment_overrides_the_file(load):
    settings = load("PORT=1\nHOST=filed\nCACHE_SIZE_ENSO=1\nCACHE_SIZE_SIGIL=2\n", PORT="3")
    assert (settings.port, settings.host) == (3, "filed")
    assert (settings.capacity("enso"), settings.capacity("sigil")) == (1, 2)
    assert load(CACHE_SIZE_ENSO="4").capacity("enso") == 4


def test_what_is_empty_was_left_open(load):
    settings = load("METRICS_PORT=\nADMIN_TOKEN=\nCACHE_SIZE=\nCACHE_SIZE_ENSO=\nLLM_MODEL=\n")
    assert settings == load_settings()
    assert settings.admin_token is settings.metrics_port is None
    assert settings.capacity("enso") == 100


def test_only_an_empty_list_to_warm_means_none(load):
    assert load().cache_warm == ("parchment", "enso")
    assert load(CACHE_WARM="sigil, enso").cache_warm == ("sigil", "enso")
    assert load(CACHE_WARM="").cache_warm == ()


def test_a_byte_order_mark_is_no_part_of_the_first_name(load):
    assert load("\ufeffPORT=7\n").port == 7


def test_fields_that_are_no_settings_cannot_be_set(load):
    assert load(CACHE_SIZES='{"enso": 1}', CACHE_TTLS="[").capacity("enso") == 100


def test_sizes_of_types(load):
    settings = load(CACHE_SIZE="10")
    sizes = {name: settings.capacity(name) for name in (*TYPES, "nebula")}
    assert sizes == {
        "parchment": 50,
        "enso": 10,
        "sigil": 10,
        "giraffe": 10,
        "kangaroo": 10,
        "directed_enso": 200,
        "nebula": 10,
    }
    assert load(CACHE_SIZE_PARCHMENT="5").capacity("parchment") == 5
    assert load(CACHE_SIZE_NEBULA="6").capacity("nebula") == 6


def test_ttls_of_types(load):
    settings = load()
    ttls = {name: settings.ttl_seconds(name) for name in (*TYPES, "nebula")}
    assert ttls == dict.fromkeys((*TYPES, "nebula"), 3600) | {"directed_enso": 1800}
    settings = load(CACHE_TTL_CREATURE="60", CACHE_TTL_KANGAROO="30", CACHE_TTL_NEBULA="0.5")
    assert settings.ttl_seconds("giraffe") == 60
    assert settings.ttl_seconds("kangaroo") == 30
    assert settings.ttl_seconds("nebula") == 0.5
    assert settings.ttl_seconds("enso") == 3600


def test_typos_in_types_are_told(load):
    settings = load(CACHE_SIZE_ENZO="1", CACHE_TTL_CREATRE="1", CACHE_WARM="sigl,directed_enso")
    with pytest.raises(SettingsError) as refused:
        settings.check_types(TYPES, TYPES[:-1])
    assert [line.split(";")[0] for line in refused.value.lines] == [
        "CACHE_SIZE_ENZO: there is no asset type 'enzo'",
        "CACHE_TTL_CREATRE: there is no asset type 'creatre'",
        "CACHE_WARM: 'sigl' cannot be warmed",
        "CACHE_WARM: 'directed_enso' cannot be warmed",
    ]


def test_the_model_depends_on_the_key(load):
    assert load().default_model == "local"
    assert load(OPENAI_API_KEY=SESAME).default_model == "gpt-4o"
    assert load(LLM_MODEL="local").default_model == "local"


def test_settings_are_printed_as_they_are_read(load):
    settings = load(
        CACHE_MAX_MEMORY_MB="1012345.25",
        CACHE_TTL_ENSO="1234567",
        CORS_ORIGINS="https://A.example, *",
        LLM_BASE_URL="HTTPS://llm.example:443/v1/",
        CACHE_WARM="",
        ADMIN_TOKEN=SESAME,
    )
    printed = settings.effective(TYPES)
    assert printed["CACHE_MAX_MEMORY_MB"] == "1012345.25"
    assert printed["CACHE_TTL_ENSO"] == "1234567"
    assert printed["CORS_ORIGINS"] == "https://a.example,*"
    assert printed["LLM_BASE_URL"] == "https://llm.example/v1"
    assert printed["CACHE_WARM"] == ""
    assert printed["ADMIN_TOKEN"] == "*" * 8
    text = "".join(f"{name}={value}\n" for name, value in printed.items())
    assert load(text).effective(TYPES) == printed


def documented():
    """Return what .env.example says of each setting: commented out or not, its default."""
    text = (ROOT / ".env.example").read_text()
    return dict(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]+)=(.*)$", text, re.MULTILINE))


def test_the_example_file_documents_every_setting_with_its_default(load):
    defaults = load().effective(())
    expected = {
        **defaults,
        "GENERATOR_WORKERS": "",  # as many as there are cores
        "LLM_MODEL": "",  # depends on the key
        "CACHE_SIZE_PARCHMENT": "50",
        "CACHE_SIZE_DIRECTED_ENSO": "200",
        **{f"CACHE_TTL_{name}": "3600" for name in ("PARCHMENT", "ENSO", "SIGIL", "CREATURE")},
        "CACHE_TTL_DIRECTED_ENSO": "1800",
    }
    assert {name: documented().get(name) for name in expected} == expected


def test_the_example_file_documents_nothing_that_is_never_read():
    names = {name.upper() for name in Settings.model_fields}
    per_type = {f"CACHE_{kind}_{name.upper()}" for kind in ("SIZE", "TTL") for name in TYPES}
    assert documented().keys() <= names | per_type | {"CACHE_TTL_CREATURE"}


def test_the_example_file_means_the_defaults(load):
    defaults = load().effective(TYPES)
    text = "".join(f"{name}={value}\n" for name, value in documented().items())
    assert load(text).effective(TYPES) == defaults


def test_the_readme_names_every_setting():
    readme = (ROOT / "README.md").read_text()
    names = {name.upper() for name in Settings.model_fields} - {"CACHE_SIZES", "CACHE_TTLS"}
    assert not {name for name in (*names, "CACHE_SIZE_", "CACHE_TTL_") if name not in readme}
