"""Whether the files that pages are made of are there and readable. One that is not makes every page a server error."""

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

# Looked for by name, for in a folder that cannot be read no file is found.
PAGES = ("base.html", "404.html", "500.html", "503.html")


def faults() -> list[str]:
    """A sentence for each kind of file that is missing, with its remedy. Asks nothing but the disk."""
    return [*static_files(), *templates(), *languages(), *time_zones()]


def static_files() -> Iterator[str]:
    remedy = "Run manage.py collectstatic --noinput, as the user who may write there."
    try:
        if not isinstance(staticfiles_storage, ManifestFilesMixin):  # With DEBUG, files are served from the code.
            return
        collected = staticfiles_storage.hashed_files
    except (OSError, ValueError) as error:  # The folder or its list cannot be read, or the list is broken.
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
            f"STATIC_ROOT ({settings.STATIC_ROOT}) is of another release, or cannot be read: it lacks {missing[0]}"
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
            yield f"The template {name} cannot be used ({type(error).__name__}). Install the release's files anew."
            return


def languages() -> Iterator[str]:
    try:
        for code, _ in settings.LANGUAGES:
            with translation.override(code):
                pass  # Its catalogue has been read.
    except OSError:
        yield "Django's translations are missing. Install requirements.txt anew."


def time_zones() -> Iterator[str]:
    try:
        ZoneInfo("Europe/Berlin")
    except (ZoneInfoNotFoundError, OSError):
        yield "There are no time zones. Install the package tzdata, as in requirements.txt."
