"""Blind indexes: a text is found under every key, and no hash can be computed without a key."""

import pytest

from accounts.tests.factories import make_person
from encryption import blind_index
from logs.models import Medication
from logs.tests.columns import stored
from logs.tests.factories import make_medication

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def keys(settings):
    def use(reads_plaintext=False, **keys: bytes):
        settings.FIELD_ENCRYPTION_KEYS = keys
        settings.FIELD_ENCRYPTION_READS_PLAINTEXT = reads_plaintext

    use(old=OLD)
    return use


@pytest.mark.once
def test_a_hash_is_found_while_its_key_is_configured(keys):
    old = blind_index.hash_of("tea", "table", "1")
    assert blind_index.hash_of("tea", "table", "1") == old

    keys(new=NEW, old=OLD)

    new = blind_index.hash_of("tea", "table", "1")
    assert blind_index.hashes_of("tea", "table", "1") == [new, old]
    assert (blind_index.is_current(new), blind_index.is_current(old)) == (True, False)
    assert blind_index.is_comparable(new) and blind_index.is_comparable(old)
    keys(new=NEW)
    assert blind_index.hashes_of("tea", "table", "1") == [new]
    assert not blind_index.is_comparable(old)


@pytest.mark.once
@pytest.mark.parametrize(
    "other", [("coffee", "table", "1"), ("tea", "other", "1"), ("tea", "table", "2"), ("1", "tea")]
)
def test_another_text_or_associated_data_gives_another_hash(keys, other):
    assert blind_index.hash_of(*other) != blind_index.hash_of("tea", "table", "1")


@pytest.mark.once
def test_the_key_is_derived_and_its_id_is_part_of_the_hash(keys):
    hashed = blind_index.hash_of("tea", "table")
    assert blind_index.derive_key(OLD) != OLD

    keys(other=OLD)

    assert blind_index.hash_of("tea", "table").split(".")[2] != hashed.split(".")[2]


@pytest.mark.once
def test_plain_text_of_the_previous_release_is_found_while_allowed(keys):
    assert "tea" not in blind_index.hashes_of("tea", "table")
    assert not blind_index.is_comparable("tea")

    keys(reads_plaintext=True, old=OLD)

    assert "tea" in blind_index.hashes_of("tea", "table")
    assert blind_index.is_comparable("tea")


def test_equal_names_of_two_people_have_different_hashes(db):
    mine, theirs = make_medication(), make_medication()

    assert stored(mine, "name_key") != stored(theirs, "name_key")
    assert stored(mine, "name_key").startswith("bi1.test.")


def test_many_rows_at_once_get_their_hashes(db):
    person = make_person()
    Medication.objects.bulk_create(Medication(user=person, name=name) for name in ("Tea", "Coffee"))

    find = Medication._meta.get_field("name_key").hashes_of
    assert person.medications.get(name_key__in=find(" TEA ", person.pk)).name == "Tea"


def test_saving_a_row_hashes_with_the_new_key(db, keys):
    medication = make_medication()
    keys(new=NEW, old=OLD)

    Medication.objects.get(pk=medication.pk).save()

    assert stored(medication, "name_key").startswith("bi1.new.")
