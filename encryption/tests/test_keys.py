"""FIELD_ENCRYPTION_KEYS: what is understood, and what is refused without repeating it."""

import base64
import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from brainlog.tests.test_settings import FIELD_KEY, GIVEN, folder, run, settings  # noqa: F401
from encryption.keys import key_from, keys_in

pytestmark = pytest.mark.once

ONE, TWO = bytes(range(32)), bytes(range(100, 132))


def text_of(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def test_the_order_is_kept():
    keys, reads_plaintext = keys_in(f"b:{text_of(TWO)},a:{text_of(ONE)}")

    assert list(keys.items()) == [("b", TWO), ("a", ONE)]
    assert not reads_plaintext


@pytest.mark.parametrize("key", [ONE, b"\xfb\xff" * 16])
def test_base64_is_read_in_every_spelling(key):
    for encoded in (base64.b64encode(key), base64.urlsafe_b64encode(key)):
        for text in (encoded.decode(), encoded.decode().rstrip("=")):
            assert keys_in(f" a1-b:{text} , ")[0] == {"a1-b": key}


@pytest.mark.parametrize("text", ["", " ", ","])
def test_no_key_is_none(text):
    assert keys_in(text) == ({}, False)


def test_plaintext_is_a_word_among_the_keys():
    assert keys_in(f"a:{text_of(ONE)},plaintext") == ({"a": ONE}, True)


S3CR3T = "S3cr3t" * 7 + "A"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (S3CR3T, "Key 1 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f"a:{text_of(ONE)},{S3CR3T}:b", "Key 2 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f"A:{S3CR3T}", "Key 1 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f":{S3CR3T}", "Key 1 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f"a_b:{S3CR3T}", "Key 1 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f"a:{S3CR3T}AA", "The key a in FIELD_ENCRYPTION_KEYS is no base64"),
        (f"a:{S3CR3T} {S3CR3T}", "The key a in FIELD_ENCRYPTION_KEYS is no base64"),
        ("a:S3cr3t", "The key a in FIELD_ENCRYPTION_KEYS has 4 bytes instead of 32"),
        ("a:", "The key a in FIELD_ENCRYPTION_KEYS has 0 bytes instead of 32"),
        (f"a:{S3CR3T}{S3CR3T}aa", "The key a in FIELD_ENCRYPTION_KEYS has 66 bytes instead of 32"),
        (f"a:{S3CR3T},a:{text_of(ONE)}", "FIELD_ENCRYPTION_KEYS has two keys with the id a"),
        (f"a:{S3CR3T},b:{S3CR3T}", "The key b in FIELD_ENCRYPTION_KEYS stands there under another id"),
        ("plaintext", "FIELD_ENCRYPTION_KEYS has no key"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_without_the_key(text, sentence):
    with pytest.raises(ImproperlyConfigured) as refusal:
        keys_in(text)

    assert str(refusal.value).startswith(sentence)
    assert "S3cr3t" not in f"{refusal.value} {refusal.value.__cause__}"


def test_a_wrong_key_keeps_it_from_starting_without_repeating_it(folder):  # noqa: F811
    result = run(folder, "manage.py", "check", **GIVEN | {"FIELD_ENCRYPTION_KEYS": f"a:{S3CR3T}AA"})

    assert result.returncode == 1
    assert result.stderr.endswith("\n  The key a in FIELD_ENCRYPTION_KEYS is no base64: is it cut off?\n")


def test_make_key_works_before_anything_is_configured(folder):  # noqa: F811
    keys = set()
    for environment in ({}, {"DATABASE_URL": "nonsense"}, {"FIELD_ENCRYPTION_KEYS": "nonsense"}):
        result = run(folder, "manage.py", "make_key", **environment)

        assert (result.returncode, result.stderr) == (0, "")
        assert re.fullmatch(r"[a-z0-9]{6}:\S{44}\n", result.stdout)
        keys |= set(keys_in(result.stdout)[0].items())
    assert len(keys) == 3


def test_with_debug_a_key_is_made_from_secret_key_and_that_is_warned_about(folder):  # noqa: F811
    environment = {"SECRET_KEY": "k" * 60, "DEBUG": "True"}
    keys = settings(folder, "FIELD_ENCRYPTION_KEYS", **environment)["FIELD_ENCRYPTION_KEYS"]
    assert keys == {"debug": str(key_from("k" * 60))}
    assert key_from("k" * 60) != key_from("k" * 59)

    check = run(folder, "manage.py", "check", **environment)
    assert check.returncode == 0
    assert "brainlog.W001" in check.stderr and "rotate_field_keys" in check.stderr


def test_another_key_takes_over_from_it(folder):  # noqa: F811
    environment = {"SECRET_KEY": "k" * 60, "DEBUG": "True", "FIELD_ENCRYPTION_KEYS": FIELD_KEY}

    assert list(settings(folder, "FIELD_ENCRYPTION_KEYS", **environment)["FIELD_ENCRYPTION_KEYS"]) == ["a1", "debug"]
    assert "brainlog.W001" not in run(folder, "manage.py", "check", **environment).stderr


def test_on_a_server_no_key_is_made_from_another(folder):  # noqa: F811
    keys = settings(folder, "FIELD_ENCRYPTION_KEYS", **GIVEN)["FIELD_ENCRYPTION_KEYS"]

    assert list(keys) == ["a1"]
