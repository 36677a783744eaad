"""Dates and times are written in one form a person: on pages, in messages, in the admin."""

import datetime
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, get_format, time_format

from accounts.models import User
from accounts.tests.codes import confirm_by_password, switch_on
from accounts.tests.factories import PASSWORD, make_person
from brainlog import formats
from brainlog.formats import DATES, TIMES, Formats
from brainlog.formats.locales import conventions_of
from brainlog.tests.addresses import ADDRESSES, ADMIN, DAY, ROW, SUNDAY
from logs.tests.factories import make_dose, make_full_log, make_medication
from reflections.tests.factories import make_reflection

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
GERMAN = Formats("dotted", "24")
EVENING = datetime.datetime(2026, 5, 4, 19, 5, tzinfo=datetime.UTC)


# The forms


@pytest.mark.parametrize(
    ("date_form", "date", "month_day"),
    [
        ("day-first", "4 May 2026", "4 May"),
        ("month-first", "May 4, 2026", "May 4"),
        ("dotted", "04.05.2026", "04.05."),
        ("iso", "2026-05-04", "2026-05-04"),
    ],
)
@pytest.mark.parametrize(("hours", "time"), [("12", "7:05 p.m."), ("24", "19:05")])
def test_django_writes_dates_and_times_in_the_active_form(date_form, date, month_day, hours, time):
    with formats.override(Formats(date_form, hours)):
        assert date_format(DAY) == date_format(DAY, "SHORT_DATE_FORMAT") == date
        assert date_format(DAY, "MONTH_DAY_FORMAT") == month_day
        assert date_format(DAY, "YEAR_MONTH_FORMAT") == "May 2026"
        assert time_format(EVENING.time()) == time
        assert date_format(EVENING, "DATETIME_FORMAT") == f"{date}, {time}"
        text = '{{ day }}|{{ day|date:"DATE_FORMAT" }}|{{ day|date }}|{{ at|time:"TIME_FORMAT" }}|{{ at }}'
        written = Template(text).render(Context({"day": DAY, "at": EVENING.time()}))
        assert written == "|".join([date, date, date, time, time])


def test_every_form_that_a_person_can_choose_exists_and_its_label_is_an_example():
    assert set(DATES) == set(User.DateFormat.values)
    assert set(TIMES) == set(User.HourFormat.values)
    for form in User.DateFormat:
        with formats.override(Formats(form.value, "12")):
            assert date_format(DAY) == form.label
    for hours in User.HourFormat:
        with formats.override(Formats("iso", hours.value)):
            assert time_format(EVENING.time()) == hours.label


def test_a_form_ends_with_its_block():
    with formats.override(GERMAN):
        pass

    assert formats.active() == Formats()


def test_numbers_and_inputs_stay_as_django_has_them():
    assert get_format("DECIMAL_SEPARATOR") == "."
    assert "%Y-%m-%d" in get_format("DATE_INPUT_FORMATS")


def test_formats_are_json_for_the_scripts_of_the_admin(admin_client):
    assert json.dumps(get_format("DATE_FORMAT"))
    assert admin_client.get(reverse("admin:jsi18n")).status_code == 200


# Of places


@pytest.mark.parametrize(
    ("header", "date_form", "hours", "first_weekday"),
    [
        ("", "month-first", "12", "sunday"),
        ("*", "month-first", "12", "sunday"),
        ("en", "month-first", "12", "sunday"),
        ("en-US,en;q=0.9,de;q=0.8", "month-first", "12", "sunday"),
        ("en-GB,en;q=0.9", "day-first", "24", "monday"),
        ("en-AU", "day-first", "12", "monday"),
        ("de", "dotted", "24", "monday"),
        ("de-AT,de;q=0.9,en;q=0.8", "dotted", "24", "monday"),
        ("en;q=0.5, fr-FR", "day-first", "24", "monday"),
        ("fr-CA", "day-first", "24", "sunday"),
        ("en-CA", "month-first", "12", "sunday"),
        ("zh-Hant-TW", "iso", "12", "sunday"),
        ("ja", "iso", "24", "sunday"),
        ("ar", "day-first", "12", "saturday"),
        ("fa-IR", "day-first", "24", "saturday"),
        ("es-419", "day-first", "24", "monday"),
        ("pt-BR", "day-first", "24", "sunday"),
        ("x" * 5000, "month-first", "12", "sunday"),
        ("de-DE;q=nonsense", "month-first", "12", "sunday"),
    ],
)
def test_what_is_usual_follows_the_first_language_of_the_browser(header, date_form, hours, first_weekday):
    conventions = conventions_of(header[:500])

    assert conventions.formats == Formats(date_form, hours)
    assert conventions.week_starts_on == first_weekday


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de-DE,de", ("dotted", "24", "monday")), ("en-US", ("month-first", "12", "sunday"))],
)
def test_a_new_person_has_the_forms_of_their_browser(client, db, language, expected):
    sent = {"username": "maria", "password1": PASSWORD, "password2": PASSWORD, "timezone": "Europe/Berlin"}

    client.post(reverse("accounts:signup"), sent, headers={"accept-language": language})

    person = User.objects.get()
    assert (person.date_format, person.hour_format, person.week_starts_on) == expected


def test_the_forms_follow_the_person_and_not_the_browser(client, db):
    client.force_login(make_person(date_format="iso", hour_format="24", day_ends_at=4))

    page = client.get("/accounts/profile/", headers={"accept-language": "en-US"}).content.decode()

    assert '<option value="4" selected>04:00</option>' in page


def test_a_person_added_by_staff_has_the_clock_and_calendar_of_the_staff_member(client, db):
    keeper = make_person(
        is_staff=True,
        is_superuser=True,
        timezone="Europe/Berlin",
        week_starts_on="monday",
        hour_format="24",
        date_format="dotted",
    )
    client.force_login(keeper)
    sent = {"username": "new", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}

    assert client.post(reverse("admin:accounts_user_add"), sent).status_code == 302

    new = User.objects.get(username="new")
    names = ("timezone", "week_starts_on", "hour_format", "date_format")
    assert [getattr(new, name) for name in names] == ["Europe/Berlin", "monday", "24", "dotted"]


# On every page


class Shown(HTMLParser):
    """Collects what a page says, without the examples of the form of dates and times."""

    def __init__(self):
        super().__init__()
        self.texts: list[str] = []
        self.is_example = False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "input":
            self.is_example = attrs.get("name") in {"hour_format", "date_format"}
        if tag == "option":
            self.is_example = attrs.get("value") in {*User.HourFormat.values, *User.DateFormat.values}
        self.texts += [attrs[name] for name in ("title", "aria-label", "alt") if attrs.get(name)]

    def handle_endtag(self, tag):
        if tag in {"label", "option"}:
            self.is_example = False

    def handle_data(self, data):
        if not self.is_example:
            self.texts.append(data)


# 7 a.m., noon; May 4, May 4, 2026; 4 May 2026; 5/4/2026; 2026-05-04
MONTHS = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
OTHER_FORMS = re.compile(
    rf"\b[ap]\.m\.|\b[AP]M\b|\bnoon\b|\bmidnight\b|\b{MONTHS}\.? \d\d?\b(?!:)|\b\d\d? {MONTHS}\b"
    r"|\b\d\d?/\d\d?/\d\d|\b\d{4}-\d\d-\d\d\b"
)


def other_forms_in(html: str) -> list[str]:
    """The dates and times on the page that are not in German form."""
    page = Shown()
    page.feed(html)
    return [match[0] for text in page.texts for match in OTHER_FORMS.finditer(text)]


def test_other_forms_are_found():
    html = '<p>7 a.m.</p><p>Since May 4, 2026</p><a title="5/4/2026">at noon</a><p>4 May</p><p>2026-05-04</p>'

    assert len(other_forms_in(html)) == 6
    assert other_forms_in("<p>04.05.2026, 19:05, 04.05. – 10.05., May 2026, 07:00 to 09:00</p>") == []


@pytest.fixture
def keeper(client, db):
    """A superuser with German forms, whose rows lie at all addresses."""
    keeper = make_person(
        pk=ROW, username="keeper", is_staff=True, is_superuser=True, date_format="dotted", hour_format="24"
    )
    log = make_full_log(keeper, DAY, pk=ROW)
    make_dose(log, make_medication(keeper, pk=1), pk=ROW)
    make_medication(keeper, "Tea", pk=ROW)
    make_reflection(keeper, SUNDAY, pk=ROW, completed_at=timezone.now())
    client.force_login(keeper)
    switch_on(client)
    return keeper


@pytest.mark.usefixtures("keeper")
def test_no_page_of_a_german_has_a_date_or_time_in_another_form(client):
    confirm_by_password(client)
    found, seen = {}, 0
    for address in [*ADDRESSES, *ADMIN]:
        response = client.get(address.path)
        if response.status_code == 200 and response.headers["Content-Type"].startswith("text/html"):
            seen += 1
            if others := other_forms_in(response.content.decode()):
                found[address.name] = others

    assert found == {}
    assert seen > 50
    page = client.get(f"/logs/{DAY}/").content.decode()
    assert "04.05.2026" in page and "Concerta 36 mg at 08:15" in page


# One place


RAW_FILTER = re.compile(r"\|(?:date|time)(?::(?:\"([^\"]*)\"|'([^']*)'))?")
SHARED = {"DATE_FORMAT", "TIME_FORMAT", "DATETIME_FORMAT", "YEAR_MONTH_FORMAT", "MONTH_DAY_FORMAT"}
SINGLE_WORDS = {"l", "M", "Y"}  # a weekday, a month, a year
FOR_MACHINES = {"Y-m-d", "Y-m"}  # in attributes


def raw_filters_in(source: str) -> list[str]:
    allowed = SHARED | SINGLE_WORDS | FOR_MACHINES | {""}
    return [match[0] for match in RAW_FILTER.finditer(source) if (match[1] or match[2] or "") not in allowed]


def test_templates_name_shared_forms_only():
    paths = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    found = {str(path.relative_to(ROOT)): raw_filters_in(path.read_text(encoding="utf-8")) for path in paths}

    assert {path: filters for path, filters in found.items() if filters} == {}
    assert raw_filters_in("""{{ a|date:"j F Y" }}{{ a|time:'H:i' }}{{ a|date:"SHORT_DATE_FORMAT" }}""") != []


def test_python_names_shared_forms_only():
    """The first argument of a pattern is a shared name, or a single word; strftime is for machines."""
    call = re.compile(r"\b(?:date_format|time_format|format_date)\([^()]*(?:\([^()]*\))?[^()]*, \"([^\"]+)\"")
    for path in ROOT.glob("[a-z]*/**/*.py"):
        if path.is_relative_to(ROOT / "brainlog" / "formats") or "tests" in path.parts:
            continue
        names = {match[1] for match in call.finditer(path.read_text(encoding="utf-8"))}
        assert names <= SHARED | SINGLE_WORDS | {"M Y"}, path


def test_scripts_write_dates_in_one_place():
    users = [path.name for path in (ROOT / "static" / "js").glob("*.js") if "dateStyle" in path.read_text()]
    writers = [path.name for path in (ROOT / "static" / "js").glob("*.js") if "toLocale" in path.read_text()]

    assert users == ["zone-question.js"]  # It compares clocks, and shows none.
    assert writers == []


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
@pytest.mark.parametrize("name", sorted(SHARED | {"SHORT_DATE_FORMAT", "SHORT_DATETIME_FORMAT"}))
def test_every_language_has_the_forms(language, name):
    """A language without formats of its own would have Django's, which follow no person."""
    assert isinstance(get_format(name, lang=language), formats.ActivePattern)
