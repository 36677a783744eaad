"""What the environment says. All that is missing or wrong in it is told at once, not one thing at each start."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from brainlog.database.urls import is_local

YES, NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
HOST = re.compile(r"\.?[a-zA-Z0-9_.-]+|\[[0-9a-fA-F:.]+\]")
ORIGIN = re.compile(r"https?://[^/?#\s]+")


def read_file(path: Path) -> None:
    """Take what the file says for variables that are not set. Without the file there is nothing to take.

    Raises ImproperlyConfigured if it is there and cannot be read: all in it would seem to be missing.
    """
    try:
        path.read_text()
    except FileNotFoundError:
        if path.is_symlink():
            raise ImproperlyConfigured(
                f"Brain Log cannot start. {path} is a link to a file that is not there."
            ) from None
        return
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not a text in UTF-8"
        raise ImproperlyConfigured(f"Brain Log cannot start. {path} is there, and cannot be read: {why}.") from None
    environ.Env.read_env(path)


class Environment:
    """Reads the variables, and keeps a sentence for each that cannot be used. None of them repeats a value."""

    def __init__(self):
        self.wrong: list[str] = []

    def expect_no_blank(self, *names: str):
        """Refuse variables that are set and empty, where the default would be a surprise: less safe than was meant."""
        for name in names:
            self.expect(
                os.environ.get(name, "unset").strip(), f"{name}: is set, but empty. Give it a value, or leave it out."
            )

    def text(self, name: str, default: str = "") -> str:
        return os.environ.get(name, default)

    def texts(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """Those between the commas."""
        return [text.strip() for text in self.text(name).split(",") if text.strip()] or list(default)

    def yes_or_no(self, name: str, default: bool) -> bool:
        text = self.text(name).strip().lower()
        if self.expect(text in YES | NO | {""}, f"{name}: must be True or False.") and text:
            return text in YES
        return default

    def whole_number(self, name: str, default: int, least: int = 0) -> int:
        text = self.text(name) or str(default)
        is_one = text.isdecimal() and int(text) >= least
        return int(text) if self.expect(is_one, f"{name}: must be a whole number from {least} up.") else default

    def one_of(self, name: str, choices: Sequence[str], default: str) -> str:
        text = (self.text(name) or default).strip().lower()
        found = next((choice for choice in choices if choice.lower() == text), None)
        return found if self.expect(found, f"{name}: must be one of {', '.join(choices)}.") else default

    def all_or_none(self, *names: str) -> list[str] | None:
        """Values that belong together; None where none is given."""
        values = [self.text(name) for name in names]
        self.expect(all(values) or not any(values), f"{', '.join(names)}: give all of them, or none.")
        return values if all(values) else None

    def read(self, reader: Callable, *arguments, otherwise):
        """What `reader` makes of the arguments; `otherwise` where it refuses them with ImproperlyConfigured."""
        try:
            return reader(*arguments)
        except ImproperlyConfigured as refusal:
            self.wrong += refusal.args
            return otherwise

    def expect(self, is_right, sentence: str) -> bool:
        if not is_right:
            self.wrong.append(sentence)
        return bool(is_right)

    def insist(self):
        """Raise ImproperlyConfigured with all that is missing or wrong, if anything is."""
        if self.wrong:
            raise ImproperlyConfigured(
                "\n  ".join(["Brain Log cannot start. Missing or wrong in the environment, or in .env:", *self.wrong])
            )


def is_guessable(secret: str) -> bool:
    """Whether it is short, monotonous, or one that Django's startproject has made, which ends up in repositories."""
    return len(secret) < 32 or len(set(secret)) < 5 or secret.startswith("django-insecure-")


def are_hosts(names: list[str]) -> bool:
    """Whether they are what ALLOWED_HOSTS compares: names or addresses, without scheme and port; * is any."""
    return all(name == "*" or HOST.fullmatch(name) for name in names)


def are_origins(texts: list[str]) -> bool:
    return all(ORIGIN.fullmatch(text) for text in texts)


def mail_settings(url: str) -> dict:
    """Django's EMAIL_… settings for a URL. Raises ImproperlyConfigured with a sentence that does not repeat it."""
    try:
        return environ.Env.email_url_config(url)
    except (ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(
            "EMAIL_URL: cannot be read. Write smtp+tls://user:password@host:587, special characters as %40 and so on."
        ) from None


def origin_of(url: str, name: str) -> str:
    """Scheme, host and port of a server that we hand secrets to: by https, unless it is on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme != "https" and not (parts.scheme == "http" and is_local(host)):
        raise ImproperlyConfigured(f"{name}: must begin with https:// and a host name.")
    return f"{parts.scheme}://{parts.netloc}"
