"""A report as it is read by a link: opened, counted, guessed, expired, ended, and what goes along with it."""

import datetime
import json
import re
from html import unescape

import pytest
import time_machine
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from prometheus_client import generate_latest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import rate_limits
from accounts.models import User
from accounts.tests.factories import make_person
from insights import shared_views
from insights.models import Report, ReportLink, ReportOpening
from insights.tests.factories import make_report
from insights.tests.links import PASSPHRASE, make_link, open_report, path_of, pdf_of_link
from insights.tests.pdfs import text_of, without_spaces
from insights.tests.reports import texts_in
from operations.log_formatters import JsonFormatter, TextFormatter
from operations.metrics import REGISTRY
from operations.tests.log_capture import lines_during
from personal_data.wipe import wipe_all

NOW = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.UTC)
STATUS = "Self-reported by the user."
NOWHERE = path_of("a" * 32)

pytestmark = pytest.mark.thorough_on_sqlite


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def report(person):
    return make_report(person)


@pytest.fixture
def path(report) -> str:
    return make_link(report)


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


# ── Opened ────────────────────────────────────────────────────────────────────────────────────────


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
    assert {each.at for each in ReportOpening.objects.all()} == {NOW}


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


def test_headers_keep_it_out_of_caches_search_engines_and_other_sites(path):
    reader = Client()
    pages = [reader.get(path), open_report(path, reader), reader.get(pdf_of_link(path)), reader.get(NOWHERE)]
    errors = [reader.put(path), reader.get(f"{path}nothing/"), Client(enforce_csrf_checks=True).post(path)]
    for _try in range(rate_limits.REPORT_TOKEN_BY_ADDRESS.attempts):
        errors.append(reader.get(path_of("wrong")))
    assert [each.status_code for each in [*errors[:4], errors[-1]]] == [405, 404, 403, 404, 429]
    for response in [*pages, *errors]:
        assert response["Cache-Control"] == "no-store, private"
        assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert "default-src 'none'" in response["Content-Security-Policy"]
    assert reader.get(path)["Referrer-Policy"] == "no-referrer"
    # Without an origin, the form of this page would be refused as a forgery; the address itself is a secret, which
    # requests for static files would write to the log of the proxy.
    for response in (Client().get(path), reader.get(NOWHERE), *errors):
        assert response["Referrer-Policy"] == "strict-origin"


def test_the_cookie_is_for_this_address_alone(report, path, settings):
    other, reader = make_link(report), Client()
    settings.SESSION_COOKIE_SECURE = True

    cookie = reader.post(path).cookies[settings.SHARED_REPORT_COOKIE_NAME]

    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == (path, "", "Strict")
    assert cookie["secure"] and cookie["httponly"] and not cookie["max-age"]
    # Moved to another address, it opens nothing there; made up, it opens nothing at all.
    for value in (cookie.value, "open"):
        reader = Client()
        reader.cookies[settings.SHARED_REPORT_COOKIE_NAME] = value
        assertContains(reader.get(other), "Open the report")


def test_it_closes_in_the_readers_browser_after_half_a_day(path, clock):
    reader = Client()
    open_report(path, reader)
    clock.shift(shared_views.OPEN_FOR + 1)

    assertContains(reader.get(path), "Open the report")


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
    assert (link.openings_count, link.first_opened_at) == (5, NOW)


# ── Ended ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_table_has_a_hash_and_the_token_has_192_bits(report):
    _link, token = ReportLink.objects.make(report, 7, PASSPHRASE)

    assert re.fullmatch(r"[\w-]{32}", token)
    row = str(ReportLink.objects.values().get())
    assert token not in row and PASSPHRASE not in row


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


# ── Guessed ───────────────────────────────────────────────────────────────────────────────────────


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


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_no_log_and_no_metric_names_the_token_or_the_passphrase(report, formatter, monkeypatch):
    path = make_link(report, passphrase=PASSPHRASE)
    token = path.split("/")[-2]

    def fail(*arguments):
        raise RuntimeError(f"Failed for {path}")

    def use():
        reader = Client(raise_request_exception=False)
        open_report(path, reader, PASSPHRASE)
        open_report(path, reader, "another passphrase")
        reader.get(pdf_of_link(path))
        reader.put(path)
        reader.get(path_of("a" * 31))
        monkeypatch.setattr(shared_views, "shared_page", fail)
        assert reader.get(path).status_code == 500

    lines = "\n".join(lines_during(use, formatter))

    assert "insights:shared" in lines
    for text in (lines, generate_latest(REGISTRY).decode()):
        assert (
            token not in text and PASSPHRASE not in text and "another passphrase" not in text and "a" * 31 not in text
        )
