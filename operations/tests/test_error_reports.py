"""Error reports on the page (DEBUG) and in mails: enough to find the bug, and no personal data."""

import copy
import logging
import sys

import pytest
from django.core import mail
from django.test import Client
from django.utils.log import AdminEmailHandler

from accounts.models import User
from accounts.tests.factories import PASSWORD
from logs.tests.factories import make_full_log, make_medication
from operations.error_reports import MOST_FRAMES, PrivateReporter
from operations.log_formatters import PrivateEmailHandler
from operations.tests.canary import CANARY, DAY, FAILING, main_job
from reflections.models import WeeklyReflection
from reflections.tests.factories import make_reflection

# Those that cause an error report. The others have an error page of their own, or a normal response.
REPORTED = [fails for fails in FAILING if fails.__name__ not in {"refused", "missing", "logged", "half_sent"}]
HTML, TEXT = {"accept": "text/html"}, {"accept": "text/plain"}
FORMATS = pytest.mark.parametrize("headers", [HTML, TEXT], ids=["html", "text"])


@pytest.fixture
def browser(db, settings):
    """A client of a person whose name and answers are all the same word, with DEBUG."""
    settings.DEBUG = True
    settings.ROOT_URLCONF = "operations.tests.canary"
    person = User.objects.create_user(
        username=CANARY, password=PASSWORD, display_name=CANARY, email=f"{CANARY}@example.org"
    )
    make_medication(person, CANARY, note=CANARY)
    make_full_log(person, DAY, dreams=CANARY)
    browser = Client(raise_request_exception=False)
    browser.force_login(person)
    browser.cookies["other"] = CANARY
    return browser


def private_words(browser) -> list[str]:
    """What no report may contain: texts of the person, and credentials."""
    return [CANARY, PASSWORD, *(cookie.value for cookie in browser.cookies.values())]


def assert_private(browser, *texts):
    for text in texts:
        assert [word for word in private_words(browser) if word in text.lower()] == []


@FORMATS
@pytest.mark.django_db(transaction=True)
def test_the_error_page_shows_code_and_no_values(browser, headers):
    for fails in REPORTED:
        response = browser.post(f"/failing/{fails.__name__}/?q={CANARY}", {"words": CANARY}, headers=headers)

        page = response.content.decode()
        assert response.status_code in {400, 500}
        assert "text/plain" in response["Content-Type"] or headers is HTML
        assert f"in {fails.__name__}\n" in page and "words: str" in page
        assert "POST /failing/" in page
        assert_private(browser, page)


def failing(*arguments, **named):
    """Replaces a function. Its error message contains all arguments."""
    raise ValueError(f"{arguments} {[getattr(each, 'data', '') for each in arguments]} {named}")


FAULTS = {
    "view": ("logs.views.messages.success", failing),
    "form": ("logs.answer_form.CheckInForm.clean", failing),
    "encryption": ("encryption.cipher.encrypt", failing),
    "database": ("django.db.models.query.QuerySet._update", failing),
}


@pytest.mark.matrix
@pytest.mark.once
@FORMATS
@pytest.mark.parametrize("place", FAULTS)
def test_an_exception_in_a_check_in_shows_no_answers(browser, monkeypatch, place, headers):
    monkeypatch.setattr(*FAULTS[place])
    address, answers = main_job()[3]  # noon

    response = browser.post(address, answers, headers=headers)

    page = response.content.decode()
    assert response.status_code == 500
    assert "in check_in\n" in page and "request: django.core.handlers.wsgi.WSGIRequest" in page
    assert_private(browser, page)


@pytest.mark.once
@FORMATS
def test_an_exception_in_a_template_shows_its_line_and_no_answers(browser, monkeypatch, settings, headers):
    settings.TEMPLATES = copy.deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["OPTIONS"]["debug"] = True
    monkeypatch.setattr(WeeklyReflection, "__str__", lambda reflection: failing(reflection.week_highlights))
    make_reflection(User.objects.get(), week_highlights=CANARY)

    page = browser.get("/reflections/2026-05-03/", headers=headers).content.decode()

    assert "templates/reflections/week.html, line 3: {{ reflection }}" in page
    assert_private(browser, page)


@pytest.mark.once
@pytest.mark.parametrize("path", [f"/{CANARY}/", "/failing/missing/", f"/logs/{CANARY}/"])
def test_the_404_page_is_ours_with_debug_too(browser, path):
    response = browser.post(f"{path}?q={CANARY}", {"words": CANARY})

    page = response.content.decode()
    assert response.status_code == 404
    assert "There is nothing here" in page
    assert_private(browser, page)


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("handler_class", [PrivateEmailHandler, AdminEmailHandler])
def test_an_error_mail_has_no_personal_data(browser, settings, handler_class):
    settings.DEBUG = False
    settings.ADMINS = [("keeper", "keeper@example.org")]
    logger, handler = logging.getLogger("django.request"), handler_class(include_html=True)
    handler.setLevel(logging.ERROR)
    logger.addHandler(handler)
    try:
        statuses = [browser.post(f"/failing/{f.__name__}/?q={CANARY}", {"words": CANARY}).status_code for f in REPORTED]
    finally:
        logger.removeHandler(handler)

    broken = [fails.__name__ for fails, status in zip(REPORTED, statuses, strict=True) if status == 500]
    assert len(broken) >= 5
    for name, message in zip(broken, mail.outbox, strict=True):
        ((html, _type),) = message.alternatives
        assert f"in {name}" in message.body and f"in {name}" in html
        assert_private(browser, message.subject, message.body, html)


@pytest.mark.once
def test_the_subject_of_an_error_mail_has_no_personal_data(settings):
    settings.ADMINS = [("keeper", "keeper@example.org")]
    logger, handler = logging.getLogger("careless"), PrivateEmailHandler(include_html=True)
    record = logger.makeRecord("careless", logging.ERROR, "", 1, "It failed: %s", (ValueError(CANARY),), None)

    handler.handle(record)

    (message,) = mail.outbox
    assert "builtins.ValueError" in message.subject
    assert CANARY not in message.subject + message.body + message.alternatives[0][0]


@pytest.mark.once
def test_the_report_of_an_infinite_recursion_is_limited(rf):
    def again(number):
        return again(number + 1)

    try:
        again(0)
    except RecursionError:
        report = PrivateReporter(rf.get("/"), *sys.exc_info()).get_traceback_text()

    assert report.count("in again") == MOST_FRAMES


@pytest.mark.once
def test_without_a_request_or_an_exception_a_report_is_made_too():
    assert "An error" in PrivateReporter(None, None, CANARY, None).get_traceback_html()
    assert CANARY not in PrivateReporter(None, None, CANARY, None).get_traceback_text()
