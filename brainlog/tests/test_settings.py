"""Settings from the environment. Each test starts a process of its own, in a folder without .env."""

import base64
import hashlib
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from brainlog.environment import load_env_file

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
FIELD_KEY = "a1:" + "k" * 43 + "="
KEY = "".join(chr(code) for code in range(ord("0"), ord("z")))
GIVEN = {"SECRET_KEY": KEY, "FIELD_ENCRYPTION_KEYS": FIELD_KEY, "ALLOWED_HOSTS": "example.org"}
OURS = {
    *("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "ALLOWED_HOSTS", "DEBUG", "HTTPS", "BEHIND_PROXY", "CSRF_TRUSTED_ORIGINS"),
    *("DATABASE_URL", "DIRECT_DATABASE_URL", "REPLICA_DATABASE_URL", "STATIC_ROOT", "DJANGO_SETTINGS_MODULE"),
    *("LOG_FORMAT", "LOG_LEVEL", "METRICS_TOKEN", "SLOW_QUERY_MS", "DATABASE_TIMEOUT", "CACHE_URL"),
    *("EMAIL_URL", "EMAIL_FROM", "ADMINS", "REGISTRATION", "REPLICA_PIN_SECONDS", "LOGIN_ONLY_BY_PROVIDER"),
    "SECOND_FACTOR",
    *("REMINDER_PUSH_KEY", "REMINDER_PUSH_CONTACT", "REMINDER_PUSH_SERVICES", "REMINDER_SERVERS"),
    *("OIDC_SERVER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "GOOGLE_CLIENT_SECRET"),
}


@pytest.fixture
def folder(tmp_path):
    """A copy of the project without untracked files of the developer."""
    return copy_project(tmp_path)


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A copy of the project with collected static files, for tests that change nothing in it.

    Compressing the files takes seconds.
    """
    folder = copy_project(tmp_path_factory.mktemp("collected"))
    result = run(folder, "manage.py", "collectstatic", "--noinput", **GIVEN)
    assert result.returncode == 0, result.stderr
    return folder


def copy_project(folder: Path) -> Path:
    for name in (
        "brainlog",
        "encryption",
        "accounts",
        "logs",
        "reflections",
        "support",
        "insights",
        "reminders",
        "home",
        "personal_data",
        "operations",
        "templates",
        "static",
    ):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    for name in ("manage.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / name, folder)
    return folder


def run(folder, *arguments, **environment) -> subprocess.CompletedProcess:
    # Without variables of other tests: the browser tests switch off Django's check for asyncio.
    others = {name: value for name, value in os.environ.items() if name not in OURS}
    inherited = {name: value for name, value in others.items() if not name.startswith("DJANGO_")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=inherited | environment, capture_output=True, text=True
    )


def settings(folder, *names, **environment) -> dict:
    """A function that returns settings, read in a new process with that environment."""
    code = f"""
import json
from brainlog import settings
print(json.dumps({{name: getattr(settings, name, None) for name in {names!r}}}, default=str))
"""
    result = run(folder, "-c", code, **environment)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


HEADING = "Brain Log cannot start. Missing or wrong in the environment, or in .env:\n"


def wrong(result) -> list[str]:
    """The error messages about settings with which a process has ended."""
    assert result.returncode != 0
    _before, heading, said = result.stderr.partition(HEADING)
    assert heading, result.stderr
    return [line.strip() for line in said.splitlines() if line.startswith("  ")]


def test_one_error_reports_all_missing_variables(folder):
    result = run(folder, "-c", "import brainlog.settings")

    assert [sentence.split(":")[0] for sentence in wrong(result)] == [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "FIELD_ENCRYPTION_KEYS",
    ]


@pytest.mark.parametrize("missing", GIVEN)
@pytest.mark.parametrize("empty", [False, True], ids=["absent", "empty"])
def test_variables_that_are_set_are_not_reported(folder, missing, empty):
    environment = GIVEN | {missing: ""} if empty else {name: GIVEN[name] for name in GIVEN if name != missing}

    (sentence,) = wrong(run(folder, "-c", "import brainlog.settings", **environment))

    assert sentence.startswith(f"{missing}: missing.")


S3CR3T = "s3cr3t"
# Wrong values of all settings, each with a secret that no message may contain, and the beginning of its message.
WRONG = {
    "DEBUG": (S3CR3T, "DEBUG: must be True or False."),
    "SECRET_KEY": (S3CR3T, "SECRET_KEY: can be guessed."),
    "ALLOWED_HOSTS": (f"https://{S3CR3T}", "ALLOWED_HOSTS: must be host names"),
    "FIELD_ENCRYPTION_KEYS": (f"a:{S3CR3T}", "The key a in FIELD_ENCRYPTION_KEYS"),
    "DATABASE_URL": (f"postgres://u:{S3CR3T}@h/n", "DATABASE_URL: the connection to the database is not encrypted."),
    "DIRECT_DATABASE_URL": (f"postgres://u:{S3CR3T}@h:x/n", "The port in DIRECT_DATABASE_URL is not a number"),
    "REPLICA_DATABASE_URL": (f"mysql://{S3CR3T}", "REPLICA_DATABASE_URL must start with"),
    "DATABASE_TIMEOUT": (S3CR3T, "DATABASE_TIMEOUT: must be a whole number from 1 up."),
    "REPLICA_PIN_SECONDS": ("-1", "REPLICA_PIN_SECONDS: must be a whole number from 0 up."),
    "CACHE_URL": (S3CR3T, "CACHE_URL must start with redis:// or rediss://."),
    "EMAIL_URL": (f"smtp://me:{S3CR3T}#@host:587", "EMAIL_URL: cannot be read."),
    "REGISTRATION": (S3CR3T, "REGISTRATION: must be one of open, invite, closed."),
    "GOOGLE_CLIENT_SECRET": (S3CR3T, "GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET: set all of them, or none."),
    "OIDC_CLIENT_SECRET": (S3CR3T, "OIDC_SERVER_URL, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET: set all of them, or none."),
    "LOGIN_ONLY_BY_PROVIDER": ("True", "LOGIN_ONLY_BY_PROVIDER: needs a provider"),
    "HTTPS": (S3CR3T, "HTTPS: must be True or False."),
    "CSRF_TRUSTED_ORIGINS": (S3CR3T, "CSRF_TRUSTED_ORIGINS: must be such as"),
    "SLOW_QUERY_MS": (S3CR3T, "SLOW_QUERY_MS: must be a whole number from 0 up."),
    "LOG_FORMAT": (S3CR3T, "LOG_FORMAT: must be one of json, text."),
    "LOG_LEVEL": (S3CR3T, "LOG_LEVEL: must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL."),
}


@pytest.mark.parametrize("program", ["manage.py", "gunicorn"])
def test_one_error_reports_all_invalid_variables_and_no_secret(folder, program):
    environment = {name: value for name, (value, _) in WRONG.items()}
    serve = ("-m", "gunicorn", "brainlog.wsgi", "--bind=127.0.0.1:0")

    result = run(
        folder, *(("manage.py", "migrate") if program == "manage.py" else serve), WEB_CONCURRENCY="4", **environment
    )

    said = wrong(result)  # One of the four workers logs it.
    assert [sentence for sentence, (_, begins) in zip(said, WRONG.values(), strict=True) if sentence.find(begins)] == []
    assert S3CR3T not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert program == "manage.py" or result.returncode == 4  # "App failed to load": gunicorn does not try again.


@pytest.fixture
def read(folder, monkeypatch):
    """Read the settings in this process, which is faster."""

    def read(environment: dict) -> dict:
        for name in OURS:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(folder / "brainlog" / "settings.py"))

    return read


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS: must name whole hosts."),
        ({"ALLOWED_HOSTS": "log.example.org,.example.org"}, "ALLOWED_HOSTS: must name whole hosts."),
        ({"ALLOWED_HOSTS": "log.example.org:8000"}, "ALLOWED_HOSTS: must be host names"),
        ({"SECRET_KEY": "k" * 60}, "SECRET_KEY: can be guessed."),
        ({"SECRET_KEY": f"django-insecure-{KEY}"}, "SECRET_KEY: can be guessed."),
        ({"ADMINS": "keeper@example.org"}, "ADMINS: needs EMAIL_URL, to send them mails."),
        ({"OIDC_SERVER_URL": "http://login.example.org"}, "OIDC_SERVER_URL: must begin with https://"),
        ({"OIDC_SERVER_URL": "https://[login"}, "OIDC_SERVER_URL: must begin with https://"),
        ({"EMAIL_URL": "mail.example.org"}, "EMAIL_URL: cannot be read."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_insecure_values_are_refused(read, environment, sentence):
    oidc = {"OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "s"} if "OIDC_SERVER_URL" in environment else {}

    with pytest.raises(ImproperlyConfigured) as refusal:
        read(GIVEN | environment | oidc)

    _heading, said = str(refusal.value).split("\n  ")
    assert said.startswith(sentence)


@pytest.mark.parametrize(
    "environment",
    [
        {"ALLOWED_HOSTS": " log.example.org, [::1] ,192.168.1.7"},
        {"DEBUG": "on", "ALLOWED_HOSTS": "*", "SECRET_KEY": "k"},
        {"HTTPS": "", "DEBUG": "", "LOG_LEVEL": "warning", "CSRF_TRUSTED_ORIGINS": "https://a.example.org:8443"},
        {"OIDC_SERVER_URL": "http://127.0.0.1:8080/x", "OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "s"},
        {"SECRET_KEY": f"${KEY}", "ADMINS": "keeper@example.org", "EMAIL_URL": "smtp://localhost"},
    ],
    ids=str,
)
def test_valid_values_are_accepted(read, environment):
    names = read(GIVEN | environment)

    assert names["SECRET_KEY"] == (GIVEN | environment)["SECRET_KEY"]
    assert "" not in names["ALLOWED_HOSTS"] and names["HTTPS"] == (environment.get("DEBUG") != "on")


def test_it_starts_with_the_required_variables_only(folder):
    assert settings(folder, "DEBUG", "ALLOWED_HOSTS", **GIVEN) == {"DEBUG": False, "ALLOWED_HOSTS": ["example.org"]}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DATABASE_URL": "postgres://u:s3cr3t@h/n?sslmod=require"}, "DATABASE_URL has the argument sslmod, which"),
        ({"DATABASE_URL_FILE": "nowhere"}, "DATABASE_URL_FILE names nowhere, which cannot be read"),
        (
            {"DATABASE_URL": "postgres://u@localhost/n", "PGPASSFILE": "nowhere"},
            "PGPASSFILE names nowhere, which cannot",
        ),
    ],
    ids=["argument", "secret file", "password file"],
)
def test_a_command_reports_errors_without_a_traceback(folder, environment, sentence):
    result = run(folder, "manage.py", "migrate", **GIVEN | environment)

    assert result.returncode == 1
    assert wrong(result)[0].startswith(sentence)
    assert "Traceback" not in result.stderr and "s3cr3t" not in result.stderr


def test_with_debug_a_secret_key_is_enough(folder):
    found = settings(folder, "ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", SECRET_KEY="k", DEBUG="True")

    assert found == {"ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"], "SECURE_SSL_REDIRECT": False}


EDGES = {
    "SECURE_SSL_REDIRECT": True,
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
}


@pytest.mark.parametrize(
    ("environment", "is_https"),
    [({}, True), ({"DEBUG": "True"}, False), ({"HTTPS": "False"}, False), ({"DEBUG": "True", "HTTPS": "True"}, True)],
    ids=str,
)
def test_https_is_the_default_where_debug_is_off(folder, environment, is_https):
    found = settings(folder, *EDGES, "SECURE_HSTS_SECONDS", **GIVEN, **environment)

    assert found.pop("SECURE_HSTS_SECONDS") == (31_536_000 if is_https else 0)
    assert found == {name: value is is_https for name, value in EDGES.items()}


@pytest.mark.parametrize(
    ("environment", "prefix"), [({}, "__Host-"), ({"HTTPS": "False"}, "")], ids=["https", "no https"]
)
def test_cookie_names_have_the_host_prefix_with_https(folder, environment, prefix):
    names = ("sessionid", "csrftoken", "messages", "known_browser", "passkey")
    variables = ("SESSION", "CSRF", "MESSAGE", "KNOWN_BROWSER", "PASSKEY")
    found = settings(folder, *(f"{variable}_COOKIE_NAME" for variable in variables), **GIVEN, **environment)

    assert list(found.values()) == [f"{prefix}{name}" for name in names]


@pytest.mark.parametrize(("environment", "promised"), [({}, False), ({"HSTS_SUBDOMAINS": "True"}, True)], ids=str)
def test_hsts_excludes_subdomains_by_default(folder, environment, promised):
    names = ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")

    assert settings(folder, *names, **GIVEN, **environment) == dict.fromkeys(names, promised)


@pytest.mark.parametrize(
    ("environment", "header"),
    [({}, None), ({"BEHIND_PROXY": "True"}, ["HTTP_X_FORWARDED_PROTO", "https"])],
    ids=["not said", "said"],
)
def test_a_proxy_is_trusted_only_with_behind_proxy(folder, environment, header):
    found = settings(folder, "SECURE_PROXY_SSL_HEADER", **GIVEN, **environment)

    assert found == {"SECURE_PROXY_SSL_HEADER": header}


def test_an_empty_static_root_does_not_serve_the_project_folder(folder):
    assert settings(folder, "STATIC_ROOT", STATIC_ROOT="", **GIVEN) == {"STATIC_ROOT": str(folder / "staticfiles")}


@pytest.mark.parametrize(
    "name",
    [
        *("DATABASE_URL", "REGISTRATION", "SECOND_FACTOR", "LOGIN_ONLY_BY_PROVIDER", "BACKUP_ENCRYPT_TO"),
        "REMINDER_PUSH_SERVICES",
    ],
)
@pytest.mark.parametrize("value", ["", " "], ids=["empty", "blank"])
def test_blank_values_with_less_safe_defaults_are_refused(folder, name, value):
    sentences = wrong(run(folder, "manage.py", "check", **GIVEN, **{name: value}))

    assert any(re.match(rf"{name}:? is set, but empty", sentence) for sentence in sentences)


def test_a_list_of_commas_does_not_select_the_default(folder):
    sentences = wrong(run(folder, "manage.py", "check", **GIVEN, REMINDER_PUSH_SERVICES=" , "))

    assert sentences[0].startswith("REMINDER_PUSH_SERVICES: is set, but empty")


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "FIELD_ENCRYPTION_KEYS"])
def test_blank_required_variables_are_reported_as_missing(folder, name):
    assert wrong(run(folder, "manage.py", "check", **GIVEN | {name: ""}))[0].startswith(f"{name}: missing")


def test_an_unreadable_env_file_is_one_message(folder):
    (folder / ".env").mkdir()
    is_folder = run(folder, "manage.py", "check")
    (folder / ".env").rmdir()
    (folder / ".env").symlink_to("nowhere")
    is_dangling = run(folder, "manage.py", "check")
    (folder / ".env").unlink()
    (folder / ".env").write_bytes(b"SECRET_KEY=\xff")
    is_no_text = run(folder, "manage.py", "check")

    for result, words in (
        (is_folder, "exists and cannot be read: Is a directory."),
        (is_dangling, "is a link to a file that does not exist."),
        (is_no_text, "exists and cannot be read: it is no UTF-8 text."),
    ):
        assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
        assert result.stderr == f"Brain Log cannot start. {folder}/.env {words}\n"


def test_an_env_file_without_read_permission_is_one_message(tmp_path, monkeypatch):
    """A test that runs as root may read everything."""

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ImproperlyConfigured, match=r"/\.env exists and cannot be read: Permission denied\.$"):
        load_env_file(tmp_path / ".env")


def test_env_files_are_read_and_the_environment_wins(folder):
    (folder / ".env").write_text("SECRET_KEY=from-the-file\nALLOWED_HOSTS=file.example.org\nDEBUG=True\n")

    found = settings(folder, "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG", ALLOWED_HOSTS="a.example.org,b.example.org")

    assert found == {"SECRET_KEY": "from-the-file", "ALLOWED_HOSTS": ["a.example.org", "b.example.org"], "DEBUG": True}


def test_the_default_database_is_a_file_in_the_project_folder(folder):
    found = settings(folder, "DATABASES", **GIVEN)["DATABASES"]["default"]

    assert found["NAME"] == str(folder / "db.sqlite3")


LOG = """
import django, logging
django.setup()
logging.getLogger("brainlog").info("Hello")
try:
    raise ValueError("a secret")
except ValueError:
    logging.getLogger("brainlog").exception("It failed")
"""


@pytest.mark.parametrize(
    ("environment", "is_json", "reveals"),
    [
        ({}, True, False),
        ({"LOG_FORMAT": "text"}, False, False),
        ({"DEBUG": "True"}, False, True),
        ({"DEBUG": "True", "LOG_FORMAT": "json"}, True, True),
    ],
    ids=str,
)
def test_logs_are_json_and_without_personal_data_without_debug(folder, environment, is_json, reveals):
    result = run(folder, "-c", LOG, DJANGO_SETTINGS_MODULE="brainlog.settings", **GIVEN, **environment)

    assert result.stderr.startswith('{"level": "INFO"') == is_json
    assert "It failed" in result.stderr and "ValueError" in result.stderr
    assert ("a secret" in result.stderr) == reveals


def test_log_level_can_be_set(folder):
    result = run(folder, "-c", LOG, DJANGO_SETTINGS_MODULE="brainlog.settings", LOG_LEVEL="warning", **GIVEN)

    assert "Hello" not in result.stderr and "It failed" in result.stderr


def test_slow_query_limit_and_metrics_token_come_from_the_environment(folder):
    names = ("SLOW_QUERY_MS", "METRICS_TOKEN")

    assert settings(folder, *names, **GIVEN) == {"SLOW_QUERY_MS": 1000, "METRICS_TOKEN": ""}
    given = {"SLOW_QUERY_MS": "250", "METRICS_TOKEN": "a-token"}
    assert settings(folder, *names, **GIVEN, **given) == {"SLOW_QUERY_MS": 250, "METRICS_TOKEN": "a-token"}


def test_production_settings_pass_djangos_deployment_check(collected):
    result = run(collected, "manage.py", "check", "--deploy", "--fail-level", "INFO", **GIVEN)

    assert (result.returncode, result.stdout) == (0, "System check identified no issues (2 silenced).\n"), result.stderr


# Requests the first page of a public site over http, over https, and over https with another host name.
ASK = """
import django, json
django.setup()
from django.test import Client
plain = Client(headers={"host": "example.org"}).get("/")
safe = Client(headers={"host": "example.org"}).get("/", secure=True)
stranger = Client(headers={"host": "evil.example"}).get("/", secure=True)
print(json.dumps([[r.status_code, dict(r.headers)] for r in (plain, safe, stranger)]))
"""


def test_a_production_server_requires_https_and_its_host_name(collected):
    result = run(collected, "-c", ASK, DJANGO_SETTINGS_MODULE="brainlog.settings", **GIVEN)

    assert result.returncode == 0, result.stderr
    plain, safe, stranger = json.loads(result.stdout)
    assert (plain[0], plain[1]["Location"]) == (301, "https://example.org/")
    assert (safe[0], stranger[0]) == (200, 400)
    assert safe[1]["Strict-Transport-Security"] == "max-age=31536000"
    assert "upgrade-insecure-requests" in safe[1]["Content-Security-Policy"]


def test_static_files_have_the_fingerprint_of_their_content(collected):
    static = collected / "staticfiles"

    names = json.loads((static / "staticfiles.json").read_text())["paths"]
    assert names["brainlog.css"] != "brainlog.css"
    assert (static / names["brainlog.css"]).exists()
    assert (static / f"{names['brainlog.css']}.gz").exists()


# Renders the first page with collected static files.
PAGE = """
import django
django.setup()
from django.test import Client
print(Client(headers={"host": "example.org"}).get("/", secure=True).content.decode())
"""


def test_integrity_attributes_match_the_served_scripts(collected):
    page = run(collected, "-c", PAGE, DJANGO_SETTINGS_MODULE="brainlog.settings", **GIVEN).stdout

    [(name, fingerprint)] = re.findall(r'src="/static/([^"]+)" integrity="sha384-([^"]+)"', page)
    assert page.count("<script") == 1
    content = (collected / "staticfiles" / name).read_bytes()
    assert base64.b64encode(hashlib.sha384(content).digest()).decode() == fingerprint


def test_no_variable_switches_rate_limits_off(folder):
    assert settings(folder, "RATE_LIMITS_ENABLED", **GIVEN, RATE_LIMITS_ENABLED="False")["RATE_LIMITS_ENABLED"] is True


def test_mail_goes_where_the_environment_says(folder):
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_BACKEND", "HAS_EMAIL", "DEFAULT_FROM_EMAIL")
    given = {"EMAIL_URL": "smtp+tls://me:secret@mail.example.org:587", "EMAIL_FROM": "log@example.org"}

    smtp = settings(folder, *names, **GIVEN, **given)
    nothing = settings(folder, *names, **GIVEN)
    at_home = settings(folder, *names, **GIVEN, DEBUG="True")

    assert (smtp["EMAIL_HOST"], smtp["EMAIL_PORT"], smtp["EMAIL_USE_TLS"]) == ("mail.example.org", 587, True)
    assert smtp["HAS_EMAIL"] and smtp["DEFAULT_FROM_EMAIL"] == "log@example.org"
    assert not nothing["HAS_EMAIL"] and "dummy" in nothing["EMAIL_BACKEND"]
    assert at_home["HAS_EMAIL"] and "console" in at_home["EMAIL_BACKEND"]


def test_registration_has_three_values(folder):
    assert settings(folder, "REGISTRATION", **GIVEN)["REGISTRATION"] == "open"
    assert settings(folder, "REGISTRATION", **GIVEN, REGISTRATION="invite")["REGISTRATION"] == "invite"


def test_second_factor_has_three_values(folder):
    assert settings(folder, "SECOND_FACTOR", **GIVEN)["SECOND_FACTOR"] == "optional"
    assert settings(folder, "SECOND_FACTOR", **GIVEN, SECOND_FACTOR="staff")["SECOND_FACTOR"] == "staff"
