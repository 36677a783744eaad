"""Warnings of unencrypted connections to a mail server or a cache."""

import environ
import pytest
from django.core.checks import run_checks

from brainlog.cache import caches_from_url
from brainlog.reminder_servers import parse_servers

pytestmark = pytest.mark.once


def warning_ids() -> list[str]:
    return [each.id for each in run_checks() if each.id == "brainlog.W004"]


@pytest.mark.parametrize(
    ("url", "is_warned_about"),
    [
        ("", False),
        ("smtp+tls://u:p@mail.example.org:587", False),
        ("smtp+ssl://u:p@mail.example.org:465", False),
        ("smtp://localhost:25", False),
        ("smtp://u:p@mail.example.org:25", True),
    ],
)
def test_the_mail_server_needs_tls(settings, url, is_warned_about):
    settings.HAS_EMAIL = bool(url)
    for name, value in environ.Env.email_url_config(url or "dummymail://").items():
        setattr(settings, name, value)

    assert warning_ids() == ["brainlog.W004"] * is_warned_about


@pytest.mark.parametrize(
    ("url", "is_warned_about"),
    [
        ("", False),
        ("redis://127.0.0.1/0", False),
        ("rediss://cache.example.org/0", False),
        ("redis://u:p@10.0.0.7/0", True),
    ],
)
def test_the_cache_needs_tls(settings, url, is_warned_about):
    settings.CACHES = settings.CACHES | caches_from_url(url)

    assert warning_ids() == ["brainlog.W004"] * is_warned_about


@pytest.mark.parametrize(
    ("servers", "is_warned_about"),
    [
        ("", False),
        ("ntfy+https://ntfy.example.org,gotify+http://127.0.0.1:8080", False),
        ("ntfy+http://ntfy.example.org", True),
        ("ntfy+https://ntfy.example.org,gotify+http://10.0.0.7,ntfy+http://10.0.0.8", True),
    ],
)
def test_servers_for_reminders_need_tls(settings, servers, is_warned_about):
    settings.REMINDER_SERVERS = parse_servers(filter(None, servers.split(",")))

    assert warning_ids() == ["brainlog.W004"] * is_warned_about


def test_with_debug_there_is_no_warning(settings):
    settings.DEBUG, settings.CACHES = True, settings.CACHES | caches_from_url("redis://10.0.0.7/0")

    assert warning_ids() == []
