"""Encryption keys of private texts in backups and restores."""

import pytest

from operations.tests.backups.archives import PEOPLE, manifest_of, people
from testing.encryption_keys import NEW, OLD

pytestmark = pytest.mark.once


def test_the_manifest_has_ids_and_fingerprints_of_keys_only(backup, keys):
    keys(new=NEW, old=OLD)

    archive = backup()

    assert manifest_of(archive)["keys"].keys() == {"new", "old"}
    text = archive.with_name(f"{archive.name}.json").read_text()
    assert NEW.decode() not in text and NEW.hex() not in text


def test_a_backup_is_restored_if_all_its_keys_are_configured(run, backup, keys, tmp_path):
    keys(new=NEW)
    backup()
    keys(newest=OLD, new=NEW)

    run("restore", "latest", at=tmp_path / "new.sqlite3")

    assert people(tmp_path / "new.sqlite3") == PEOPLE


@pytest.mark.parametrize("here", [{"other": NEW}, {"new": OLD}], ids=["another id", "another key of that id"])
def test_a_missing_key_prevents_a_restore_without_the_option(run, backup, keys, tmp_path, here):
    keys(new=NEW)
    backup()
    keys(**here)
    there = tmp_path / "new.sqlite3"

    assert "FIELD_ENCRYPTION_KEYS lacks new" in run("restore", "latest", at=there, fails=True)
    assert not there.exists()
    run("restore", "latest", "--without-keys", at=there)
    assert people(there) == PEOPLE
