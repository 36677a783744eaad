"""Guesses of the addresses and passphrases of links to reports: limited, for each client address."""

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from accounts import rate_limits
from insights.models import ReportLink, ReportOpening
from insights.tests.links import (
    PASSPHRASE,
    STATUS,
    make_link,
    open_report,
    path_of,
    pdf_of_link,
)

pytestmark = [pytest.mark.thorough_on_sqlite, pytest.mark.usefixtures("clock")]


def test_a_passphrase_is_asked_for_and_compared_as_it_is_meant(report):
    path = make_link(report, passphrase="Zürich 8000 ")
    assertContains(Client().get(path), "Passphrase")

    wrong = open_report(path, passphrase="zürich 8000")
    assertContains(wrong, "This is not the passphrase.")
    assertNotContains(wrong, STATUS)
    assertContains(open_report(path), "Please type the passphrase.")
    assertContains(open_report(path, passphrase="Zu\u0308rich 8000"), STATUS)


def count_checks(monkeypatch) -> list[str]:
    """Compare passphrases without hashing, which takes long. Returns those that are compared."""
    checked = []
    monkeypatch.setattr(
        ReportLink, "is_passphrase", lambda link, text: checked.append(text) is None and text == PASSPHRASE
    )
    return checked


def test_wrong_passphrases_are_counted_for_link_and_address_and_right_ones_are_not(report, monkeypatch):
    checked = count_checks(monkeypatch)
    path, other = make_link(report, passphrase=PASSPHRASE), make_link(report, passphrase=PASSPHRASE)
    stranger, most = Client(REMOTE_ADDR="203.0.113.7"), rate_limits.REPORT_PASSPHRASE.attempts
    for _try in range(3):
        open_report(path, Client(REMOTE_ADDR="203.0.113.7"), PASSPHRASE)
    for _try in range(most):
        assert open_report(path, stranger, "wrong").status_code == 200

    for _try in range(2):
        assertContains(open_report(path, stranger, PASSPHRASE), "Too many tries", status_code=429)
    assert checked.count("wrong") == most
    # The stranger locks no reader out of the link, nor themselves out of another.
    assertContains(open_report(path, Client(REMOTE_ADDR="203.0.113.8"), PASSPHRASE), STATUS)
    assertContains(open_report(other, stranger, PASSPHRASE), STATUS)
    assert list(ReportLink.objects.order_by("pk").values_list("wrong_passphrases", flat=True)) == [most, 0]


def test_wrong_passphrases_from_all_addresses_are_bounded(report, monkeypatch):
    count_checks(monkeypatch)
    monkeypatch.setattr(rate_limits, "REPORT_PASSPHRASE_OF_LINK", rate_limits.Limit("of-link", 3, 60))
    path = make_link(report, passphrase=PASSPHRASE)
    statuses = [
        open_report(path, Client(REMOTE_ADDR=f"203.0.113.{number}"), "wrong").status_code for number in range(4)
    ]

    assert statuses == [200, 200, 200, 429]


def test_passphrases_from_one_address_are_bounded(report, monkeypatch):
    monkeypatch.setattr(ReportLink, "is_passphrase", lambda link, text: False)
    paths = [make_link(report, passphrase=PASSPHRASE) for _link in range(4)]
    statuses = [open_report(paths[number // 9], passphrase="wrong").status_code for number in range(31)]

    assert statuses == [200] * rate_limits.REPORT_PASSPHRASE_BY_ADDRESS.attempts + [429]


def test_tokens_that_open_nothing_are_counted_by_address_and_those_of_links_are_not(path):
    most = rate_limits.REPORT_TOKEN_BY_ADDRESS.attempts
    reader, guesser = Client(REMOTE_ADDR="203.0.113.7"), Client(REMOTE_ADDR="203.0.113.8")
    for _time in range(most + 2):
        assert reader.get(path).status_code == 200
    for number in range(most):
        assert guesser.get(path_of(f"guess-{number}")).status_code == 404

    assert guesser.get(path_of("one more")).status_code == 429
    # Others in the same network still read.
    assert guesser.get(path).status_code == 200
    assert reader.get(path).status_code == 200


def test_openings_by_one_link_are_bounded(path, monkeypatch):
    monkeypatch.setattr(rate_limits, "REPORT_OPENING", rate_limits.Limit("report-opening", 2, 60))
    reader = Client()
    open_report(path, reader)

    assert [reader.get(path).status_code for _time in range(2)] == [200, 429]
    assert reader.get(pdf_of_link(path)).status_code == 429
    assert ReportOpening.objects.count() == 2
