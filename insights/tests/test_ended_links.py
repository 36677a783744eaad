"""Links to reports that have ended, by time or by a deed: as if there never were any."""

import datetime

import pytest
from django.db import IntegrityError
from django.test import Client
from pytest_django.asserts import assertContains

from accounts.models import User
from insights.models import Report, ReportLink, ReportOpening
from insights.tests.links import NOWHERE, PASSPHRASE, STATUS, make_link, open_report, pdf_of_link
from personal_data.wipe import wipe_all

pytestmark = [pytest.mark.thorough_on_sqlite, pytest.mark.usefixtures("clock")]


def opens_nothing(path: str, client: Client | None = None) -> bool:
    """Whether the address answers exactly like one that there never was, to every method and for the PDF."""
    expected, client = Client().get(NOWHERE), client or Client()
    answers = [client.get(path), client.post(path, {"passphrase": PASSPHRASE}), client.get(f"{path}x.pdf")]
    headers = [{name: value for name, value in each.items() if name != "X-Request-ID"} for each in (expected, *answers)]
    return (
        all(each.status_code == 404 and each.content == expected.content for each in answers)
        and headers.count(headers[0]) == len(headers)
        and not any(each.cookies for each in answers)
    )


def test_every_token_that_there_is_not_gets_the_same_page(path):
    nowhere = Client().get(NOWHERE).content
    for token in ("x", "é", "a" * 5000, "%00", "%20", path.split("/")[-2][:-1], path.split("/")[-2].swapcase()):
        response = Client().get(f"/insights/shared/{token}/")

        assert (response.status_code, response.content) == (404, nowhere), token[:40]


def expired(link, clock):
    clock.shift(datetime.timedelta(days=7))


def revoked(link, clock):
    link.revoke()


def of_a_deleted_report(link, clock):
    Report.objects.get().delete()


def of_a_wiped_person(link, clock):
    wipe_all(User.objects.get())


def of_an_inactive_account(link, clock):
    User.objects.update(is_active=False)


def of_a_deleted_account(link, clock):
    User.objects.get().delete()


@pytest.mark.django_db(transaction=True)  # Wiping is a transaction that nothing may surround.
@pytest.mark.parametrize(
    "end", [expired, revoked, of_a_deleted_report, of_a_wiped_person, of_an_inactive_account, of_a_deleted_account]
)
def test_a_link_that_has_ended_is_as_if_there_never_was_one(report, clock, end):
    """Also in a browser in which it was open."""
    path, reader = make_link(report, passphrase=PASSPHRASE), Client()
    assertContains(open_report(path, reader, PASSPHRASE), STATUS)
    clock.shift(1)

    end(ReportLink.objects.get(), clock)

    assert opens_nothing(path, reader)
    assert opens_nothing(path)
    if end in (of_a_deleted_report, of_a_wiped_person, of_a_deleted_account):
        assert not ReportLink.objects.exists() and not ReportOpening.objects.exists()


def test_it_works_until_the_last_moment(report, clock):
    path = make_link(report, days=1)
    clock.shift(datetime.timedelta(days=1) - datetime.timedelta(seconds=1))
    assertContains(Client().get(path), "Open the report")

    clock.shift(1)

    assert opens_nothing(path)


def test_a_report_that_is_deleted_while_it_is_opened_is_gone(path, monkeypatch):
    """Between the two statements: the opening finds no link to belong to."""

    def record(openings, link, is_pdf):
        raise IntegrityError

    reader = Client()
    open_report(path, reader)
    monkeypatch.setattr(type(ReportOpening.objects), "record", record)

    assert reader.get(path).content == reader.get(NOWHERE).content
    assert reader.get(pdf_of_link(path)).status_code == 404


@pytest.mark.django_db
def test_the_page_of_a_link_that_has_ended_is_the_same_in_development(settings):
    page = Client().get(NOWHERE)

    settings.DEBUG = True

    assert Client().get(NOWHERE).content == page.content
