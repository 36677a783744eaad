"""The cipher of private texts: encryption, decryption, and detection of changes."""

import pytest
from hypothesis import given, strategies as st

from encryption import cipher

pytestmark = pytest.mark.once

PLACE = ("logs_dailylog", "dreams", "7", "2026-05-04")
OLD, NEW = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def keys(settings):
    """Change the keys, and whether texts that are not encrypted may be read."""

    def use(reads_plaintext=False, **keys: bytes):
        settings.FIELD_ENCRYPTION_KEYS = keys
        settings.FIELD_ENCRYPTION_READS_PLAINTEXT = reads_plaintext

    use(old=OLD)
    return use


@given(text=st.text(st.characters(exclude_categories=["Cs"])), place=st.lists(st.text(max_size=5), max_size=5))
def test_any_text_comes_back(text, place):
    assert cipher.decrypt(cipher.encrypt(text, *place), *place) == text


@given(
    place=st.lists(st.text('",[]\\|.a', max_size=4), max_size=5),
    other=st.lists(st.text('",[]\\|.a', max_size=4), max_size=5),
)
def test_associated_data_is_unambiguous(place, other):
    token = cipher.encrypt("Flying", *place)

    if place == other:
        assert cipher.decrypt(token, *other) == "Flying"
    else:
        with pytest.raises(cipher.InvalidCiphertextError):
            cipher.decrypt(token, *other)


@pytest.mark.parametrize("changed", range(len(PLACE)))
def test_it_is_bound_to_every_part_of_the_associated_data(keys, changed):
    token = cipher.encrypt("Flying", *PLACE)
    moved = [part + "1" if number == changed else part for number, part in enumerate(PLACE)]

    with pytest.raises(cipher.InvalidCiphertextError):
        cipher.decrypt(token, *moved)


def test_a_changed_character_is_detected(keys):
    token = cipher.encrypt("Flying", *PLACE)

    for position, character in enumerate(token):
        for other in "Aa1-_.":
            if other != character:
                altered = token[:position] + other + token[position + 1 :]
                with pytest.raises(cipher.CannotDecryptError):
                    cipher.decrypt(altered, *PLACE)


def test_truncated_and_extended_tokens_are_detected(keys):
    token = cipher.encrypt("Flying", *PLACE)

    for altered in [token[:n] for n in range(len(token))] + [token + c for c in "A=. \n"] + ["A" + token, token * 2]:
        with pytest.raises(cipher.CannotDecryptError):
            cipher.decrypt(altered, *PLACE)


def test_the_same_text_never_looks_the_same(keys):
    tokens = {cipher.encrypt("Flying", *PLACE) for _ in range(1000)}

    assert len({token[:30] for token in tokens}) == 1000  # the nonces, too


@pytest.mark.parametrize(("text", "length"), [("", 46), ("Flying", 54), ("a" * 200, 312), ("a" * 4000, 5379)])
def test_its_size_is_four_thirds_and_a_little(keys, text, length):
    token = cipher.encrypt(text, *PLACE)

    assert len(token) == length == len("bl1.old.") + -(-(len(text) + 28) * 4 // 3)
    assert token.isascii()


def test_the_first_key_encrypts_and_all_decrypt(keys):
    old = cipher.encrypt("Flying", *PLACE)
    keys(new=NEW, old=OLD)
    new = cipher.encrypt("Flying", *PLACE)

    assert (old[:8], new[:8]) == ("bl1.old.", "bl1.new.")
    assert cipher.decrypt(old, *PLACE) == cipher.decrypt(new, *PLACE) == "Flying"
    assert (cipher.is_current(old), cipher.is_current(new)) == (False, True)
    assert cipher.key_ids() == ["new", "old"]


def test_a_missing_key_is_named(keys):
    token = cipher.encrypt("Flying", *PLACE)
    keys(new=NEW)

    with pytest.raises(cipher.KeyMissingError, match=r"^there is no key old in FIELD_ENCRYPTION_KEYS$"):
        cipher.decrypt(token, *PLACE)


def test_another_key_with_the_same_id_is_detected(keys):
    token = cipher.encrypt("Flying", *PLACE)
    keys(old=NEW)

    with pytest.raises(cipher.InvalidCiphertextError):
        cipher.decrypt(token, *PLACE)


@pytest.mark.parametrize("text", ["Flying", "bl1.", "bl1.old.short", "bl1 old", "bl2.old." + "A" * 40])
def test_what_is_not_encrypted_is_read_only_where_it_is_allowed(keys, text):
    with pytest.raises(cipher.InvalidCiphertextError, match="plaintext"):
        cipher.decrypt(text, *PLACE)
    keys(reads_plaintext=True, old=OLD)

    assert cipher.decrypt(text, *PLACE) == text


def test_an_error_repeats_nothing_of_the_text(keys):
    for text in ("Kanarienvogel", cipher.encrypt("Kanarienvogel", "elsewhere")):
        with pytest.raises(cipher.CannotDecryptError) as refusal:
            cipher.decrypt(text, *PLACE)
        assert text[8:] not in f"{refusal.value!r} {refusal.value.__cause__!r}"
