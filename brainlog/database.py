"""From one DATABASE_URL to Django's database settings. Nothing else knows its arguments."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "OPTIONS": {
        # Take the write lock when a transaction begins: a lock taken half-way cannot wait for its
        # turn, and two people saving at once would see "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Readers go on while somebody writes.
        "init_command": "PRAGMA journal_mode=WAL",
    },
}

POSTGRESQL = {
    "ENGINE": "django.db.backends.postgresql",
    # A new connection costs more than most of our queries, so it is kept between requests and
    # checked before it is used again: the server may have restarted in between.
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
}


def database_from_url(url: str, base_dir: Path) -> dict:
    """Return one entry of DATABASES for `url`.

    `sqlite:///file` is relative to `base_dir`, `sqlite:////file` absolute. For `postgres://` and
    `postgresql://`, what follows the `?` goes to libpq as it is (`sslmode=require`). Raises
    ImproperlyConfigured with a sentence that never repeats the URL: it holds a password.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        # Nor is the cause repeated: urlsplit quotes what it does not understand.
        raise ImproperlyConfigured("DATABASE_URL cannot be read: write special characters as %40 and so on.") from None
    if parts.scheme == "sqlite":
        path = unquote(parts.path.removeprefix("/"))
        if not path:
            raise ImproperlyConfigured("DATABASE_URL names no file. Write sqlite:///db.sqlite3, for example.")
        return SQLITE | {"NAME": base_dir / path}
    if parts.scheme in {"postgres", "postgresql"}:
        try:
            port = parts.port
        except ValueError:
            raise ImproperlyConfigured(
                "The port in DATABASE_URL is not a number from 1 to 65535. "
                "In a password, write / as %2F, # as %23 and ? as %3F."
            ) from None
        name = unquote(parts.path.removeprefix("/"))
        if not name:
            raise ImproperlyConfigured("DATABASE_URL names no database. Write postgres://user:password@host/name.")
        return POSTGRESQL | {
            "NAME": name,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": port or "",
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    raise ImproperlyConfigured("DATABASE_URL must start with sqlite:///, postgres:// or postgresql://.")


def session_alias() -> str:
    """The database to use where a session is needed that a transaction pooler does not give."""
    from django.conf import settings  # settings import this module

    return "direct" if "direct" in settings.DATABASES else "default"
