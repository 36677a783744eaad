"""Links to a report on their person's side: made, listed, ended, limited."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import SecurityEvent
from accounts.tests.codes import confirm_by_password
from accounts.tests.factories import make_person
from insights.models import ReportLink, ReportOpening, TooManyLinks
from insights.tests.factories import make_report
from insights.tests.links import PASSPHRASE, make_link, open_report
from testing.people import Visitor, all_at_once

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def page(report) -> str:
    return reverse("insights:report_links", args=[report.pk])


@pytest.fixture
def new(report) -> str:
    return reverse("insights:new_report_link", args=[report.pk])


@pytest.fixture
def confirmed(as_person):
    """A client in which `person` has just reauthenticated."""
    confirm_by_password(as_person)
    return as_person


def address_on(response) -> str:
    [path] = re.findall(r"http://testserver(/insights/shared/[\w-]+/)", response.content.decode())
    return path


def test_making_one_asks_who_it_is_and_shows_the_address_once(as_person, report, page, new):
    for answer in (as_person.get(new), as_person.post(new, {"days": "7"})):
        assertRedirects(answer, f"{reverse('accounts:confirm')}?next={new}", fetch_redirect_response=False)
    assert not ReportLink.objects.exists()
    confirm_by_password(as_person)
    form = as_person.get(new)
    assert form.context["form"]["days"].value() is None

    made = as_person.post(new, {"days": "7", "passphrase": PASSPHRASE})

    path = address_on(made)
    assertContains(open_report(path, passphrase=PASSPHRASE), "Self-reported")
    token = path.split("/")[-2]
    shown = as_person.get(page)
    assertContains(shown, "Opened 1 time, last on")
    assertContains(shown, "with a passphrase")
    assertNotContains(shown, token)
    # What a browser keeps in its history, and sends as the referrer.
    assert not re.search(rf'(?:href|action|src)="[^"]*{token}', made.content.decode())
    assert made["Cache-Control"] == "no-store, private"


def test_it_is_recorded_and_mailed_and_so_is_its_end(confirmed, person, report, page, new, settings):
    settings.HAS_EMAIL = True
    person.emailaddress_set.create(email="maria@example.org", verified=True, primary=True)
    type(person).objects.filter(pk=person.pk).update(email="maria@example.org")

    confirmed.post(new, {"days": "1"})
    link = ReportLink.objects.get()
    end = reverse("insights:end_report_link", args=[report.pk, link.pk])
    for _time in range(2):
        assertRedirects(confirmed.post(end), page)

    kinds = SecurityEvent.objects.filter(kind__startswith="report_link").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["report_link_made", "report_link_revoked"]
    assert ["Made a link to a report" in message.body for message in mail.outbox] == [True]
    assertContains(confirmed.get(page), "Ended by you on")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Please fill this in."),
        ({"days": "0"}, "Write 1 or more."),
        ({"days": "31"}, "Write 30 or less."),
        ({"days": "seven"}, "Write a whole number"),
        ({"days": "7", "passphrase": "short"}, "at least 8 characters"),
        ({"days": "7", "passphrase": "Password1"}, "it is guessed first"),
        ({"days": "7", "passphrase": "x" * 201}, "Please keep this to 200 characters"),
    ],
)
@pytest.mark.once
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(confirmed, new, typed, says):
    response = confirmed.post(new, typed)

    assertContains(response, says)
    assert response.context["form"]["days"].value() == typed.get("days")
    assert not ReportLink.objects.exists()


def test_nobody_else_makes_sees_or_ends_one(client, report, page, new):
    path = make_link(report)
    client.force_login(make_person(username="other"))
    confirm_by_password(client)
    link = ReportLink.objects.get()

    for other in (report.pk, make_report(make_person(username="third")).pk):
        end = reverse("insights:end_report_link", args=[other, link.pk])
        assert client.post(end).status_code == 404
    for address in (page, new, reverse("insights:report_preview", args=[report.pk])):
        assert client.get(address).status_code == 404
    assert client.get(reverse("insights:report_pdf", args=[report.pk, report.pdf_name])).status_code == 404
    assert client.post(new, {"days": "7"}).status_code == 404
    assertContains(open_report(path), "Self-reported")


def test_the_file_has_one_name(as_person, report):
    assert as_person.get(reverse("insights:report_pdf", args=[report.pk, "another"])).status_code == 404


def test_the_page_says_when_each_was_opened_in_the_persons_clock(as_person, person, report, page):
    type(person).objects.filter(pk=person.pk).update(timezone="Asia/Tokyo", hour_format="24")
    with time_machine.travel(NOW, tick=False):
        path = make_link(report)
        open_report(path)

        shown = as_person.get(page)

    assertContains(shown, "May 4, 2026, 21:00</li>")
    assertContains(shown, "Works until May 11, 2026, 21:00")
    with time_machine.travel(NOW + timedelta(days=8)):
        as_person.force_login(person)
        assertContains(as_person.get(page), "Expired on May 11, 2026, 21:00")


def test_a_link_that_is_opened_often_leaves_room_for_the_others(as_person, report, page, monkeypatch):
    monkeypatch.setattr(ReportOpening, "MOST_SHOWN", 2)
    quiet, often = (ReportLink.objects.make(report, 7, PASSPHRASE)[0] for _link in range(2))
    ReportOpening.objects.record(quiet, is_pdf=False)
    for _time in range(5):
        ReportOpening.objects.record(often, is_pdf=False)
    quiet.count_wrong_passphrase()

    shown = as_person.get(page)

    assert [len(link.newest_openings) for link in shown.context["links"]] == [2, 1]
    assertContains(shown, "Opened 5 times")
    assertContains(shown, "For the first time on", count=2)
    assertContains(shown, "Wrong passphrases: 1", count=1)


def test_the_list_says_how_many_links_work_and_ends_them_all(as_person, person, report):
    reports, other = reverse("insights:reports"), make_report(make_person(username="other"))
    kept = ReportLink.objects.make(other, 7)[0]
    assertNotContains(as_person.get(reports), "End all links")
    for each in (report, report, make_report(person)):
        ReportLink.objects.make(each, 7)
    ReportLink.objects.filter(report=report).latest("pk").revoke()
    assertContains(as_person.get(reports), "1 link works", count=2)

    ended = as_person.post(reverse("insights:end_report_links"), follow=True)

    assertNotContains(ended, "1 link works")
    assert list(ReportLink.objects.working(datetime.now(UTC))) == [kept]
    assert SecurityEvent.objects.filter(person=person, kind="report_link_revoked").count() == 1


def test_the_queries_of_the_page_do_not_grow(as_person, report, page):
    make_link(report)
    with CaptureQueriesContext(
        connection,
    ) as few:
        as_person.get(page)
    for _link in range(4):
        ReportOpening.objects.record(ReportLink.objects.make(report, 7)[0], is_pdf=True)

    with CaptureQueriesContext(connection) as more:
        as_person.get(page)

    assert len(more) == len(few)


def test_ended_links_make_room_and_working_ones_do_not(report, monkeypatch):
    monkeypatch.setattr(ReportLink, "MOST_WORKING", 2)
    monkeypatch.setattr(ReportLink, "MOST_ENDED", 2)
    first = ReportLink.objects.make(report, 7)[0]
    ReportLink.objects.make(report, 7)
    with pytest.raises(TooManyLinks):
        ReportLink.objects.make(report, 7)

    for _link in range(4):
        ReportLink.objects.earliest("pk").revoke()
        ReportLink.objects.working(datetime.now(UTC)).earliest("pk").revoke()
        ReportLink.objects.make(report, 7)

    assert ReportLink.objects.count() <= 2 + 2
    assert not ReportLink.objects.filter(pk=first.pk).exists()


def test_too_many_is_said_on_the_page(confirmed, report, page, new, monkeypatch):
    monkeypatch.setattr(ReportLink, "MOST_WORKING", 0)

    answer = confirmed.post(new, {"days": "7"}, follow=True)

    assertRedirects(answer, page)
    assertContains(answer, "as many as there can be")


def test_the_database_refuses_links_of_another_person_and_of_no_time(report, person):
    link, _token = ReportLink.objects.make(report, 7)
    other = make_person(username="other")
    for wrong in ({"user": other}, {"expires_at": link.created_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReportLink.objects.filter(pk=link.pk).update(**wrong)
            connection.check_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportOpening.objects.create(link=link, user=other)
        connection.check_constraints()


@pytest.mark.django_db(transaction=True)
def test_two_readers_at_once_are_two_openings(live_server, transactional_db):
    path = make_link(make_report(), passphrase=PASSPHRASE)
    readers = [Visitor(live_server.url) for _reader in range(4)]

    opened = all_at_once(*(lambda reader=reader: reader.post(path, {"passphrase": PASSPHRASE}) for reader in readers))

    assert [(status, "Self-reported" in page) for status, _url, page in opened] == [(200, True)] * 4
    assert ReportOpening.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_links_made_at_once_do_not_exceed_the_limit(transactional_db, monkeypatch):
    monkeypatch.setattr(ReportLink, "MOST_WORKING", 3)
    report = make_report()

    def make():
        try:
            return ReportLink.objects.make(report, 7)
        except TooManyLinks:
            return None

    made = all_at_once(*[make] * 6)

    assert sum(each is not None for each in made) == ReportLink.objects.count() == 3


def test_an_answer_to_a_visitor_sets_no_session(report):
    reader = Client()
    open_report(make_link(report), reader)

    assert "sessionid" not in reader.cookies
