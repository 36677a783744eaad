"""The keys of private text are part of recovery."""

import pytest
from django.conf import settings

from operations.tests.backups.archives import PEOPLE, change_manifest, manifest_of, people

pytestmark = pytest.mark.once

KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.fixture
def keys(monkeypatch):
    """Say which keys there are from now on."""

    def have(**given):
        monkeypatch.setattr(settings, "FIELD_ENCRYPTION_KEYS", given)

    return have


def test_the_manifest_names_the_keys_and_gives_none_away(backup, keys):
    keys(new=KEY, old=OTHER)

    archive = backup()

    assert manifest_of(archive)["keys"].keys() == {"new", "old"}
    text = archive.with_name(f"{archive.name}.json").read_text()
    assert KEY.decode() not in text and KEY.hex() not in text


def test_with_all_keys_and_more_it_is_restored(run, backup, keys, tmp_path):
    keys(new=KEY)
    backup()
    keys(newest=OTHER, new=KEY)

    run("restore", "latest", at=tmp_path / "new.sqlite3")

    assert people(tmp_path / "new.sqlite3") == PEOPLE


@pytest.mark.parametrize("here", [{"other": KEY}, {"new": OTHER}], ids=["another id", "another key of that id"])
def test_without_one_nothing_is_touched_unless_that_is_meant(run, backup, keys, tmp_path, here):
    keys(new=KEY)
    backup()
    keys(**here)
    there = tmp_path / "new.sqlite3"

    assert "FIELD_ENCRYPTION_KEYS lacks new" in run("restore", "latest", at=there, fails=True)
    assert not there.exists()
    run("restore", "latest", "--without-keys", at=there)
    assert people(there) == PEOPLE


def test_a_backup_of_before_there_were_keys_needs_none(run, backup, tmp_path):
    change_manifest(backup(), keys={})

    run("restore", "latest", at=tmp_path / "new.sqlite3")
