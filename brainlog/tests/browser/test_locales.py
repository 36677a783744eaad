"""What is usual in places agrees with the CLDR in Chromium; scripts write dates and times as pages do."""

import datetime
import re

import pytest
from django.conf import settings
from django.utils.formats import date_format
from playwright.sync_api import expect

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_person
from brainlog import formats
from brainlog.formats import DATES, TIMES, Formats
from brainlog.formats.locales import conventions_of
from brainlog.tests.browser.steps import come_in, field, offer, press, type_note

pytestmark = pytest.mark.once

# Facts of each locale: the hours of its clock, its first weekday (7 is Sunday), the order and the signs of a date.
FACTS = """tags => tags.map(tag => {
    const locale = new Intl.Locale(tag);
    const first = (locale.getWeekInfo?.() ?? locale.weekInfo).firstDay;
    const options = { dateStyle: "medium", timeStyle: "short", calendar: "gregory", numberingSystem: "latn" };
    const format = new Intl.DateTimeFormat(tag, options);
    const parts = format.formatToParts(new Date(2026, 4, 24)).filter(({ type }) => /^(day|month|year)$/.test(type));
    const order = parts.map(({ type }) => type[0]).join("");
    const isDotted = /^\\d+\\. ?\\d+\\./.test(format.format(new Date(2026, 4, 24)));
    const { hour12, locale: known } = format.resolvedOptions();
    return known.startsWith(locale.language) ? [first, hour12, order, isDotted] : null;
})"""
SCRIPT = (settings.BASE_DIR / "static" / "js" / "formats.js").read_text()
WEEKDAYS = {1: "monday", 6: "saturday", 7: "sunday"}
TAGS = [
    *("en", "en-US", "en-GB", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-PH", "en-ZA", "en-001", "en-150"),
    *("de", "de-AT", "de-CH", "fr", "fr-BE", "fr-CA", "es", "es-AR", "es-MX", "es-US", "it", "nl", "pl", "sv", "nb"),
    *("da", "fi", "cs", "sk", "hu", "ro", "bg", "el", "tr", "ru", "uk", "pt", "pt-PT", "he", "ar", "ar-SA", "ar-AE"),
    *("ja", "ko", "zh", "zh-TW", "zh-HK", "th", "vi", "id", "ms", "fil", "hi", "bn", "ta", "ur", "ne", "lt", "et"),
    *("af", "am", "as", "fo", "gsw", "gu", "is", "km", "kn", "lo", "ml", "mr", "my", "or", "sq", "sr"),
    *("sw", "te", "so", "zu", "xh", "eu", "mn", "hr", "sl", "ca", "ga", "cy", "mt", "ps"),
]


def test_the_table_agrees_with_the_cldr(page, live_server):
    page.goto("/accounts/login/")
    disagreements = {}
    # Chromium comes without some of the languages.
    found = {tag: facts for tag, facts in zip(TAGS, page.evaluate(FACTS, TAGS), strict=True) if facts}
    assert len(found) > 70
    for tag, (first, has_twelve, order, is_dotted) in found.items():
        if order == "ymd":
            date_form = "iso"
        elif order == "mdy":
            date_form = "month-first"
        else:
            date_form = "dotted" if is_dotted else "day-first"
        usual = conventions_of(tag)
        ours = (usual.week_starts_on, usual.formats.hour_format, usual.formats.date_format)
        theirs = (WEEKDAYS[first], "12" if has_twelve else "24", date_form)
        if ours != theirs:
            disagreements[tag] = (ours, theirs)

    assert disagreements == {}, disagreements


@pytest.mark.parametrize("date_form", DATES)
@pytest.mark.parametrize("hours", TIMES)
def test_scripts_write_dates_and_times_as_pages_do(page, live_server, db, date_form, hours):
    come_in(page, live_server, make_person(date_format=date_form, hour_format=hours)).goto("/")
    moments = [datetime.datetime(2026, 9, 4, 19, 5), datetime.datetime(2026, 11, 24, 7, 0)]

    with formats.override(Formats(date_form, hours)):
        ours = [date_format(moment, "DATETIME_FORMAT") for moment in moments]
    for moment, text in zip(moments, ours, strict=True):
        parts = [moment.year, moment.month - 1, moment.day, moment.hour, moment.minute]
        assert page.evaluate(f"parts => {{ {SCRIPT} return formats.dateTime(new Date(...parts)) }}", parts) == text


def test_an_offered_draft_says_when_in_the_persons_form(page, live_server, db):
    come_in(page, live_server, make_person(date_format="dotted", hour_format="24"))
    type_note(page)

    page.reload()

    expect(offer(page).locator("time")).to_have_text(re.compile(r"^\d\d\.\d\d\.\d{4}, \d\d:\d\d$"))


def test_a_german_phone_signs_up_in_its_zone_and_forms(new_page, live_server, db):
    page = new_page(locale="de-DE", timezone_id="Europe/Vienna")
    page.goto("/accounts/signup/")
    expect(field(page, "timezone")).to_have_value("Europe/Vienna")
    field(page, "username").fill("maria")
    field(page, "password1").fill(PASSWORD)
    field(page, "password2").fill(PASSWORD)

    press(page, "Sign up")

    expect(page.get_by_text("07:00 to 09:00")).to_be_visible()
    person = User.objects.get()
    assert (person.timezone, person.date_format, person.week_starts_on) == ("Europe/Vienna", "dotted", "monday")
