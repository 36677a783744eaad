"""Reads settings from the environment, and reports all that is missing or invalid in one error."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from brainlog.database.urls import is_local

YES, NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
HOST = re.compile(r"\.?[a-zA-Z0-9_.-]+|\[[0-9a-fA-F:.]+\]")
ORIGIN = re.compile(r"https?://[^/?#\s]+")


def load_env_file(path: Path) -> None:
    """Set the variables in the file that are not set already. A missing file is no error.

    Raises ImproperlyConfigured if the file exists and cannot be read: otherwise all its variables would be reported as
    missing.
    """
    try:
        path.read_text()
    except FileNotFoundError:
        if path.is_symlink():
            raise ImproperlyConfigured(
                f"Brain Log cannot start. {path} is a link to a file that does not exist."
            ) from None
        return
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ImproperlyConfigured(f"Brain Log cannot start. {path} exists and cannot be read: {why}.") from None
    environ.Env.read_env(path)


class Environment:
    """Reads variables, and collects an error message for each that is invalid. No message repeats a value."""

    def __init__(self, variables: Mapping[str, str] = os.environ):
        self.variables = variables
        self.errors: list[str] = []

    def require_not_blank(self, *names: str):
        """Reject variables that are set and empty, whose default would be less safe than what was meant."""
        for name in names:
            self.require(not self.is_blank(name), f"{name}: is set, but empty. Give it a value, or leave it out.")

    def is_blank(self, name: str) -> bool:
        """Whether the variable is set and empty, for example by a platform that failed to fill it in.

        So is a list of nothing but commas.
        """
        return not self.variables.get(name, "unset").replace(",", "").strip()

    def string(self, name: str, default: str = "") -> str:
        return self.variables.get(name, default)

    def string_or_file(self, name: str) -> str:
        """Return the variable, or the contents of the file that the variable with the suffix _FILE names.

        Returns "" without either. Raises ImproperlyConfigured with both, or for a file that is empty or unreadable.
        """
        text, file = self.string(name).strip(), self.string(f"{name}_FILE")
        if text and file:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Keep one of them.")
        if not file:
            return text
        try:
            text = Path(file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not a text"
            raise ImproperlyConfigured(f"{name}_FILE names {file}, which cannot be read: {reason}.") from None
        if not text:
            # A secret that is not mounted yet must not select the default.
            raise ImproperlyConfigured(f"{name}_FILE names {file}, which is empty.")
        return text

    def strings(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """Split the variable at its commas."""
        return [text.strip() for text in self.string(name).split(",") if text.strip()] or list(default)

    def boolean(self, name: str, default: bool) -> bool:
        text = self.string(name).strip().lower()
        if self.require(text in YES | NO | {""}, f"{name}: must be True or False.") and text:
            return text in YES
        return default

    def integer(self, name: str, default: int, least: int = 0) -> int:
        text = self.string(name) or str(default)
        is_valid = text.isdecimal() and int(text) >= least
        return int(text) if self.require(is_valid, f"{name}: must be a whole number from {least} up.") else default

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        text = (self.string(name) or default).strip().lower()
        found = next((each for each in choices if each.lower() == text), None)
        return found if self.require(found, f"{name}: must be one of {', '.join(choices)}.") else default

    def all_or_none(self, *names: str) -> list[str] | None:
        """Return values that are needed together; None if none of them is set."""
        values = [self.string(name) for name in names]
        self.require(all(values) or not any(values), f"{', '.join(names)}: set all of them, or none.")
        return values if all(values) else None

    def parse(self, parser: Callable, *arguments, default):
        """Call a parser. If it raises ImproperlyConfigured, collect its messages and return the default."""
        try:
            return parser(*arguments)
        except ImproperlyConfigured as error:
            self.errors += error.args
            return default

    def require(self, is_valid, message: str) -> bool:
        if not is_valid:
            self.errors.append(message)
        return bool(is_valid)

    def raise_errors(self):
        """Raise ImproperlyConfigured with all collected messages, if there are any."""
        if self.errors:
            raise ImproperlyConfigured(
                "\n  ".join(["Brain Log cannot start. Missing or wrong in the environment, or in .env:", *self.errors])
            )


def is_guessable(secret: str) -> bool:
    """Whether a secret is short, has few different characters, or was generated by Django's startproject.

    Those often end up in repositories.
    """
    return len(secret) < 32 or len(set(secret)) < 5 or secret.startswith("django-insecure-")


def are_hosts(names: list[str]) -> bool:
    """Whether all are host names or addresses without scheme and port, or "*"."""
    return all(name == "*" or HOST.fullmatch(name) for name in names)


def are_origins(texts: list[str]) -> bool:
    return all(ORIGIN.fullmatch(text) for text in texts)


def mail_settings(url: str) -> dict:
    """Return Django's EMAIL_… settings for a URL. Raises ImproperlyConfigured without repeating the URL."""
    try:
        return environ.Env.email_url_config(url)
    except (ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(
            "EMAIL_URL: cannot be read. Write smtp+tls://user:password@host:587, special characters as %40 and so on."
        ) from None


def origin_of(url: str, name: str) -> str:
    """Return scheme, host and port of a server that receives secrets: https is required, except on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme != "https" and not (parts.scheme == "http" and is_local(host)):
        raise ImproperlyConfigured(f"{name}: must begin with https:// and a host name.")
    return f"{parts.scheme}://{parts.netloc}"
