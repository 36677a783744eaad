"""System checks: what may be meant so, and is worth a warning. What must not be, brainlog/settings.py refuses.

With --deploy also whether the files of this release are there; gunicorn.conf.py asks the same at the start.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Warning, register

from brainlog.database.urls import is_local
from encryption.keys import DERIVED
from operations.installation import faults


@register(deploy=True)
def pages_can_be_made(app_configs, **kwargs):
    return [Error(fault, id="brainlog.E001") for fault in faults()]


@register()
def private_text_has_a_key_of_its_own(app_configs, **kwargs):
    """SECRET_KEY may be changed at any time, and what was encrypted with it would be lost."""
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
def people_come_by_https(app_configs, **kwargs):
    """Without it passwords and answers cross the network in the clear; on a network of one's own that may be wanted."""
    if settings.HTTPS or settings.DEBUG or not public_hosts():
        return []
    return [
        Warning(
            "HTTPS is off: passwords and answers cross the network in the clear, and cookies go along.",
            hint="Behind a proxy that ends https, set HTTPS=True and BEHIND_PROXY=True.",
            id="brainlog.W002",
        )
    ]


@register()
def debug_is_for_ones_own_machine(app_configs, **kwargs):
    if not settings.DEBUG or not public_hosts():
        return []
    return [
        Warning(
            "DEBUG is on, and ALLOWED_HOSTS names more than this machine.",
            hint="Where others come, set DEBUG=False: it asks for https and keys, and keeps messages out of the log.",
            id="brainlog.W003",
        )
    ]


@register()
def mails_and_figures_are_sent_by_tls(app_configs, **kwargs):
    """Networks between containers are somebody's own, and may do without."""
    cache = urlsplit(str(settings.CACHES["figures"].get("LOCATION", "")))
    plain = {
        "EMAIL_URL": settings.HAS_EMAIL
        and settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
        and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)
        and not is_local(settings.EMAIL_HOST),
        "CACHE_URL": cache.scheme == "redis" and not is_local(cache.hostname or ""),
    }
    return [
        Warning(
            f"{variable} leads to another machine, and what is sent there is not encrypted.",
            hint="Write smtp+tls:// or smtp+ssl:// for mail, rediss:// for the cache.",
            id="brainlog.W004",
        )
        for variable, is_plain in plain.items()
        if is_plain and not settings.DEBUG
    ]


def public_hosts() -> list[str]:
    return [host for host in settings.ALLOWED_HOSTS if not is_local(host.strip("[]"))]
