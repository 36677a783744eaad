"""The privacy page lists every connection to other machines; by default there is none."""

import ast
import json
import re
import runpy
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from pytest_django.asserts import assertContains, assertNotContains

from accounts.tests.factories import make_person
from brainlog.tests.addresses import ADDRESSES
from operations import privacy
from operations.outbound_connections import PROVIDERS, outbound_connections
from testing.gunicorn import ROOT, manage
from testing.people import Visitor, main_job
from testing.settings import GIVEN, NOT_GIVEN

pytestmark = pytest.mark.once

URL = "/privacy/"
HERE = {"DATABASE_URL": "postgres://u:p@127.0.0.1/n"}
THERE = "postgres://a-user:s3cr3t@{}/a-database?sslmode=require"
SECRETS = ("a-user", "s3cr3t", "a-bucket", "a-database", "of-the-operator", "R5Opc6rw")
PUSH_KEY = "R5Opc6rwHiCGVzo6yp1lEqwnP_1ZVWiYDYBO_6s95b4"
HERE_AND_ON = "A program on this machine, which passes it on"
UNNAMED, PRIVATE = "Another machine; its name is not shown", "A machine in a private network"

# The settings that make Brain Log connect to other machines: an example of each, and the host that the page names.
CONNECTS = {
    "DATABASE_URL": ({"DATABASE_URL": THERE.format("db.of-the-operator.org")}, UNNAMED),
    "DIRECT_DATABASE_URL": (HERE | {"DIRECT_DATABASE_URL": THERE.format("db.of-the-operator.org")}, UNNAMED),
    "REPLICA_DATABASE_URL": (HERE | {"REPLICA_DATABASE_URL": THERE.format("10.0.0.8")}, PRIVATE),
    "CACHE_URL": ({"CACHE_URL": "rediss://a-user:s3cr3t@redis.of-the-operator.lan:6379/0"}, PRIVATE),
    "BACKUP_TO": ({"BACKUP_TO": "s3://a-bucket/a-database"}, "s3.amazonaws.com"),
    "EMAIL_URL": ({"EMAIL_URL": "smtp+tls://a-user:s3cr3t@mail.example.org:587"}, "mail.example.org"),
    "OIDC_SERVER_URL": (
        {
            "OIDC_SERVER_URL": "https://login.example.org/realms/club",
            "OIDC_CLIENT_ID": "a-user",
            "OIDC_CLIENT_SECRET": "s3cr3t",
        },
        "login.example.org and the addresses it names",
    ),
    "REMINDER_PUSH_KEY": (
        {"REMINDER_PUSH_KEY": PUSH_KEY, "REMINDER_PUSH_CONTACT": "mailto:a-user@example.org"},
        "fcm.googleapis.com, updates.push.services.mozilla.com, *.push.services.mozilla.com, *.notify.windows.com, "
        "web.push.apple.com, *.push.apple.com",
    ),
    "REMINDER_SERVERS": ({"REMINDER_SERVERS": "ntfy+https://ntfy.example.org"}, "ntfy.example.org"),
    **{
        f"{name.upper()}_CLIENT_ID": (
            {f"{name.upper()}_CLIENT_ID": "a-user", f"{name.upper()}_CLIENT_SECRET": "s3cr3t"},
            hosts,
        )
        for name, (_label, hosts) in PROVIDERS.items()
    },
}
# The settings that do not.
DOES_NOT = {
    *("SECRET_KEY", "DEBUG", "FIELD_ENCRYPTION_KEYS", "STATIC_ROOT", "METRICS_TOKEN", "REGISTRATION", "SECOND_FACTOR"),
    *("ALLOWED_HOSTS", "HTTPS", "HSTS_SUBDOMAINS", "BEHIND_PROXY", "CSRF_TRUSTED_ORIGINS", "SITE_URL"),
    *("REPLICA_PIN_SECONDS", "DATABASE_TIMEOUT", "SLOW_QUERY_MS", "SERVICE_WORKER", "LOG_FORMAT", "LOG_LEVEL"),
    *("DATABASE_URL_FILE", "DIRECT_DATABASE_URL_FILE", "REPLICA_DATABASE_URL_FILE"),
    *("BACKUP_ENCRYPT_TO", "EMAIL_FROM", "ADMINS", "LOGIN_ONLY_BY_PROVIDER", "OIDC_NAME", "OIDC_CLIENT_ID"),
    *("REMINDER_PUSH_CONTACT", "REMINDER_PUSH_SERVICES"),
    *(f"{name}_CLIENT_SECRET" for name in ("OIDC", "GOOGLE", "GITHUB", "GITLAB", "MICROSOFT")),
}

# Modules that connect to other machines, or start programs that may.
REACHES = {
    *("socket", "http", "urllib.request", "smtplib", "ftplib", "poplib", "imaplib", "xmlrpc", "asyncio", "subprocess"),
    *("requests", "urllib3", "httpx", "aiohttp", "websockets", "redis", "obstore", "boto3", "psycopg", "psycopg_pool"),
    *("django.core.mail", "django.utils.log", "logging.handlers", "webbrowser", "gevent", "grpc", "sentry_sdk"),
}
# Our modules that import them, and the setting that the connection belongs to.
KNOWN = {
    "accounts/emails.py": {"django.core.mail"},  # EMAIL_URL
    "reminders/email.py": {"django.core.mail", "smtplib"},  # EMAIL_URL; of smtplib the errors
    "reminders/smtp_client.py": {"django.core.mail", "smtplib"},  # EMAIL_URL
    "accounts/provider_session.py": {"requests"},  # OIDC_SERVER_URL and the other providers, as the next
    "accounts/middleware.py": {"requests"},
    "brainlog/cache.py": {"redis"},  # CACHE_URL
    "operations/backups/storage.py": {"obstore"},  # BACKUP_TO
    "operations/backups/pipeline.py": {"subprocess"},  # age and GnuPG, which stay here, and the next
    "operations/backups/postgresql.py": {"psycopg"},  # pg_dump, pg_restore and psql: DATABASE_URL
    "insights/report/pdf.py": {"subprocess"},  # typesetting.py, which stays here
    "insights/findings/child.py": {"subprocess"},  # `manage.py compute`, which connects to the database alone
    "operations/database/roles.py": {"psycopg"},  # DATABASE_URL, as the next eight
    "operations/database/check.py": {"psycopg"},
    "operations/database/integrity.py": {"psycopg"},
    "operations/management/commands/migrate.py": {"psycopg"},
    "brainlog/database/connections.py": {"psycopg"},
    "operations/probes.py": {"psycopg"},
    "brainlog/database/urls.py": {"psycopg"},
    "brainlog/database/postgresql/base.py": {"psycopg"},
    "brainlog/database/errors.py": {"psycopg", "psycopg_pool"},
    "operations/log_formatters.py": {"http", "django.utils.log"},  # the names of status codes, and EMAIL_URL
    "reminders/http_client.py": {"http", "socket"},  # REMINDER_PUSH_KEY and REMINDER_SERVERS
    "operations/worker.py": {"socket"},  # Browsers connect to it, and it to no one.
}
# The installed packages that can connect to other machines, by the setting that makes them do so, and the others.
CONNECTING_PACKAGES = {
    "Django": {"EMAIL_URL"},
    "psycopg": {"DATABASE_URL", "DIRECT_DATABASE_URL", "REPLICA_DATABASE_URL"},
    "redis": {"CACHE_URL"},
    "obstore": {"BACKUP_TO"},
    # Only encrypts, and never connects: reminders/http_client.py does.
    "pywebpush": {"REMINDER_PUSH_KEY", "REMINDER_SERVERS"},
    "django-allauth": {name for name in CONNECTS if name.endswith("_CLIENT_ID") or name.startswith("OIDC")},
}
OTHER_PACKAGES = {
    *("django-environ", "gunicorn", "whitenoise", "django-csp", "tzdata", "python-json-logger", "prometheus-client"),
    *("cryptography", "icalendar", "python-dateutil", "numpy"),
    "typst",  # It would fetch a package that a template imports: ours imports none, and texts are no templates.
}


def configured(monkeypatch, **environment) -> SimpleNamespace:
    """The settings that result from an environment, without changing those of this process."""
    for name, value in {**GIVEN, "DATABASE_URL": "sqlite:///db.sqlite3", **environment}.items():
        monkeypatch.setenv(name, value)
    return SimpleNamespace(**runpy.run_path(str(ROOT / "brainlog" / "settings.py")))


def test_every_setting_is_known_to_connect_or_not():
    assert CONNECTS.keys() | DOES_NOT == GIVEN.keys() | NOT_GIVEN
    assert not CONNECTS.keys() & DOES_NOT


@pytest.mark.parametrize("setting", CONNECTS)
def test_each_setting_that_connects_is_listed(monkeypatch, setting):
    environment, where = CONNECTS[setting]

    (found,) = outbound_connections(configured(monkeypatch, **environment), environment)

    assert (found.setting, found.where) == (setting, where)
    assert [secret for secret in SECRETS if secret in str(found)] == []


@pytest.mark.parametrize(
    "environment",
    [
        {},
        HERE | {"DIRECT_DATABASE_URL": "postgres://u:p@localhost/n", "CACHE_URL": "redis://[::1]:6379/0"},
        {"DATABASE_URL": "postgres://u:p@%2Frun%2Fpostgresql/n", "BACKUP_TO": "/var/backups", "METRICS_TOKEN": "x"},
        {"BACKUP_ENCRYPT_TO": "age1x", "CSRF_TRUSTED_ORIGINS": "https://a.example.org"},
        {"EMAIL_URL": "consolemail://", "EMAIL_FROM": "a@example.org", "OIDC_NAME": "The Club"},
        {"BACKUP_TO": "s3://a-bucket", "AWS_ENDPOINT_URL": "http://127.0.0.1:9000"},
    ],
    ids=["default", "loopback", "socket", "no server", "console", "bucket here"],
)
def test_other_settings_list_no_connection(monkeypatch, environment):
    assert outbound_connections(configured(monkeypatch, **environment), environment) == []


@pytest.mark.parametrize(
    ("environment", "where"),
    [
        ({"AWS_ENDPOINT_URL": "https://s3.example.org:9000"}, "s3.example.org"),
        ({"AWS_ENDPOINT": "https://a-bucket.s3.example.org"}, "s3.example.org"),
        ({"AWS_ENDPOINT_URL_S3": "https://s3.example.org", "AWS_ENDPOINT_URL": "https://other"}, "s3.example.org"),
        ({"AWS_ENDPOINT_URL": "https://minio.of-the-operator.internal"}, PRIVATE),
    ],
)
def test_backups_go_where_the_environment_says(monkeypatch, environment, where):
    (found,) = outbound_connections(configured(monkeypatch, BACKUP_TO="s3://a-bucket/x"), environment)

    assert found.where == where
    assert "encrypted before they are sent" not in found.what


def test_a_server_for_reminders_in_a_private_network_is_not_named(monkeypatch):
    servers = "ntfy+http://10.0.0.8,gotify+https://push.example.org:8443,ntfy+http://127.0.0.1:8080"
    found = outbound_connections(configured(monkeypatch, REMINDER_SERVERS=servers), {})

    # The one on this machine relays to phones, by the server of the app's maker for an iPhone.
    assert [each.where for each in found] == [PRIVATE, "push.example.org", HERE_AND_ON]


def test_chosen_push_services_are_listed(monkeypatch):
    services = "push.example.org,*.push.example.com,push.of-the-operator.lan:8443"
    environment = CONNECTS["REMINDER_PUSH_KEY"][0] | {"REMINDER_PUSH_SERVICES": services}
    (found,) = outbound_connections(configured(monkeypatch, **environment), environment)

    assert found.where == f"push.example.org, *.push.example.com, {PRIVATE}"


def test_push_services_are_said_to_get_the_contact_of_the_operator(monkeypatch):
    environment, _where = CONNECTS["REMINDER_PUSH_KEY"]
    (found,) = outbound_connections(configured(monkeypatch, **environment), environment)

    assert "the contact that the operator gave for it" in found.what


def test_an_encrypted_backup_says_so(monkeypatch):
    (found,) = outbound_connections(configured(monkeypatch, BACKUP_TO="s3://x", BACKUP_ENCRYPT_TO="age1x"), {})

    assert "encrypted before they are sent" in found.what


def test_a_mail_server_on_this_machine_passes_mails_on(monkeypatch):
    (found,) = outbound_connections(configured(monkeypatch, EMAIL_URL="smtp://localhost"), {})

    assert found.where == HERE_AND_ON


def test_error_mails_are_listed(monkeypatch):
    environment = {"EMAIL_URL": "smtp://localhost", "ADMINS": "keeper@example.org"}
    (found,) = outbound_connections(configured(monkeypatch, **environment), environment)

    assert "when a page fails" in found.when and "keeper" not in str(found)


ASK_ALLAUTH = """
import importlib, json
from django.conf import settings
from django.test import RequestFactory
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAppManager
SocialAppManager.all = lambda self: self.none()  # There is no database.
request, found = RequestFactory().get("/"), {}
for provider in get_adapter().list_providers(request):
    adapter = provider.get_oauth2_adapter(request)
    names = ("authorize_url", "access_token_url", "identity_url", "profile_url")
    found[provider.id] = [url for name in names if (url := getattr(adapter, name, None))]
print(json.dumps(found))
"""


def test_the_hosts_of_providers_are_those_that_allauth_asks():
    environment = {f"{name.upper()}_CLIENT_{what}": "x" for name in PROVIDERS for what in ("ID", "SECRET")}

    answer = manage(GIVEN["DATABASE_URL"], "shell", "--no-imports", "-v0", "-c", ASK_ALLAUTH, **environment)

    assert answer.returncode == 0, answer.stderr
    hosts = {name: {url.split("/")[2] for url in urls} for name, urls in json.loads(answer.stdout).items()}
    assert hosts == {name: set(listed.split(", ")) for name, (_label, listed) in PROVIDERS.items()}


def test_it_is_public_and_by_default_lists_nothing(client, monkeypatch, django_assert_num_queries, db):
    monkeypatch.setattr(privacy, "settings", configured(monkeypatch))
    with django_assert_num_queries(0):
        page = client.get(URL)

    assertContains(page, "<strong>Nothing.</strong>")
    assertContains(page, "after 90 days without a visit, and after 365 days in any case")
    assertContains(page, "You can read 90 days of it; upkeep removes what is older than 365 days")


def test_with_everything_switched_on_it_lists_everything_and_no_secret(client, monkeypatch, db):
    environment = {name: value for given, _where in CONNECTS.values() for name, value in given.items()}
    monkeypatch.setattr(privacy, "settings", configured(monkeypatch, **environment | CONNECTS["DATABASE_URL"][0]))

    page = client.get(URL)

    assertNotContains(page, "Nothing.")
    for setting, (_environment, where) in CONNECTS.items():
        assertContains(page, f"<code>{setting}</code>", count=1)
        assertContains(page, where)
    assert [secret for secret in SECRETS if secret in page.content.decode()] == []


def test_reminders_are_described(client, db):
    page = client.get(URL)

    for text in (
        # The calendar asks this server, so it is no connection of the server.
        "If you make a private address for your calendar, each program that has it fetches from here",
        "Your devices, topics and tokens",
        "Of the address for your calendar, only a fingerprint",
        "Which check-in you were reminded of, when and on which of these ways is kept for 30 days.",
    ):
        assertContains(page, text)


# What scripts keep in the browser, by the first part of its key, and the words of the page for it.
KEPT_IN_BROWSER = {
    "draft": "what you have typed and not saved",
    "sending": "while it is sent, a note of that",
    "more": "whether you had opened more questions",
    "active": "when you were last active here",
    "zone": "your answer about its time zone",
    "person": "the number of your account",
    "install-hint": "whether you have seen the hint",
}
NOT_KEPT = {"probe", "logged-out", "worker"}  # Removed at once; a channel between tabs; a policy.


def test_what_is_kept_in_the_browser_is_described(client, db):
    scripts = [path.read_text() for folder in ("js", "worker") for path in (ROOT / "static" / folder).glob("*.js")]
    names = {name for text in scripts for name in re.findall(r"[\"`]brainlog-([a-z-]+[a-z])", text)}
    page = client.get(URL).content.decode()
    section = page.split("<h3>In your browser</h3>")[1].split("<h3>")[0]

    assert names - NOT_KEPT == set(KEPT_IN_BROWSER)
    assert [words for words in KEPT_IN_BROWSER.values() if words not in section] == []
    assert "push subscription" in section and "notifications" in section


@pytest.mark.parametrize("address", ["/", "/accounts/signup/"])
def test_pages_for_visitors_link_to_it(client, db, address):
    assertContains(client.get(address), f'href="{URL}"')


def reached_by(path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {reach for reach in REACHES for name in names if name == reach or name.startswith(f"{reach}.")}


def test_every_module_that_connects_is_listed():
    folders = [ROOT / "brainlog", *(Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == ROOT)]
    paths = [path for folder in folders for path in folder.rglob("*.py") if "tests" not in path.relative_to(ROOT).parts]
    assert len(paths) > 100
    found = {str(path.relative_to(ROOT)): reached_by(path) for path in [*paths, ROOT / "gunicorn.conf.py"]}

    assert {path: names for path, names in found.items() if names} == KNOWN


def test_every_package_that_connects_is_listed():
    names = set(re.findall(r"^([\w-]+)", (ROOT / "requirements.in").read_text(), re.MULTILINE))

    assert names == CONNECTING_PACKAGES.keys() | OTHER_PACKAGES
    assert set().union(*CONNECTING_PACKAGES.values()) == CONNECTS.keys()


def test_with_the_defaults_nothing_connects(live_server, client, monkeypatch, settings):
    """Checks what Python itself connects to or looks up. The library of the database is not covered."""
    assert not (settings.HAS_EMAIL or settings.PROVIDERS or settings.BACKUP_TO)
    reached = set()

    def watched(owner, name, host_of):
        original = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *args, **more: reached.add(host_of(*args)) or original(*args, **more))

    for name in ("connect", "connect_ex", "sendto"):
        watched(socket.socket, name, lambda self, *args: args[-1][0] if isinstance(args[-1], tuple) else args[-1])
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getfqdn"):
        watched(socket, name, lambda host="", *_args: host)

    main_job(Visitor(live_server.url), "ada")
    client.force_login(make_person(is_staff=True, is_superuser=True))
    for path in [*(address.path for address in ADDRESSES), "/admin/", "/admin/accounts/user/"]:
        client.get(path)

    assert reached
    assert reached <= {"localhost", "127.0.0.1", "::1"}
