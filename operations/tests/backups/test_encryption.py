import os
import random
import subprocess
from dataclasses import replace

import pytest

from operations.backups import BackupError
from operations.backups.encryption import Encryption
from operations.backups.pipeline import Program, run_pipeline
from operations.tests.backups.archives import manifest_of

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def gnupg_home(tmp_path_factory):
    """A keyring with one key, for demo@example.org."""
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    environment = os.environ | {"GNUPGHOME": str(home)}
    key = [
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "demo@example.org",
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
    output = run("restore", "latest", f"--identity={stranger}", at=tmp_path / "new.sqlite3", fails=True)
    assert "age failed: error: no identity matched" in output
    assert output.endswith(f"The archive is encrypted for {recipient}: is that the key in {stranger}?")


def test_gnupg(run, backup, gnupg_home, tmp_path, age_key):
    home = {"GNUPGHOME": str(gnupg_home)}
    archive = backup("--encrypt-to=demo@example.org", **home)
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
        ("unknown@example.org", "gpg failed: [stdin]: encryption failed: No public key"),
        ("age1no", "age failed: error: malformed"),
    ],
)
def test_a_backup_fails_without_the_public_key(run, folder, gnupg_home, recipient, sentence):
    assert sentence in run("backup", f"--encrypt-to={recipient}", fails=True, GNUPGHOME=str(gnupg_home))
    assert list(folder.iterdir()) == []


# ── The reported cause ────────────────────────────────────────────────────────────────────────


def encrypted(recipient, content, **environment) -> bytes:
    program = Encryption.for_recipient(recipient).encryption_program()
    return b"".join(run_pipeline(iterated(content), replace(program, environment=environment)))


def iterated(*chunks):
    yield from chunks


def read_on(*programs, source):
    """The error when a program such as pg_restore reads the incomplete output of these programs."""
    script = "cat >/dev/null; echo 'pg_restore: error: input file is too short' >&2; exit 1"
    with pytest.raises(BackupError) as error:
        list(run_pipeline(iterated(source), *programs, Program(["sh", "-c", script])))
    return str(error.value)


def cut_off(content):
    return content[: len(content) // 2]


def text(content):
    return b"This is not encrypted at all. " * 1000


BIG = random.Random(5).randbytes(3_000_000)  # noqa: S311 (nothing secret)


@pytest.mark.parametrize("damage", [cut_off, text])
def test_a_decryption_error_of_age_is_reported_as_the_cause(age_key, damage):
    identity, recipient = age_key
    decrypting = Encryption("age", recipient).decryption_program(str(identity))

    output = read_on(decrypting, source=damage(encrypted(recipient, BIG)))

    assert output.startswith("age failed: error: ")
    assert recipient in output


@pytest.mark.parametrize("damage", [cut_off, text])
def test_a_decryption_error_of_gnupg_is_reported_as_the_cause(gnupg_home, damage):
    home = {"GNUPGHOME": str(gnupg_home)}
    decrypting = Encryption("gpg", "demo@example.org").decryption_program(None)

    output = read_on(replace(decrypting, environment=home), source=damage(encrypted("demo@example.org", BIG, **home)))

    assert output.startswith("gpg failed: ")
    assert "demo@example.org" in output


def test_a_wrong_private_key_is_reported_as_the_cause(age_key, gnupg_home, tmp_path):
    stranger, home = tmp_path / "stranger.txt", tmp_path / "stranger"
    home.mkdir(mode=0o700)
    subprocess.run(["age-keygen", "-o", stranger], check=True, capture_output=True)
    with_age = Encryption("age", age_key[1]).decryption_program(str(stranger))
    with_gpg = replace(
        Encryption("gpg", "demo@example.org").decryption_program(None), environment={"GNUPGHOME": str(home)}
    )

    assert "age failed: error: no identity matched" in read_on(with_age, source=encrypted(age_key[1], BIG))
    assert "gpg failed: decryption failed: No secret key" in read_on(
        with_gpg, source=encrypted("demo@example.org", BIG, GNUPGHOME=str(gnupg_home))
    )


def test_a_broken_pipe_of_a_decryption_program_is_not_reported_as_the_cause(age_key, gnupg_home):
    home = {"GNUPGHOME": str(gnupg_home)}
    full = Program(["sh", "-c", "head -c 10 >/dev/null; echo error: no room >&2; exit 1"])
    with_age = Encryption("age", age_key[1]).decryption_program(str(age_key[0]))
    with_gpg = replace(Encryption("gpg", "demo@example.org").decryption_program(None), environment=home)

    for program, source in (
        (with_age, encrypted(age_key[1], BIG)),
        (with_gpg, encrypted("demo@example.org", BIG, **home)),
    ):
        with pytest.raises(BackupError, match="^sh failed: error: no room$"):
            list(run_pipeline(iterated(source), program, full))
