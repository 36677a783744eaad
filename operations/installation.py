"""Checks that the files of pages exist and are readable. With one missing, every page would be a server error."""

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.utils import translation

# Checked by name, because listing a folder without read permission finds no files.
PAGES = ("base.html", "error_page.html", "404.html", "500.html", "503.html")


def faults() -> list[str]:
    """Return a message with a remedy for each kind of missing file. Reads only the disk."""
    return [*static_files(), *templates(), *languages(), *time_zones()]


def static_files() -> Iterator[str]:
    remedy = "Run manage.py collectstatic --noinput, as the user who may write there."
    try:
        if not isinstance(staticfiles_storage, ManifestFilesMixin):  # With DEBUG, the source files are served.
            return
        collected = staticfiles_storage.hashed_files
    except (OSError, ValueError) as error:  # The folder or its manifest cannot be read, or the manifest is invalid.
        yield f"STATIC_ROOT ({settings.STATIC_ROOT}) cannot be read ({type(error).__name__}). {remedy}"
        return
    if not collected:
        yield f"Static files have not been collected in STATIC_ROOT ({settings.STATIC_ROOT}). {remedy}"
        return
    ignored = apps.get_app_config("staticfiles").ignore_patterns
    listed = (entry for finder in get_finders() for entry in finder.list(ignored))
    needed = sorted({posixpath.join(getattr(storage, "prefix", None) or "", path) for path, storage in listed})
    missing = [path for path in needed if not is_readable(collected.get(path))]
    if missing:
        yield (
            f"STATIC_ROOT ({settings.STATIC_ROOT}) belongs to another release, or cannot be read: it lacks {missing[0]}"
            f"{f' and {len(missing) - 1} more' if len(missing) > 1 else ''}. {remedy}"
        )


def is_readable(collected: str | None) -> bool:
    return collected is not None and os.access(Path(settings.STATIC_ROOT) / collected, os.R_OK)


def templates() -> Iterator[str]:
    folder = settings.BASE_DIR / "templates"
    found = {str(path.relative_to(folder)) for path in folder.rglob("*.html")}
    for name in sorted(found.union(PAGES)):
        try:
            get_template(name)
        except (TemplateDoesNotExist, TemplateSyntaxError, OSError, UnicodeDecodeError) as error:
            yield f"The template {name} cannot be used ({type(error).__name__}). Install the release again."
            return


def languages() -> Iterator[str]:
    try:
        for code, _ in settings.LANGUAGES:
            with translation.override(code):
                pass  # Activating the language has loaded its translations.
    except OSError:
        yield "Django's translations are missing. Install requirements.txt again."


def time_zones() -> Iterator[str]:
    try:
        ZoneInfo("Europe/Berlin")
    except (ZoneInfoNotFoundError, OSError):
        yield "Time zone data is missing. Install the package tzdata, as in requirements.txt."
