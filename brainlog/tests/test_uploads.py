"""File uploads: no form accepts files, so none is read or written to the disk."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.tests.factories import PASSWORD, make_person

pytestmark = pytest.mark.once

MEGABYTE = 1024 * 1024


@pytest.fixture
def no_disk(settings, tmp_path):
    """An invalid folder for temporary files, so that writing an upload to the disk is an error."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "nowhere"


def small(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("note.txt", b"x" * size)


def large() -> SimpleUploadedFile:
    return SimpleUploadedFile("book.txt", b"x" * 20 * MEGABYTE)


def test_a_large_file_is_refused_before_it_is_written(client, db, no_disk):
    response = client.post(reverse("accounts:login"), {"username": "maria", "password": PASSWORD, "file": large()})

    assert response.status_code == 413


def test_a_file_within_the_limit_is_refused_before_it_is_written(client, db, no_disk, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = client.post(reverse("accounts:login"), {"username": "maria", "file": small(2000)})

    assert response.status_code == 400


def test_it_would_be_written_if_files_were_taken(client, db, no_disk, settings):
    """Shows that the test above can fail."""
    settings.DATA_UPLOAD_MAX_NUMBER_FILES, settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1, 1000

    with pytest.raises(FileNotFoundError):
        client.post(reverse("accounts:login"), {"username": "maria", "file": small(2000)})


def test_a_small_file_is_refused_too(client, db):
    response = client.post(reverse("accounts:login"), {"file": SimpleUploadedFile("note.txt", b"x")})

    assert response.status_code == 400


def test_a_form_in_parts_without_files_is_read(client, db):
    make_person(username="maria")

    response = client.post(reverse("accounts:login"), {"username": "maria", "password": PASSWORD})

    assert response.wsgi_request.content_type == "multipart/form-data"
    assert response.status_code == 302


def test_parts_without_files_are_limited(client, db):
    assert client.post(reverse("accounts:login"), {"username": "x" * MEGABYTE}).status_code == 413
