"""Missing files of the release are reported at the start, instead of a server error on every page."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest
from django.core.files.storage import storages
from django.test import override_settings
from django.utils.functional import SimpleLazyObject

from operations import installation, probes
from testing.gunicorn import ROOT

pytestmark = pytest.mark.once

HEADING = "Brain Log cannot start. Files of this release are missing:"
NOT_COLLECTED = "Static files have not been collected in STATIC_ROOT"


def run(static_root: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run a program with the settings of production."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DJANGO_"))}
    environment = {
        "SECRET_KEY": "only-for-tests, and known to everybody",
        "FIELD_ENCRYPTION_KEYS": "test:dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=",
        "ALLOWED_HOSTS": "localhost",
        "DEBUG": "False",
        "HTTPS": "True",
        "STATIC_ROOT": str(static_root),
        "DATABASE_URL": f"sqlite:///{static_root.parent}/db.sqlite3",
    }
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=inherited | environment, capture_output=True, text=True, timeout=120)


def test_gunicorn_ends_with_one_message(tmp_path):
    result = run(tmp_path / "static", "-m", "gunicorn", "brainlog.wsgi", "--bind=127.0.0.1:0", "--workers=4")

    assert result.returncode == 4  # "App failed to load": gunicorn does not try again.
    assert f"{HEADING}\n  {NOT_COLLECTED}" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.count("Brain Log cannot start") == 1


def test_the_deployment_check_reports_it(tmp_path):
    result = run(tmp_path / "static", "manage.py", "check", "--deploy")

    assert result.returncode == 1
    assert f"(brainlog.E001) {NOT_COLLECTED}" in result.stderr
    # Other commands need no static files; collectstatic is one of them.
    assert run(tmp_path / "static", "manage.py", "check").returncode == 0


@pytest.fixture(scope="module")
def static_root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("collected") / "static"
    result = run(folder, "manage.py", "collectstatic", "--noinput", "--verbosity=0")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def collected(tmp_path, static_root, settings, monkeypatch):
    """STATIC_ROOT after collectstatic, and a function that checks it as a starting process does."""
    settings.STATIC_ROOT = shutil.copytree(static_root, tmp_path / "static")
    backend = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": backend}

    def read_again():
        read = SimpleLazyObject(lambda: storages.create_storage(backend))
        monkeypatch.setattr(installation, "staticfiles_storage", read)
        return list(installation.static_files())

    assert read_again() == []
    return settings.STATIC_ROOT, read_again


def test_a_file_missing_in_the_manifest(collected):
    """Any page that names it is a server error."""
    folder, read_again = collected
    manifest = json.loads((folder / "staticfiles.json").read_text())
    del manifest["paths"]["brainlog.css"], manifest["paths"]["brainlog.js"]
    (folder / "staticfiles.json").write_text(json.dumps(manifest))

    [sentence] = read_again()

    assert "belongs to another release" in sentence and "it lacks brainlog.css and 1 more. Run manage.py" in sentence


def test_a_file_that_was_not_copied(collected):
    folder, read_again = collected
    next(folder.glob("brainlog.*.css")).unlink()

    [sentence] = read_again()

    assert "it lacks brainlog.css. Run" in sentence


@pytest.mark.parametrize(
    "damage",
    [lambda file: file.write_text("{"), lambda file: file.unlink() or file.mkdir()],
    ids=["broken", "a folder"],
)
def test_a_manifest_that_cannot_be_read(collected, damage):
    folder, read_again = collected
    damage(folder / "staticfiles.json")

    [sentence] = read_again()

    assert "cannot be read" in sentence


def test_templates_that_are_missing(settings):
    with override_settings(TEMPLATES=[settings.TEMPLATES[0] | {"DIRS": []}]):
        [sentence] = installation.templates()

    assert sentence.startswith("The template 400.html cannot be used (TemplateDoesNotExist).")


def test_translations_that_are_missing(monkeypatch):
    def fail(code):
        raise OSError("No translation files found for default language en.")

    monkeypatch.setattr(installation.translation, "override", fail)
    [sentence] = installation.languages()
    assert "Install requirements.txt again" in sentence


def test_time_zones_that_are_missing(monkeypatch):
    def fail(name):
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(installation, "ZoneInfo", fail)
    [sentence] = installation.time_zones()
    assert "tzdata" in sentence


def test_readyz_reports_missing_files(client, db, monkeypatch):
    monkeypatch.setattr(probes, "faults", lambda: ["Something is missing."])
    probes.is_installed.cache_clear()
    try:
        response = client.get("/readyz")
    finally:
        probes.is_installed.cache_clear()

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "reason": "installation"}


def test_nothing_is_missing_here():
    assert installation.faults() == []
