"""The parser of FIELD_ENCRYPTION_KEYS: valid and invalid values."""

import base64
import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from brainlog.tests.test_settings import FIELD_KEY, GIVEN, folder, run, settings  # noqa: F401
from encryption.keys import derive_key, parse_keys

pytestmark = pytest.mark.once

ONE, TWO = bytes(range(32)), bytes(range(100, 132))


def text_of(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def test_the_order_is_kept():
    keys, reads_plaintext = parse_keys(f"b:{text_of(TWO)},a:{text_of(ONE)}")

    assert list(keys.items()) == [("b", TWO), ("a", ONE)]
    assert not reads_plaintext


@pytest.mark.parametrize("key", [ONE, b"\xfb\xff" * 16])
def test_base64_is_read_in_every_spelling(key):
    for encoded in (base64.b64encode(key), base64.urlsafe_b64encode(key)):
        for text in (encoded.decode(), encoded.decode().rstrip("=")):
            assert parse_keys(f" a1-b:{text} , ")[0] == {"a1-b": key}


@pytest.mark.parametrize("text", ["", " ", ","])
def test_an_empty_variable_has_no_keys(text):
    assert parse_keys(text) == ({}, False)


def test_plaintext_is_a_word_among_the_keys():
    assert parse_keys(f"a:{text_of(ONE)},plaintext") == ({"a": ONE}, True)


S3CR3T = "S3cr3t" * 7 + "A"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (S3CR3T, "Key 1 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f"a:{text_of(ONE)},{S3CR3T}:b", "Key 2 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f"A:{S3CR3T}", "Key 1 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f":{S3CR3T}", "Key 1 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f"a_b:{S3CR3T}", "Key 1 in FIELD_ENCRYPTION_KEYS does not begin with an id"),
        (f"a:{S3CR3T}AA", "The key a in FIELD_ENCRYPTION_KEYS is not valid base64"),
        (f"a:{S3CR3T} {S3CR3T}", "The key a in FIELD_ENCRYPTION_KEYS is not valid base64"),
        ("a:S3cr3t", "The key a in FIELD_ENCRYPTION_KEYS has 4 bytes instead of 32"),
        ("a:", "The key a in FIELD_ENCRYPTION_KEYS has 0 bytes instead of 32"),
        (f"a:{S3CR3T}{S3CR3T}aa", "The key a in FIELD_ENCRYPTION_KEYS has 66 bytes instead of 32"),
        (f"a:{S3CR3T},a:{text_of(ONE)}", "FIELD_ENCRYPTION_KEYS has two keys with the id a"),
        (f"a:{S3CR3T},b:{S3CR3T}", "The key b in FIELD_ENCRYPTION_KEYS is also there under another id"),
        ("plaintext", "FIELD_ENCRYPTION_KEYS has no key"),
    ],
)
def test_an_error_does_not_repeat_the_key(text, sentence):
    with pytest.raises(ImproperlyConfigured) as refusal:
        parse_keys(text)

    assert str(refusal.value).startswith(sentence)
    assert "S3cr3t" not in f"{refusal.value} {refusal.value.__cause__}"


def test_a_wrong_key_keeps_it_from_starting_without_repeating_it(folder):  # noqa: F811
    result = run(folder, "manage.py", "check", **GIVEN | {"FIELD_ENCRYPTION_KEYS": f"a:{S3CR3T}AA"})

    assert result.returncode == 1
    assert result.stderr.endswith("\n  The key a in FIELD_ENCRYPTION_KEYS is not valid base64: is it truncated?\n")


def test_make_key_works_before_anything_is_configured(folder):  # noqa: F811
    keys = set()
    for environment in ({}, {"DATABASE_URL": "nonsense"}, {"FIELD_ENCRYPTION_KEYS": "nonsense"}):
        result = run(folder, "manage.py", "make_key", **environment)

        assert (result.returncode, result.stderr) == (0, "")
        assert re.fullmatch(r"[a-z0-9]{6}:\S{44}\n", result.stdout)
        keys |= set(parse_keys(result.stdout)[0].items())
    assert len(keys) == 3


def test_with_debug_a_key_is_derived_from_secret_key_with_a_warning(folder):  # noqa: F811
    environment = {"SECRET_KEY": "k" * 60, "DEBUG": "True"}
    keys = settings(folder, "FIELD_ENCRYPTION_KEYS", **environment)["FIELD_ENCRYPTION_KEYS"]
    assert keys == {"debug": str(derive_key("k" * 60))}
    assert derive_key("k" * 60) != derive_key("k" * 59)

    check = run(folder, "manage.py", "check", **environment)
    assert check.returncode == 0
    assert "brainlog.W001" in check.stderr and "rotate_field_keys" in check.stderr


def test_a_configured_key_replaces_the_derived_one(folder):  # noqa: F811
    environment = {"SECRET_KEY": "k" * 60, "DEBUG": "True", "FIELD_ENCRYPTION_KEYS": FIELD_KEY}

    assert list(settings(folder, "FIELD_ENCRYPTION_KEYS", **environment)["FIELD_ENCRYPTION_KEYS"]) == ["a1", "debug"]
    assert "brainlog.W001" not in run(folder, "manage.py", "check", **environment).stderr


def test_without_debug_no_key_is_derived(folder):  # noqa: F811
    keys = settings(folder, "FIELD_ENCRYPTION_KEYS", **GIVEN)["FIELD_ENCRYPTION_KEYS"]

    assert list(keys) == ["a1"]
