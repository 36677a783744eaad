import os
import subprocess

import pytest

from operations.tests.backups.archives import manifest_of

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def gnupg_home(tmp_path_factory):
    """A keyring with one key, of nobody@example.org."""
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    environment = os.environ | {"GNUPGHOME": str(home)}
    key = [
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "nobody@example.org",
        "future-default",
        "default",
        "never",
    ]
    subprocess.run(["gpg", *key], env=environment, check=True, capture_output=True)
    yield home
    subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=True)


def test_age(run, backup, age_key, tmp_path):
    identity, recipient = age_key
    archive = backup(f"--encrypt-to={recipient}")
    stranger = tmp_path / "stranger.txt"
    subprocess.run(["age-keygen", "-o", stranger], check=True, capture_output=True)

    assert archive.suffix == ".age"
    assert archive.read_bytes().startswith(b"age-encryption.org/v1")
    assert (manifest_of(archive)["encryption"], manifest_of(archive)["recipient"]) == ("age", recipient)
    assert "is good" in run("verify_backup", "latest", f"--identity={identity}")
    assert f"encrypted for {recipient}: " in run("verify_backup", "latest", fails=True)
    assert "age failed: error: no identity matched" in run(
        "restore", "latest", f"--identity={stranger}", at=tmp_path / "new.sqlite3", fails=True
    )


def test_gnupg(run, backup, gnupg_home, tmp_path, age_key):
    home = {"GNUPGHOME": str(gnupg_home)}
    archive = backup("--encrypt-to=nobody@example.org", **home)
    stranger = tmp_path / "stranger"
    stranger.mkdir(mode=0o700)

    assert archive.suffix == ".gpg"
    assert b"SQLite format" not in archive.read_bytes()
    assert "is good" in run("verify_backup", "latest", **home)
    assert "leave out --identity" in run("verify_backup", "latest", f"--identity={age_key[0]}", fails=True, **home)
    assert "gpg failed: decryption failed: No secret key" in run(
        "restore", "latest", at=tmp_path / "new.sqlite3", fails=True, GNUPGHOME=str(stranger)
    )


@pytest.mark.parametrize(
    "recipient, sentence",
    [
        ("somebody@example.org", "gpg failed: [stdin]: encryption failed: No public key"),
        ("age1no", "age failed: error: malformed"),
    ],
)
def test_without_the_key_there_is_no_backup(run, folder, gnupg_home, recipient, sentence):
    assert sentence in run("backup", f"--encrypt-to={recipient}", fails=True, GNUPGHOME=str(gnupg_home))
    assert list(folder.iterdir()) == []
