"""The one stylesheet and the one script that a page loads, made of the parts in static/css and static/js.

BundleFinder makes them for whatever asks Django for static files: collectstatic, `runserver` and the tests. So all of
them serve the same files. The parts themselves are not served.
"""

import atexit
import re
import shutil
import tempfile
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

SOURCES = settings.BASE_DIR / "static"

# In the order of the cascade: among rules that are equally specific and in the same layer, the later one wins.
STYLES = (
    *("tokens", "base", "page", "navigation", "cards", "messages", "lists", "question-list", "second-factor"),
    *("buttons", "fields", "errors", "pills", "scale", "stepper", "own-question", "more", "doses", "conflicts"),
    *("reminders", "which-day", "check-ins", "squares", "calendar", "day-answers", "numbers", "words", "charts"),
    *("findings", "cells", "report", "search", "welcome"),
    *("forced-colors", "print", "screen-lock"),
)
# Beside Django's own stylesheets: no tokens, no layers.
ADMIN_STYLES = ("admin-breadcrumbs", "admin-lists", "database-report", "screen-lock")

# What these declare can be used by all parts after them.
SHARED_SCRIPTS = ("storage", "draft-storage", "formats", "page", "content")
# In the order in which they run: drafts are restored once the rows of doses can be added and questions shown.
SCRIPTS = (
    *("incomplete", "conditions", "stepper", "own-question", "more", "doses", "timezone", "zone-question", "passkeys"),
    *("log-out", "offline", "drafts", "unsaved", "waiting", "kept", "new-day", "due", "sending", "cells", "computing"),
    *("errors", "screen-lock", "push", "install", "worker"),
)


LINE_OF_COMMENT = re.compile(r"(?m)^\s*//.*\n")


def stylesheet(parts: Iterable[str]) -> str:
    return "\n".join(read(f"css/{part}.css") for part in parts)


def script(shared: Iterable[str], parts: Iterable[str]) -> str:
    first = [read_script(part) for part in shared]
    return "\n".join(first + [isolated(read_script(part)) for part in parts])


def read_script(part: str) -> str:
    """The source without its lines of comment, which are a quarter of it."""
    return LINE_OF_COMMENT.sub("", read(f"js/{part}.js"))


def isolated(source: str) -> str:
    """A block of its own: names do not clash, and an error in one part is reported and does not stop the others."""
    return f"try {{\n{source}}} catch (error) {{\n  reportError(error);\n}}\n"


def read(path: str) -> str:
    return (SOURCES / path).read_text(encoding="utf-8")


BUNDLES = {
    "brainlog.css": lambda: stylesheet(STYLES),
    "admin.css": lambda: stylesheet(ADMIN_STYLES),
    "brainlog.js": lambda: script(SHARED_SCRIPTS, SCRIPTS),
}


class BundleStorage(FileSystemStorage):
    """Writes a bundle, as its parts are now, into a temporary folder when its path is asked for."""

    lock = Lock()

    def path(self, name):
        with self.lock:
            file = Path(f"{self.folder}/{name}")  # A plain str: Path refuses the safe strings of templates.
            content = BUNDLES[name]().encode()
            if not file.exists() or file.read_bytes() != content:
                new = file.with_suffix(".new")
                new.write_bytes(content)
                new.replace(file)  # As a whole: another thread may be reading it.
        return str(file)

    @cached_property
    def folder(self) -> Path:
        """Made on first use: a server with collected files needs none, and may not be able to write."""
        folder = tempfile.mkdtemp(prefix="brainlog-bundles-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)


class BundleFinder(BaseFinder):
    storage = BundleStorage()

    def check(self, **kwargs):
        return []

    def find(self, path, find_all=False):
        if path not in BUNDLES:
            return []
        found = self.storage.path(path)
        return [found] if find_all else found

    def list(self, ignore_patterns):
        return [(name, self.storage) for name in BUNDLES if not matches_patterns(name, ignore_patterns or [])]
