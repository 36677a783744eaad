"""What I wrote: words of past days to be read again, by theme and month."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.tests.factories import make_person
from encryption import cipher
from insights.models import HiddenDay
from insights.tests.factories import DAY
from insights.words import THEMES, words_of
from logs.periods import Month
from logs.tests.columns import put
from logs.tests.factories import make_log
from reflections.tests.factories import SUNDAY, make_reflection

pytestmark = pytest.mark.usefixtures("noon")

WORDS, HIDE, SHOW, HIDDEN = (f"/insights/words/{name}" for name in ("", "hide/", "show/", "hidden/"))
ONE_DAY = datetime.timedelta(days=1)
MARCH = datetime.date(2026, 3, 10)


def texts_of(sections) -> dict[str, list[str]]:
    return {section.theme.slug: [entry.text for entry in section.entries] for section in sections}


def shown(response) -> dict[str, list[str]]:
    return texts_of(response.context["words"].sections)


@pytest.fixture
def written(person):
    """Words of every theme in May, and some in March."""
    make_log(person, DAY, gratitude="Sun", accomplishments="Tax <return>", thought_for_tomorrow="Rest", dreams="Flying")
    make_log(person, DAY - ONE_DAY, gratitude="Rain\n\nAnd tea", day_rating=8, improvements="All wrong")
    make_reflection(person, SUNDAY, lessons_learned="I like mornings", week_challenges="A quarrel")
    make_log(person, MARCH, gratitude="Snow")
    make_log(make_person(), DAY, gratitude="Of another person")
    return person


def test_the_newest_month_is_read_by_theme(as_person, written):
    page = as_person.get(WORDS)

    assert shown(page) == {
        "gratitude": ["Sun", "Rain\n\nAnd tea"],
        "accomplishments": ["Tax <return>"],
        "lessons": ["I like mornings"],
        "tomorrow": ["Rest"],
    }
    assertContains(page, "Tax &lt;return&gt;")
    assertContains(page, f'<a href="/logs/{DAY}/">Monday, May 4, 2026</a>')
    assertContains(page, f'<a href="/reflections/{SUNDAY}/">')
    for text in ("Flying", "All wrong", "A quarrel", "Of another person", "Snow"):
        assertNotContains(page, text)
    assertContains(page, "?month=2026-03")


def test_a_theme_and_a_month_are_chosen_in_the_address(as_person, written):
    assert shown(as_person.get(WORDS, {"theme": "lessons"})) == {"lessons": ["I like mornings"]}
    march = as_person.get(WORDS, {"month": "2026-03", "theme": "gratitude"})
    assert shown(march) == {"gratitude": ["Snow"]}
    assertContains(march, "?month=2026-05&amp;theme=gratitude")
    # A month between has nothing, and leads to those that have something.
    april = as_person.get(WORDS, {"month": "2026-04"}).context["words"]
    assert (april.sections, april.before, april.after) == ([], Month(MARCH.replace(day=1)), Month(DAY.replace(day=1)))


@pytest.mark.parametrize(
    "asked", [{"theme": "dreams"}, {"month": "2026-13"}, {"month": "1899-12"}, {"month": "x"}, {"month": "9999-01"}]
)
def test_what_is_no_theme_or_month_is_not_there(as_person, asked):
    assert as_person.get(WORDS, asked).status_code == 404


def test_nothing_written_is_said(as_person):
    assertContains(as_person.get(WORDS), "Nothing to read here in May 2026.")
    assertContains(as_person.get(HIDDEN), "None.")
    assert as_person.get(HIDDEN, {"page": 2}).status_code == 404


def test_it_never_opens_with_a_hard_day(as_person, written):
    """Hard by the rating, else by a mood; a week by its rating."""
    make_log(written, DAY + ONE_DAY, gratitude="It is over", day_rating=1, overall_mood=9)
    make_log(written, DAY - 2 * ONE_DAY, gratitude="A call", overall_mood=3)
    make_log(written, DAY - 3 * ONE_DAY, gratitude="A letter", overall_mood=4, morning_mood=1)
    make_reflection(written, SUNDAY - 7 * ONE_DAY, lessons_learned="Never again", week_rating=2)

    page = as_person.get(WORDS)

    assert shown(page)["gratitude"] == ["Sun", "Rain\n\nAnd tea", "A letter"]
    assert texts_of(page.context["words"].hard) == {"gratitude": ["It is over", "A call"]}
    assertContains(page, "2 hard days are folded away here")
    html = page.content.decode()
    assert html.index("<details") > html.index("Rest")


def test_a_day_is_hidden_and_shown_again(as_person, written):
    hidden = as_person.post(HIDE, {"day": DAY.isoformat(), "theme": "gratitude"}, follow=True)

    assertRedirects(hidden, f"{WORDS}?month=2026-05&theme=gratitude")
    assert shown(hidden) == {"gratitude": ["Rain\n\nAnd tea"]}
    as_person.post(HIDE, {"day": DAY.isoformat()})
    assert HiddenDay.objects.count() == 1
    assertContains(as_person.get(HIDDEN), "Monday, May 4, 2026")
    assertContains(as_person.get(f"/logs/{DAY}/"), "Sun")
    # By the button beside the message, and by that of the list.
    *_others, message = hidden.context["messages"]
    as_person.post(message.undo_address, {"envelope": message.envelope})
    assert shown(as_person.get(WORDS))["gratitude"] == ["Sun", "Rain\n\nAnd tea"]
    as_person.post(HIDE, {"day": DAY.isoformat()})
    assertContains(as_person.post(SHOW, {"day": DAY.isoformat()}, follow=True), "Monday, May 4, 2026 is shown again.")
    assert not HiddenDay.objects.exists()


def test_a_week_is_hidden_without_the_day_it_begins_on(as_person, written):
    make_log(written, SUNDAY - 7 * ONE_DAY, gratitude="Sunday")
    make_reflection(written, SUNDAY - 7 * ONE_DAY, lessons_learned="Less")

    as_person.post(HIDE, {"week": (SUNDAY - 7 * ONE_DAY).isoformat()})

    april = as_person.get(WORDS, {"month": "2026-04"})
    assert shown(april) == {"gratitude": ["Sunday"]}
    assertContains(as_person.get(HIDDEN), "Week of Apr 26, 2026")


def test_a_hidden_day_is_no_reason_for_a_month(as_person, written):
    as_person.post(HIDE, {"day": MARCH.isoformat()})

    assert as_person.get(WORDS).context["words"].before is None


@pytest.mark.parametrize("sent", [{}, {"day": "x"}, {"day": "2026-05-30"}, {"week": DAY.isoformat()}, {"day": ["\0"]}])
def test_only_days_of_ones_own_are_hidden(as_person, written, sent):
    make_log(make_person(), datetime.date(2026, 5, 30))

    assert as_person.post(HIDE, sent).status_code == 404
    assert not HiddenDay.objects.exists()


def test_a_theme_that_is_none_hides_nothing(as_person, written):
    assert as_person.post(HIDE, {"day": DAY.isoformat(), "theme": "x"}).status_code == 404
    assert as_person.post(SHOW, {"envelope": "x"}).status_code == 404


def test_a_text_that_cannot_be_read_breaks_nothing(as_person, written):
    put(written.daily_logs.get(date=DAY), "gratitude", "bl1.test." + "A" * 60)

    page = as_person.get(WORDS)

    assertContains(page, "This text cannot be read")
    assertContains(page, "And tea")


def test_only_what_is_shown_is_decrypted(as_person, written, monkeypatch):
    decrypted = []
    decrypt = cipher.decrypt
    monkeypatch.setattr(cipher, "decrypt", lambda token, *data: decrypted.append(data[1]) or decrypt(token, *data))

    words_of(written, THEMES[:1], None)

    assert decrypted == ["gratitude"] * 2


def test_ten_years_cost_as_many_queries_as_a_day(as_person, written):
    def queries():
        with CaptureQueriesContext(connection) as found:
            as_person.get(WORDS)
        return len(found)

    few = queries()
    for number in range(1, 200):
        make_log(written, MARCH - number * ONE_DAY, gratitude="Again")

    assert queries() == few <= 12


def test_the_page_of_trends_leads_to_all_that_looks_back(as_person):
    page = as_person.get("/insights/")

    for path in (WORDS, "/insights/events/", "/insights/report/", "/insights/year/2026/"):
        assertContains(page, f'href="{path}"')
    for path in ("/reflections/2026-05-05/#numbers", "/reflections/numbers/2026-05/", "/reflections/numbers/2026/"):
        assertContains(page, f'href="{path}"')
