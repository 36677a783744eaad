"""From CACHE_URL to Django's CACHES."""

import json

from django.core.exceptions import ImproperlyConfigured


class Json:
    """Values travel as JSON: what lies in a shared cache is data, and is never run as Django's pickles are."""

    @staticmethod
    def dumps(value) -> bytes:
        return json.dumps(value).encode()

    @staticmethod
    def loads(data: bytes):
        return json.loads(data)


def caches_from_url(url: str) -> dict:
    """Return CACHES. "figures" is Redis for `redis://` and `rediss://` (TLS); without a URL, memory of the process.

    "default" is memory in any case: allauth remembers used codes there, and a Redis that is down would keep people from
    logging in. What counts across processes is in the database (accounts.rate_limits).

    Raises ImproperlyConfigured with a sentence that does not repeat the URL: it can hold a password.
    """
    if not url:
        figures = memory("figures") | {"OPTIONS": {"MAX_ENTRIES": 5000}}
        return {"default": memory("default"), "figures": figures}
    if not url.startswith(("redis://", "rediss://")):
        raise ImproperlyConfigured("CACHE_URL must start with redis:// or rediss://. Without it, memory is used.")
    # Only here, for whoever has none needs no such library.
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    options = {
        "serializer": Json,
        # A cache that is slower than computing is none.
        "socket_timeout": 0.5,
        "socket_connect_timeout": 0.5,
        # Once more at once, for a connection that a restarted server has forgotten; not for a server that is down.
        "retry": Retry(NoBackoff(), 1),
    }
    redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "OPTIONS": options}
    return {"default": memory("default"), "figures": redis | {"KEY_PREFIX": "brainlog"}}


def memory(name: str) -> dict:
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
