"""Converts CACHE_URL to Django's CACHES."""

import json

from django.core.exceptions import ImproperlyConfigured


class Json:
    """Serializes values as JSON. Django's default, pickle, would execute code that was written into a shared cache."""

    @staticmethod
    def dumps(value) -> bytes:
        return json.dumps(value).encode()

    @staticmethod
    def loads(data: bytes):
        return json.loads(data)


def caches_from_url(url: str) -> dict:
    """Return CACHES. "summaries" is Redis for `redis://` and `rediss://` (TLS), and process memory without a URL.

    "default" is always process memory: allauth stores used codes there, and with a Redis that is down people could not
    log in. Counters that all processes share are in the database (accounts.rate_limits).

    Raises ImproperlyConfigured with a message that does not repeat the URL, which can contain a password.
    """
    if not url:
        summaries = memory("summaries") | {"OPTIONS": {"MAX_ENTRIES": 5000}}
        return {"default": memory("default"), "summaries": summaries}
    if not url.startswith(("redis://", "rediss://")):
        raise ImproperlyConfigured("CACHE_URL must start with redis:// or rediss://. Without it, memory is used.")
    # Imported here, because the library is needed only with Redis.
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    options = {
        "serializer": Json,
        # Seconds. Waiting for longer would take more time than computing the value.
        "socket_timeout": 0.5,
        "socket_connect_timeout": 0.5,
        # One immediate retry, for a connection that was lost when the server restarted.
        "retry": Retry(NoBackoff(), 1),
    }
    redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "OPTIONS": options}
    return {"default": memory("default"), "summaries": redis | {"KEY_PREFIX": "brainlog"}}


def memory(name: str) -> dict:
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
