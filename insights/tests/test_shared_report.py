"""A report as it is read by a link: opened, counted, and the same for all who read it."""

import json
import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.tests.factories import make_person
from insights import shared_views
from insights.models import ReportLink, ReportOpening
from insights.tests.links import (
    NOWHERE,
    OPENED_AT,
    STATUS,
    open_report,
    pdf_of_link,
)
from insights.tests.pdfs import text_of, without_spaces
from insights.tests.reports import texts_in

pytestmark = [pytest.mark.thorough_on_sqlite, pytest.mark.usefixtures("clock")]


def test_it_opens_without_an_account_once_it_is_asked_for(path):
    reader = Client(enforce_csrf_checks=True)
    entry = reader.get(path)
    assertContains(entry, "Open the report")
    assertNotContains(entry, STATUS)
    assert not ReportOpening.objects.exists()

    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', entry.content.decode())[1]
    assertRedirects(reader.post(path, {"csrfmiddlewaretoken": token}), path, fetch_redirect_response=False)
    assertContains(reader.get(path), STATUS)
    made = reader.get(pdf_of_link(path))

    assert made["Content-Type"] == "application/pdf" and STATUS in text_of(made.content)
    assert made["Content-Disposition"] == 'attachment; filename="brain-log-report-2026-02-01-to-2026-05-01.pdf"'
    assert [each.is_pdf for each in ReportOpening.objects.order_by("pk")] == [False, True]
    assert {each.at for each in ReportOpening.objects.all()} == {OPENED_AT}


def test_programs_that_open_every_link_are_not_readers(path):
    """Scanners of mails, previews of messengers, and browsers that load a page before it is asked for."""
    programs = Client()
    programs.get(path)
    programs.head(path)
    assertRedirects(programs.get(pdf_of_link(path)), path, fetch_redirect_response=False)

    reader = Client()
    open_report(path, reader)
    assert reader.head(path).status_code == 200
    for header in ("Sec-Purpose", "Purpose"):
        for address in (path, pdf_of_link(path)):
            assert reader.get(address, headers={header: "prefetch;prerender"}).status_code == 503

    assert ReportOpening.objects.count() == 1


def test_the_page_has_no_script_no_navigation_and_no_way_but_to_help(report, path):
    """Also with the session of another person, or of the person, in the browser."""
    pages = []
    for reader in (Client(), Client(), Client()):
        if pages:
            reader.force_login(report.user if len(pages) == 2 else make_person(username="other", theme="dark"))
        pages.append(open_report(path, reader).content.decode())

    assert len(set(pages)) == 1
    assert "<script" not in pages[0] and "<nav" not in pages[0] and " style=" not in pages[0]
    links = set(re.findall(r'(?:href|action)="([^"#]*)', pages[0]))
    assert {link for link in links if not link.startswith("/static/")} == {pdf_of_link(path), "/help/"}
    for page in (Client().get(path), Client().get(NOWHERE)):
        assertContains(page, '<a href="/help/">Need to talk to someone?</a>', html=True, status_code=page.status_code)


def test_the_person_sees_exactly_what_the_reader_sees(as_person, report, path):
    shown = as_person.get(reverse("insights:report_preview", args=[report.pk])).content.decode()
    read = open_report(path).content.decode()

    own_pdf = reverse("insights:report_pdf", args=[report.pk, report.pdf_name])
    assert shown.replace(own_pdf, pdf_of_link(path)) == read
    assert as_person.get(own_pdf).content == open_and_get_pdf(path)
    assert not ReportOpening.objects.filter(is_pdf=False).count() > 2  # The preview is none.


def open_and_get_pdf(path: str) -> bytes:
    reader = Client()
    open_report(path, reader)
    return reader.get(pdf_of_link(path)).content


def test_the_page_and_the_pdf_say_the_same(report, path):
    """Every text of the report is on both. What belongs to a program that shows it is left out."""
    html = open_report(path).content.decode()
    page = unescape(re.sub(r"<[^>]+>", " ", html) + " ".join(re.findall(r'aria-label="([^"]*)"', html)))
    texts = texts_in(json.loads(report.content_json))

    assert len(texts) > 40
    for found in map(without_spaces, (page, text_of(open_and_get_pdf(path)))):
        assert [text for text in texts if without_spaces(text) not in found] == []


def test_a_report_that_cannot_be_read_says_so(path, keys):
    keys()

    assertContains(open_report(path), "cannot be read at the moment")
    reader = Client()
    open_report(path, reader)
    assertContains(reader.get(pdf_of_link(path)), "cannot be read at the moment", status_code=503)


def test_only_the_newest_openings_are_kept(path, monkeypatch):
    monkeypatch.setattr(ReportOpening, "MOST_KEPT", 3)
    link = ReportLink.objects.get()

    for _time in range(5):
        ReportOpening.objects.record(link, is_pdf=False)

    keys = list(ReportOpening.objects.values_list("pk", flat=True))
    assert len(keys) == 3 and keys == sorted(keys, reverse=True)
    link.refresh_from_db()
    assert (link.openings_count, link.first_opened_at) == (5, OPENED_AT)


def test_it_closes_in_the_readers_browser_after_half_a_day(path, clock):
    reader = Client()
    open_report(path, reader)
    clock.shift(shared_views.OPEN_FOR + 1)

    assertContains(reader.get(path), "Open the report")
