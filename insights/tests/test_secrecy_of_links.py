"""What links to reports leave behind: in caches, search engines, histories, cookies, logs and tables."""

import re

import pytest
from django.test import Client
from prometheus_client import generate_latest
from pytest_django.asserts import assertContains

from accounts import rate_limits
from brainlog.circuit_breaker import DatabaseBreaker
from insights import shared_views
from insights.models import ReportLink
from insights.tests.links import (
    NOWHERE,
    PASSPHRASE,
    make_link,
    open_report,
    path_of,
    pdf_of_link,
)
from operations.log_formatters import JsonFormatter, TextFormatter
from operations.metrics import REGISTRY
from operations.tests.log_capture import lines_during

pytestmark = [pytest.mark.thorough_on_sqlite, pytest.mark.usefixtures("clock")]


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


def test_errors_and_redirects_keep_it_out_of_them_too(path, keys, monkeypatch):
    reader = Client(raise_request_exception=False)
    answers = [reader.post(path), reader.head(path), Client().get(pdf_of_link(path))]
    answers += [reader.get(address, headers={"Sec-Purpose": "prefetch"}) for address in (path, pdf_of_link(path))]
    keys()
    answers.append(reader.get(pdf_of_link(path)))
    monkeypatch.setattr(shared_views, "shared_page", None)
    answers.append(reader.get(path))
    monkeypatch.setattr(DatabaseBreaker, "is_open", True)
    answers.append(reader.get(path))

    assert [each.status_code for each in answers] == [302, 200, 302, 503, 503, 503, 500, 503]
    for answer in answers:
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert answer["Referrer-Policy"] in ("no-referrer", "strict-origin")


def test_titles_name_neither_the_token_nor_what_is_in_the_report(path):
    """Browsers keep titles in their history, and show them on other devices."""
    reader = Client()
    pages = [reader.get(path), open_report(path, reader), reader.get(NOWHERE), reader.put(path)]

    titles = [re.search("<title>(.*)</title>", page.content.decode())[1] for page in pages]

    assert titles[:2] == ["A report was shared with you · Brain Log", "A report · Brain Log"]
    assert titles[2] == "This address opens no report · Brain Log"
    assert not any(secret in title for title in titles for secret in (path.split("/")[-2], "2026"))


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


def test_the_table_has_a_hash_and_the_token_has_192_bits(report):
    _link, token = ReportLink.objects.make(report, 7, PASSPHRASE)

    assert re.fullmatch(r"[\w-]{32}", token)
    row = str(ReportLink.objects.values().get())
    assert token not in row and PASSPHRASE not in row


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
