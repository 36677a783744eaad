"""System checks that warn of settings that are possible, but probably a mistake. brainlog/settings.py rejects others.

With --deploy they also check that the files of this release exist, as gunicorn.conf.py does when it starts.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Warning, register

from brainlog.database.urls import is_local
from encryption.keys import DERIVED
from operations.installation import faults


@register(deploy=True)
def check_installation(app_configs, **kwargs):
    return [Error(fault, id="brainlog.E001") for fault in faults()]


@register()
def check_encryption_key(app_configs, **kwargs):
    """With a key derived from SECRET_KEY, changing SECRET_KEY would lose all encrypted texts."""
    if list(settings.FIELD_ENCRYPTION_KEYS) != [DERIVED]:
        return []
    return [
        Warning(
            "FIELD_ENCRYPTION_KEYS is not set: private text is encrypted with a key made from SECRET_KEY.",
            hint="Put what manage.py make_key prints into .env, then run manage.py rotate_field_keys.",
            id="brainlog.W001",
        )
    ]


@register()
def check_https(app_configs, **kwargs):
    """Without https, passwords and answers cross the network in clear text, which a private network may accept."""
    if settings.HTTPS or settings.DEBUG or not public_hosts():
        return []
    return [
        Warning(
            "HTTPS is off: passwords, answers and cookies cross the network in clear text.",
            hint="Behind a proxy that terminates https, set HTTPS=True and BEHIND_PROXY=True.",
            id="brainlog.W002",
        )
    ]


@register()
def check_debug(app_configs, **kwargs):
    if not settings.DEBUG or not public_hosts():
        return []
    return [
        Warning(
            "DEBUG is on, and ALLOWED_HOSTS names more than this machine.",
            hint="For a site with other users, set DEBUG=False: it requires https and keys, and logs no messages.",
            id="brainlog.W003",
        )
    ]


@register()
def check_tls(app_configs, **kwargs):
    """Warn only, because a private network between containers can do without TLS."""
    cache = urlsplit(str(settings.CACHES["summaries"].get("LOCATION", "")))
    plain = {
        "EMAIL_URL": settings.HAS_EMAIL
        and settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
        and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)
        and not is_local(settings.EMAIL_HOST),
        "CACHE_URL": cache.scheme == "redis" and not is_local(cache.hostname or ""),
        # Topics and tokens.
        "REMINDER_SERVERS": any(
            server.origin.scheme == "http" and not is_local(server.origin.host) for server in settings.REMINDER_SERVERS
        ),
    }
    return [
        Warning(
            f"{variable} names another machine, and the connection is not encrypted.",
            hint="Write smtp+tls:// or smtp+ssl:// for mail, rediss:// for the cache, ntfy+https:// or gotify+https://.",
            id="brainlog.W004",
        )
        for variable, is_plain in plain.items()
        if is_plain and not settings.DEBUG
    ]


def public_hosts() -> list[str]:
    return [host for host in settings.ALLOWED_HOSTS if not is_local(host.strip("[]"))]
