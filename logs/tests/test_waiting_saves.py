"""Saves that waited in a browser for the network: whom they are taken from, and how they are answered."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_person
from logs.models import DailyLog, Dose, Medication
from logs.tests.factories import make_log
from logs.tests.pages import check_in_url, day_url

pytestmark = pytest.mark.django_db

MIDDAY = check_in_url("midday")
WEEK = "/reflections/2026-05-03/"


@pytest.fixture
def browser(person):
    """A client of `person` that checks the origin and the token of forms, as for browsers."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def ask(client) -> dict:
    answer = client.get("/logs/waiting/")
    assert answer["Cache-Control"] == "no-store"
    return answer.json()


def send(client, person, data, address=MIDDAY, token=None):
    token = token or ask(client)["token"]
    fields = data | {"csrfmiddlewaretoken": token}
    return client.post(address, fields, headers={"X-Brainlog-Person": str(person.pk)})


def test_who_is_logged_in_is_answered_with_a_token(browser, person):
    assert ask(browser)["person"] == str(person.pk)
    assert len(ask(browser)["token"]) == 64


def test_a_visitor_gets_no_token(client):
    assert ask(client) == {"person": None, "token": None}


@pytest.mark.parametrize(
    ("address", "data", "leads_to"),
    [
        (MIDDAY, {"focus_level": "3"}, day_url()),
        (WEEK, {"week_rating": "8"}, reverse("reflections:list")),
        (f"{day_url()}one-question/morning_mood/", {"morning_mood": "4"}, day_url()),
    ],
)
def test_a_save_is_answered_explicitly(browser, person, address, data, leads_to):
    answer = send(browser, person, data, address)

    assert answer.json() == {"saved": True, "address": leads_to}


def test_the_next_page_says_so_and_offers_to_undo_it(browser, person):
    send(browser, person, {"focus_level": "3"})

    text = browser.get("/").content.decode()

    assert "Midday saved" in text and 'name="envelope"' in text


@pytest.mark.parametrize(
    ("address", "data"),
    [
        (MIDDAY, {"focus_level": "11"}),
        (MIDDAY, {"focus_level": "3", "today": "2026-05-04"}),  # Which day is meant?
        (WEEK, {"week_rating": "11"}),
    ],
)
def test_a_question_or_an_error_is_no_save(browser, person, address, data):
    assert send(browser, person, data, address).json() == {"saved": False}
    assert not DailyLog.objects.filter(focus_level__isnull=False).exists()
    assert not person.weekly_reflections.exists()


def test_a_conflict_is_never_resolved(browser, person):
    log = make_log(person, focus_level=5)
    version = browser.get(MIDDAY).context["form"].version
    DailyLog.objects.update(focus_level=9)

    answer = send(browser, person, {"focus_level": "3", "version": version})

    assert answer.json() == {"saved": False}
    log.refresh_from_db()
    assert log.focus_level == 9


def test_the_next_page_removes_no_drafts(browser, person):
    """The script has removed the one that was sent. The message may be shown much later, beside another tab's draft."""
    for template, data in (
        ("logs/check_in.html", {"focus_level": "3"}),
        ("reflections/week.html", {"week_rating": "8"}),
        ("logs/_one_question.html", {"morning_mood": "4"}),
    ):
        send(browser, person, data, FORMS[template])
    send(browser, person, {"day_rating": "3"}, FORMS["logs/catch_up.html"])

    text = browser.get("/").content.decode()

    assert (
        all(each in text for each in ("Midday saved", "Your week is saved", "Saved.", "Saved for"))
        and "data-saved" not in text
    )


def test_messages_that_no_page_has_shown_stay_for_the_next(browser, person):
    send(browser, person, {"focus_level": "3"})
    send(browser, person, {"sleep_hours": "many", "morning_mood": "4"}, check_in_url("morning"))

    text = browser.get("/").content.decode()

    assert "Midday saved" in text
    assert "The other answers are saved." in text and 'name="envelope"' in text


def test_another_account_is_refused(browser, person):
    other = make_person()

    answer = send(browser, other, {"focus_level": "3"})

    assert (answer.status_code, answer.content) == (403, b"{}")
    assert not DailyLog.objects.exists()


FORMS = {
    "logs/check_in.html": MIDDAY,
    "logs/_one_question.html": f"{day_url()}one-question/morning_mood/",
    "logs/catch_up.html": f"{day_url()}catch-up/",
    "reflections/week.html": WEEK,
}


def test_each_template_with_drafts_is_one_of_these():
    folder = settings.BASE_DIR / "templates"

    found = {str(path.relative_to(folder)) for path in folder.rglob("*.html") if "data-draft=" in path.read_text()}

    assert found == FORMS.keys()


@pytest.mark.parametrize("template", FORMS)
def test_each_form_with_drafts_leads_to_a_view_that_takes_waiting_saves(browser, person, template):
    """Another view would answer with a redirect, which the script can not tell from a login that has ended."""
    page = browser.get(FORMS[template])
    assert template in [each.name for each in page.templates]
    [form] = re.findall(r"<form [^>]*data-draft=[^>]*>", page.content.decode())
    address = unescape(re.search(r'action="([^"]*)"', form)[1])

    answer = send(browser, make_person(), {}, address)

    assert (answer.status_code, answer.content) == (403, b"{}")


def test_a_token_of_a_former_login_is_refused(browser, person):
    token = ask(browser)["token"]
    browser.force_login(make_person())  # Sets another token, as each login does.

    assert send(browser, person, {"focus_level": "3"}, token=token).status_code == 403
    assert not DailyLog.objects.exists()


def test_a_session_that_has_ended_leads_to_the_login_as_for_any_page(browser, person):
    token = ask(browser)["token"]
    browser.session.flush()

    answer = send(browser, person, {"focus_level": "3"}, token=token)

    assert answer.status_code == 302 and "/accounts/login/" in answer.url


@pytest.mark.parametrize(
    ("address", "data"),
    [
        (MIDDAY, {"focus_level": "3", "lunch": " Soup\r\nand  bread "}),
        (
            check_in_url("medication"),
            {
                "medication_taken": "true",
                "doses-TOTAL_FORMS": "2",
                "doses-INITIAL_FORMS": "0",
                "doses-0-medication": "Concerta",
                "doses-0-amount": "36",
                "doses-0-unit": "mg",
                "doses-0-taken_at": "08:00",
                "doses-1-medication": "Concerta",
                "doses-1-amount": "36",
                "doses-1-unit": "mg",
            },
        ),
        (WEEK, {"week_rating": "8", "week_highlights": "A walk"}),
    ],
)
def test_the_same_save_twice_is_stored_once(browser, person, address, data):
    """The answer to the first was lost. With the version of the page that both came from, nothing more is changed."""
    data |= {"version": browser.get(address).context["form"].version, "asked-names": " ".join(data)}
    assert send(browser, person, data, address).json()["saved"]
    rows = stored(person)
    browser.get("/")

    assert send(browser, person, data, address).json()["saved"]

    assert stored(person) == rows
    assert 'name="envelope"' not in browser.get("/").content.decode(), "There is nothing to undo."


def stored(person) -> list:
    """All rows with answers, and when they were changed."""
    rows = [*person.daily_logs.values(), *person.weekly_reflections.values()]
    rows += [*Dose.objects.filter(user=person).values(), *Medication.objects.filter(user=person).values()]
    return rows
