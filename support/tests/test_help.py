"""The page of help: open to everyone, the own plan first, the lines of a country; and its link on every page."""

import datetime
import re
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import timezone_names
from accounts.tests.factories import make_person
from logs.tests.pages import check_in_url, day_url
from support import checks
from support.countries import IN_THE_EU, country_of_languages, country_of_zone, names
from support.models import HelpLine, SupportPlan, countries_of
from support.tests.factories import make_line, make_shipped_lines

pytestmark = pytest.mark.django_db

URL = reverse("support:help")


@pytest.fixture(autouse=True)
def shipped_lines(db):
    """Those of the migration: tests of transactions before this one may have emptied the table."""
    make_shipped_lines()


LINK = '<a href="/help/">Need to talk to someone?</a>'


def names_of_lines(response) -> list[str]:
    return [line.name for line in response.context["lines"]]


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        ({"timezone": "America/Chicago"}, ["988 Suicide & Crisis Lifeline"]),
        ({"timezone": "Europe/London"}, ["Samaritans", "Shout"]),
        ({"timezone": "Europe/Dublin"}, ["Emergency number", "Samaritans"]),
        ({"timezone": "Europe/Berlin"}, ["Emergency number"]),
        ({"timezone": "Asia/Tokyo"}, []),
        ({"timezone": "UTC"}, []),
    ],
)
def test_the_lines_are_those_of_the_time_zone(client, facts, lines):
    client.force_login(make_person(**facts))

    page = client.get(URL)

    assert names_of_lines(page) == lines
    assertContains(page, 'href="https://findahelpline.com/"')
    assertContains(page, "call your emergency number")
    assertContains(page, "it does not read it, and sends no message to anyone")


def test_another_country_can_be_chosen(as_person):
    page = as_person.get(URL, {"country": "GB"})

    assert names_of_lines(page) == ["Samaritans", "Shout"]
    for part in ('href="tel:116123"', "Call 116 123", 'href="sms:85258?body=SHOUT"', "Text SHOUT to 85258"):
        assertContains(page, part)
    assertContains(page, '<option value="GB" selected>')


@pytest.mark.parametrize("country", ["", "XX", "JP", "us", "\0", "US" * 500, "<b>"])
def test_a_country_without_lines_is_refused_in_words(as_person, country):
    page = as_person.get(URL, {"country": country})

    assert names_of_lines(page) == ["988 Suicide & Crisis Lifeline"]
    assertContains(page, "Please choose a country from the list.")
    assertContains(page, '<option value="US" selected>')


@pytest.mark.parametrize(
    ("header", "country"),
    [("en-GB,en;q=0.5", "GB"), ("de", None), ("zh-Hant-TW", "TW"), ("", None), ("x" * 9999, None)],
)
def test_a_visitor_gets_the_lines_of_the_language(client, header, country):
    page = client.get(URL, headers={"Accept-Language": header})

    assert country_of_languages(header) == country
    assertContains(page, "findahelpline.com")
    assertNotContains(page, "Your plan")
    assert page.context["plan"] is None and len(page.context["form"].fields["country"].choices) == 29


def test_every_zone_that_is_offered_has_a_country_or_none():
    found = {country_of_zone(zone) for zone in timezone_names()}

    assert found - {None} <= names().keys() and len(found) > 200
    assert len(IN_THE_EU) == 27 and names().keys() >= IN_THE_EU


def test_the_own_plan_comes_first(as_person, person):
    assertContains(as_person.get(URL), "Write your plan")
    SupportPlan.objects.create(user=person, plan="Go out\n\n<b>Call</b>", people="Ada 555")

    page = as_person.get(URL).content.decode()

    places = [page.index(text) for text in ("Ada 555", "Go out", "&lt;b&gt;Call", "988 Suicide")]
    assert places == sorted(places) and "Change it" in page


def test_no_one_sees_the_plan_of_another(as_person):
    SupportPlan.objects.create(user=make_person(), plan="A secret plan", people="A secret friend")

    assertNotContains(as_person.get(URL), "secret")
    assertNotContains(as_person.get(reverse("support:plan")), "secret")


def test_the_link_is_on_every_page(as_person):
    pages = ["/", "/logs/", day_url(), check_in_url("evening"), "/accounts/profile/", "/reflections/", "/privacy/"]
    for path in pages:
        assertContains(as_person.get(path), LINK, html=True)
    for path in ("/", "/accounts/login/", "/offline/"):
        assertContains(Client().get(path), LINK, html=True)
    assertContains(as_person.get("/nowhere/"), LINK, html=True, status_code=404)
    for name in ("500.html", "503.html"):
        assert LINK in render_to_string(name)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (check_in_url("midday"), {"focus_level": "9"}),
        (f"{day_url()}one-question/overall_mood/", {"overall_mood": "9"}),
        (day_url(name="catch_up"), {"overall_mood": "9"}),
    ],
)
def test_the_link_is_on_the_receipt(as_person, path, data):
    page = as_person.post(path, data, follow=True)

    assert re.search(
        r'class="message success".*?<a class="aside" href="/help/">Need to talk', page.content.decode(), re.S
    )


# Lines


def test_a_line_without_a_way_to_reach_it_is_refused():
    with pytest.raises(IntegrityError):
        make_line(phone="")


@pytest.mark.parametrize(
    "columns", [{"country": "XX"}, {"phone": "call me"}, {"text_number": "x"}, {"source": "javascript:alert(1)"}]
)
def test_bad_columns_are_refused(columns):
    line = make_line()
    for name, value in columns.items():
        setattr(line, name, value)

    with pytest.raises(ValidationError) as refusal:
        line.full_clean()
    assert refusal.value.message_dict.keys() == columns.keys()


def test_a_word_that_does_not_fit_an_address_is_left_out():
    assert make_line(text_number="85 258", text_word="a&b").text_address == "sms:85258"


def test_lines_of_the_union_are_those_of_its_countries():
    lines = [make_line(country="EU"), make_line(country="AX")]

    assert set(countries_of(lines)) == IN_THE_EU | {"AX"}
    assert countries_of([]) == []


@pytest.fixture
def superuser(client, db):
    client.force_login(make_person(username="boss", is_staff=True, is_superuser=True))
    return client


def test_staff_edits_lines(superuser):
    line = {
        "country": "NZ",
        "name": "1737",
        "phone": "1737",
        "checked_on": "2026-11-30",
        "source": "https://1737.org.nz",
    }

    superuser.post(reverse("admin:support_helpline_add"), line)

    assertContains(superuser.get(reverse("admin:support_helpline_changelist")), "New Zealand")
    assert HelpLine.objects.get(country="NZ").phone == "1737"
    assertContains(superuser.post(reverse("admin:support_helpline_add"), line | {"phone": ""}), "Say how to reach it")
    for name in ("website", "source"):
        refused = superuser.post(reverse("admin:support_helpline_add"), line | {name: "ftp://1737.org.nz/"})
        assert name in refused.context["adminform"].form.errors


def test_what_was_not_checked_for_180_days_is_warned_of(superuser):
    HelpLine.objects.update(checked_on=timezone.now().date() - datetime.timedelta(days=180))
    path = reverse("admin:support_helpline_changelist")
    assert checks.check_help_lines(None, databases=["default"]) == []
    assertNotContains(superuser.get(path), "not checked for")

    line = HelpLine.objects.get(name="Shout")
    HelpLine.objects.filter(pk=line.pk).update(checked_on=line.checked_on - datetime.timedelta(days=1))

    [warning] = checks.check_help_lines(None, databases=["default"])
    assert warning.msg == "Help lines that were not checked for 180 days: Shout (Britain (UK))."
    assertContains(superuser.get(path), "1 line was not checked for 180 days.")


def test_lines_that_were_never_checked_are_warned_of_and_not_said_to_be_checked(superuser, shipped_lines):
    [warning] = checks.check_help_lines(None, databases=["default"])
    assert warning.msg.count("(") > 4
    page = superuser.get(reverse("admin:support_helpline_changelist"))
    assertContains(page, "5 lines were not checked for 180 days.")
    assertNotContains(superuser.get(f"{URL}?country=GB"), "Last checked")

    HelpLine.objects.filter(name="Shout").update(checked_on=datetime.date(2026, 11, 2))
    assertContains(superuser.get(f"{URL}?country=GB"), "Last checked on Nov 2, 2026.", count=1)


def test_the_check_needs_no_database(monkeypatch):
    def fail(*args):
        raise DatabaseError

    monkeypatch.setattr(checks, "unchecked_lines", fail)

    assert checks.check_help_lines(None, databases=["default"]) == []
    assert checks.check_help_lines(None) == []
    call_command("check")
    assert connection.is_usable()


def test_taking_the_first_lines_back_keeps_those_that_staff_has_edited():
    HelpLine.objects.filter(name="Shout").update(hours="on weekdays")
    HelpLine.objects.filter(country="US").update(checked_on=datetime.date(2026, 11, 2))
    make_line(country="NZ", name="1737")

    import_module("support.migrations.0002_few_help_lines").remove_lines(apps, SimpleNamespace(connection=connection))

    assert {(line.country, line.name) for line in HelpLine.objects.all()} == {
        ("GB", "Shout"),
        ("US", "988 Suicide & Crisis Lifeline"),
        ("NZ", "1737"),
    }
