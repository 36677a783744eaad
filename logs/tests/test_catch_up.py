"""Yesterday's missing scores on one page: offered on Today, saved as remembered later."""

import datetime

import pytest
import time_machine
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from accounts.tests.factories import make_person
from logs.models import DailyLog
from logs.question_changes import archive_question, delete_question
from logs.some_questions import missing_scores
from logs.stages import AFTERNOON, EVENING, MIDDAY, MORNING, STAGES
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import DAY, answers, asked, make_full_log, make_log
from logs.tests.own_questions import make_answer, make_question
from logs.tests.pages import check_in_url, errors_of, form_as_shown
from logs.tests.test_conflicts import conflicts_of
from logs.tests.test_queries import statements
from logs.tests.test_recorded import recorded
from logs.tests.test_undo import last_text, save, undo

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

ONE_DAY = datetime.timedelta(days=1)
TODAY = DAY + ONE_DAY
URL, DECLINE = f"/logs/{DAY}/catch-up/", f"/logs/{DAY}/catch-up/not-now/"
OFFER = f'href="{URL}"'
# In the order of the day, those asked first; one more is folded away.
FIRST = [
    *("sleep_quality", "morning_mood", "focus_level", "energy_level", "rumination_level"),
    *("anxiety_level", "overall_mood", "day_rating"),
]
# How many queries a save may take: session and person, the day, five sets of questions, the save, the version, the
# day that is not offered any more.
MOST_TO_SAVE = 13


@pytest.fixture
def person(person):
    """Joined a week ago."""
    person.date_joined = datetime.datetime(2026, 4, 28, 12, tzinfo=NEW_YORK)
    person.save()
    return person


def fresh(person) -> User:
    return User.objects.get(pk=person.pk)


def is_offered(client) -> bool:
    return OFFER in client.get("/").content.decode()


def shown(client, url=URL) -> dict:
    return form_as_shown(client.get(url))


def names(response) -> list[str]:
    return [question.name for question in response.context["form"].questions]


# ── The offer ────────────────────────────────────────────────────────────────────────────────────


def test_a_day_without_any_answer_is_offered(as_person):
    page = as_person.get("/")

    assertContains(page, OFFER)
    assertContains(page, "Yesterday, if you like")


def test_so_is_one_with_a_check_in_that_is_not_done(as_person, person):
    make_full_log(person, DAY, anxiety_level=None, afternoon_completed_at=None)

    assert is_offered(as_person)


def test_a_full_day_is_not_offered(as_person, person):
    make_full_log(person, DAY)  # Sleepiness, which is folded away, has no answer.

    assert not is_offered(as_person)


def test_one_that_misses_no_score_is_not_offered(as_person, person):
    make_full_log(person, DAY, medication_taken=None, medication_completed_at=None, sleep_hours=None)
    person.daily_logs.update(morning_completed_at=None)

    assert not is_offered(as_person)


@pytest.mark.parametrize(
    "why", ["not tracked", "before the first day", "paused", "paused for good", "declined", "one question"]
)
def test_it_is_not_offered(as_person, person, why):
    assert is_offered(as_person)
    people = User.objects.filter(pk=person.pk)
    match why:
        case "not tracked":
            make_log(person, DAY, not_tracked="ill")
        case "before the first day":
            people.update(date_joined=datetime.datetime(2026, 5, 5, 9, tzinfo=NEW_YORK))
        case "paused":
            people.update(notices_paused_until=TODAY + ONE_DAY)
        case "paused for good":
            people.update(notices_paused_until=User.FOR_GOOD)
        case "declined":
            person.decline_catch_up(DAY)
        case "one question":  # One answer was enough yesterday.
            person.ask_one_question_on(DAY)

    assert not is_offered(as_person)


def test_nothing_is_offered_on_a_day_of_one_question(as_person, person):
    person.ask_one_question_on(TODAY)

    page = as_person.get("/")

    assertNotContains(page, OFFER)


def test_a_check_in_that_is_off_does_not_count(as_person, person):
    make_full_log(person, DAY, anxiety_level=None, afternoon_completed_at=None)
    as_person.post("/logs/questions/", {"afternoon": "off", "check_in": "afternoon"})

    assert not is_offered(as_person)


def test_a_score_that_is_left_out_or_folded_away_does_not_count(as_person, person):
    make_full_log(person, DAY, focus_level=None, energy_level=None, midday_completed_at=None)
    as_person.post("/logs/questions/", {"focus_level": "off", "energy_level": "folded", "check_in": "midday"})

    assert not is_offered(as_person)


@pytest.mark.parametrize(("place", "is_missing"), [("first", True), ("folded", False)])
def test_an_own_score_that_is_asked_first_counts(as_person, person, place, is_missing):
    own = make_question(person, "score", check_in="midday", place=place)
    log = make_full_log(person, DAY, midday_completed_at=None)
    assert is_offered(as_person) is is_missing

    make_answer(log, own, 5)

    assert not is_offered(as_person)


def test_the_day_is_the_persons_own_yesterday(as_person, person):
    for zone, day in (("Pacific/Kiritimati", "2026-05-05"), ("Pacific/Honolulu", "2026-05-04")):
        User.objects.filter(pk=person.pk).update(timezone=zone)
        assertContains(as_person.get("/"), f'href="/logs/{day}/catch-up/"')
    with time_machine.travel(datetime.datetime(2026, 5, 6, 3, tzinfo=NEW_YORK), tick=False):
        User.objects.filter(pk=person.pk).update(timezone="America/New_York")
        assertContains(as_person.get("/"), OFFER)  # The day ends at four.


def test_the_offer_costs_no_query(as_person, person):
    make_full_log(person, DAY)
    costs = []
    for missing in ({}, {"anxiety_level": None, "afternoon_completed_at": None}):
        person.daily_logs.update(**missing)
        with statements() as made:
            assert is_offered(as_person) is bool(missing)
        costs.append(len(made))

    assert costs[0] == costs[1]


def test_own_questions_cost_queries_only_where_they_decide(as_person, person):
    own = make_question(person, "score", check_in="midday", place="first")
    costs = []
    for facts in ({}, {"anxiety_level": None, "afternoon_completed_at": None}, {"midday_completed_at": None}):
        person.daily_logs.all().delete()
        make_answer(make_full_log(person, DAY, **facts), own, 5)
        with statements() as made:
            as_person.get("/")
        costs.append(len(made))

    assert costs == [costs[0], costs[0], costs[0] + 2]


# ── Leaving it ───────────────────────────────────────────────────────────────────────────────────


def test_it_can_be_left(as_person, person):
    response = as_person.post(DECLINE, follow=True)

    assertRedirects(response, "/")
    assertContains(response, "Monday, May 4, 2026 stays as it is.")
    assert fresh(person).catch_up_declined_for == DAY
    assert not DailyLog.objects.exists()
    # The message has a way back, and the next day is offered again.
    assertContains(response, OFFER, count=1)
    assert not is_offered(as_person)
    with time_machine.travel(datetime.datetime(2026, 5, 6, 12, tzinfo=NEW_YORK), tick=False):
        assertContains(as_person.get("/"), f'href="/logs/{TODAY}/catch-up/"')


def test_leaving_an_older_day_offers_no_newer_one_again(as_person, person):
    as_person.post(DECLINE)

    as_person.post(f"/logs/{DAY - ONE_DAY}/catch-up/not-now/")

    assert fresh(person).catch_up_declined_for == DAY


def test_a_day_to_come_cannot_be_left(as_person, person):
    assert as_person.post(f"/logs/{TODAY + ONE_DAY}/catch-up/not-now/").status_code == 404
    assert as_person.get(DECLINE).status_code == 405
    assert fresh(person).catch_up_declined_for is None


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


def test_it_asks_all_missing_scores_and_preselects_none(as_person, person):
    own = make_question(person, "score", check_in="morning", place="first")
    make_question(person, "yes_no", check_in="morning", place="first")
    make_log(person, DAY, focus_level=7, lunch="Soup")

    page = as_person.get(URL)

    assert set(names(page)) == {*FIRST, "sleepiness", own.name} - {"focus_level"}
    assert not [value for name in names(page) for value in form_as_shown(page).get(name, []) if value]
    assertNotContains(page, "Soup")
    parts = page.context["form"].get_context()
    assert [field.name for field, _errors in parts["folded"]] == ["sleepiness"]


def test_a_check_in_that_is_off_is_not_asked_about_unless_it_has_answers(as_person, person):
    as_person.post("/logs/questions/", {"afternoon": "off", "midday": "off"})
    as_person.post(check_in_url(MIDDAY), {"lunch": "Soup"})

    found = names(as_person.get(URL))

    assert "anxiety_level" not in found
    assert "focus_level" in found


def test_a_day_that_looks_like_one_of_one_question_asks_its_other_scores(as_person, person):
    """One score that was caught up is all that was asked: the page itself still asks for the rest."""
    as_person.post(URL, {"focus_level": "3", "asked-names": "focus_level"})

    found = names(as_person.get(URL))

    assert "focus_level" not in found
    assert {"morning_mood", "anxiety_level"} <= set(found)


def test_a_day_that_misses_nothing_says_so(as_person, person):
    make_full_log(person, DAY, sleepiness=5)

    page = as_person.get(URL)

    assertContains(page, "Nothing is missing on this day.")
    assertContains(page, "data-only-drafts hidden>")  # The form is shown for a draft only.
    assertNotContains(page, DECLINE)


def test_leaving_a_day_removes_its_drafts_from_the_browser(as_person, person):
    page = as_person.post(DECLINE, follow=True)

    assertContains(page, f'data-saved="{person.pk}/{DAY}/catch-up/*"')


def test_a_day_that_has_not_begun_has_no_page(as_person):
    url = f"/logs/{TODAY + ONE_DAY}/catch-up/"
    assert as_person.get(url).status_code == 404
    assert as_person.post(url, {"focus_level": "5"}).status_code == 404
    assert not DailyLog.objects.exists()


# ── Saving ───────────────────────────────────────────────────────────────────────────────────────


def test_the_answers_are_stored_as_recalled_and_by_check_in(as_person, person):
    own = make_question(person, "score", check_in="evening", place="folded")
    typed = {"morning_mood": "4", "focus_level": "5", "energy_level": "6", "rumination_level": "7", own.name: "8"}

    response = as_person.post(URL, shown(as_person) | typed, follow=True)

    assertRedirects(response, "/")
    assertContains(response, "Saved for Monday, May 4, 2026.")
    log = person.daily_logs.get()
    assert (log.date, log.morning_mood, log.focus_level, log.anxiety_level) == (DAY, 4, 5, None)
    assert log.own_answers.get().number == 8
    at_noon = datetime.datetime(2026, 5, 5, 12, tzinfo=NEW_YORK)
    assert recorded(person, MORNING) == (at_noon, -240, ["morning_mood"], ["morning_mood", "sleep_quality"])
    midday = ["energy_level", "focus_level", "rumination_level"]
    assert recorded(person, MIDDAY) == (at_noon, -240, midday, midday)
    assert recorded(person, EVENING) == (
        *(at_noon, -240, [own.name]),
        sorted(["day_rating", "overall_mood", "sleepiness", own.name]),
    )
    assert recorded(person, AFTERNOON) == (None,) * 4  # Without an answer nothing is recorded.
    assert [log.is_done(stage) for stage in STAGES] == [False, False, True, False, False]
    assert not is_offered(as_person)


def test_what_was_answered_on_the_day_stays_remembered_on_the_day(as_person, person):
    with time_machine.travel(datetime.datetime(2026, 5, 4, 12, tzinfo=NEW_YORK), tick=False):
        as_person.post(check_in_url(MIDDAY), asked(MIDDAY) | {"focus_level": "3", "lunch": "Soup"})

    as_person.post(URL, shown(as_person) | {"energy_level": "6"})

    log = person.daily_logs.get()
    assert (log.focus_level, log.energy_level, log.lunch) == (3, 6, "Soup")
    at_noon = datetime.datetime(2026, 5, 4, 12, tzinfo=NEW_YORK)
    assert recorded(person, MIDDAY)[:3] == (at_noon, -240, ["energy_level"])
    assert set(recorded(person, MIDDAY)[3]) == MIDDAY.part.usual


def test_before_the_days_end_at_night_nothing_is_recalled(as_person, person):
    page = shown(as_person, f"/logs/{TODAY}/catch-up/")
    with time_machine.travel(datetime.datetime(2026, 5, 6, 3, tzinfo=NEW_YORK), tick=False):
        as_person.post(f"/logs/{TODAY}/catch-up/", page | {"anxiety_level": "5"})

    assert recorded(person, AFTERNOON, TODAY)[2] is None


def test_nothing_is_recorded_of_a_check_in_that_was_not_asked_about(as_person, person):
    """A program names two scores; the check-ins of others have answers of before questions were recorded."""
    make_log(person, DAY, sleep_quality=5, focus_level=5)

    as_person.post(URL, {"anxiety_level": "5", "overall_mood": "4"})

    assert [recorded(person, stage)[3] for stage in (MORNING, MIDDAY, AFTERNOON, EVENING)] == [
        *(None, None),
        *(["anxiety_level"], ["overall_mood"]),
    ]


def test_a_page_that_is_all_blank_stores_nothing_and_is_not_offered_again(as_person, person):
    response = as_person.post(URL, shown(as_person), follow=True)

    assertContains(response, "Monday, May 4, 2026 stays as it is.")
    assert not DailyLog.objects.exists()
    assert not is_offered(as_person)


def test_each_may_be_left_blank(as_person, person):
    for name in FIRST:
        person.daily_logs.all().delete()

        assert as_person.post(URL, shown(as_person) | {name: "5"}).status_code == 302

        log = person.daily_logs.get()
        assert [each for each in FIRST if getattr(log, each) is not None] == [name]


def test_the_date_of_the_page_decides_also_after_another_day_has_ended(as_person, person):
    page = shown(as_person)
    with time_machine.travel(datetime.datetime(2026, 5, 6, 12, tzinfo=NEW_YORK), tick=False):
        as_person.post(URL, page | {"anxiety_level": "5"})
        assertContains(as_person.get("/"), f'href="/logs/{TODAY}/catch-up/"')

    assert [log.date for log in person.daily_logs.all()] == [DAY]


def test_a_page_that_is_made_before_a_flight_west_is_still_saved(as_person, person):
    """The day of the page is ahead of the clock then."""
    with time_machine.travel(datetime.datetime(2026, 5, 5, 5, tzinfo=NEW_YORK), tick=False):
        page = shown(as_person, f"/logs/{TODAY}/catch-up/")
        User.objects.filter(pk=person.pk).update(timezone="Pacific/Honolulu")
        response = as_person.post(f"/logs/{TODAY}/catch-up/", page | {"anxiety_level": "5"})

    assert response.status_code == 302
    assert person.daily_logs.get().date == TODAY


@pytest.mark.parametrize("typed", ["0", "11", "x", "5.5", "\0", "x" * 5000])
def test_what_is_no_score_comes_back_and_the_others_are_saved(as_person, person, typed):
    response = as_person.post(URL, shown(as_person) | {"focus_level": typed, "anxiety_level": "5"})

    assert response.status_code == 200
    assert errors_of(response) == {"focus_level": ["Choose a number from 1 to 10."]}
    assertContains(response, "Saved, except for:")
    log = person.daily_logs.get()
    assert (log.focus_level, log.anxiety_level) == (None, 5)
    again = form_as_shown(response)
    assert as_person.post(URL, again | {"focus_level": "6", "anxiety_level": "4"}).status_code == 302
    log.refresh_from_db()
    assert (log.focus_level, log.anxiety_level) == (6, 4)


def test_other_questions_are_neither_asked_nor_stored(as_person, person):
    make_log(person, DAY, lunch="Soup", not_tracked="ill")

    as_person.post(
        URL, {"lunch": "Bread", "dreams": "Flying", "sleep_hours": "7", "not_tracked": "", "focus_level": "5"}
    )

    log = person.daily_logs.get()
    assert (log.lunch, log.dreams, log.sleep_hours, log.not_tracked, log.focus_level) == ("Soup", None, None, "ill", 5)


def test_a_save_takes_few_queries(as_person, person):
    data = shown(as_person) | dict.fromkeys(FIRST, "5")
    with statements() as made:
        assert as_person.post(URL, data).status_code == 302

    assert len(made) <= MOST_TO_SAVE, made


# ── Meanwhile ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("has_version", [True, False], ids=["page", "program"])
def test_an_answer_given_meanwhile_is_never_overwritten_unasked(as_person, person, has_version):
    page = shown(as_person)
    as_person.post(check_in_url(MIDDAY), asked(MIDDAY) | {"focus_level": "8", "energy_level": "8"})
    typed = page | {"focus_level": "2", "anxiety_level": "5"}
    if not has_version:
        typed = {"focus_level": "2", "anxiety_level": "5"}

    response = as_person.post(URL, typed)

    assert conflicts_of(response) == {"focus_level": ("2 of 10", "8 of 10")}
    log = person.daily_logs.get()
    assert (log.focus_level, log.energy_level, log.anxiety_level) == (8, 8, None)

    again = form_as_shown(response)
    for choice, focus in (("saved", 8), ("mine", 2)):
        person.daily_logs.update(anxiety_level=None)
        as_person.post(URL, again | {"keep-focus_level": choice})
        log.refresh_from_db()
        assert (log.focus_level, log.energy_level, log.anxiety_level) == (focus, 8, 5)


def test_what_was_left_blank_keeps_what_was_answered_meanwhile(as_person, person):
    page = shown(as_person)
    as_person.post(check_in_url(MIDDAY), answers(MIDDAY) | asked(MIDDAY))

    assert as_person.post(URL, page | {"anxiety_level": "5"}).status_code == 302

    log = person.daily_logs.get()
    assert (log.focus_level, log.energy_level, log.lunch, log.anxiety_level) == (7, 4, "Soup", 5)


def test_the_same_page_sent_twice_changes_nothing(as_person, person):
    page = shown(as_person) | {"anxiety_level": "5"}
    as_person.post(URL, page)
    before = DailyLog.objects.values().get()

    assert as_person.post(URL, page).status_code == 302

    assert DailyLog.objects.values().get() == before


def test_an_own_question_archived_meanwhile_is_still_stored(as_person, person):
    own = make_question(person, "score")
    page = shown(as_person)
    archive_question(fresh(person), own.pk)

    assert as_person.post(URL, page | {own.name: "7"}).status_code == 302
    assert person.daily_logs.get().own_answers.get().number == 7


def test_the_answer_to_one_deleted_meanwhile_comes_back_and_the_others_are_saved(as_person, person):
    own = make_question(person, "score")
    page = shown(as_person)
    delete_question(fresh(person), own.pk)

    response = as_person.post(URL, page | {own.name: "7", "anxiety_level": "5"})

    assertContains(response, "A question of your own is not there any more.", status_code=404)
    assertContains(response, "<li>7</li>", status_code=404)
    assert person.daily_logs.get().anxiety_level == 5


def test_the_answers_of_another_person_stay_theirs(as_person, person):
    other = make_person()
    own = make_question(other, "score")
    make_full_log(other, DAY)
    before = DailyLog.objects.values().get(user=other)

    response = as_person.post(URL, {"focus_level": "2", own.name: "3"})

    assert response.status_code == 404
    assert DailyLog.objects.values().get(user=other) == before
    assert not other.daily_logs.get().own_answers.exists()


# ── Undo ─────────────────────────────────────────────────────────────────────────────────────────


def test_it_can_be_undone_as_a_whole_and_brought_back(as_person, person):
    with time_machine.travel(datetime.datetime(2026, 5, 4, 12, tzinfo=NEW_YORK), tick=False):
        as_person.post(check_in_url(MIDDAY), asked(MIDDAY) | {"lunch": "Soup"})
    own = make_question(person, "score")
    before = [recorded(person, stage) for stage in STAGES]
    message = save(as_person, URL, shown(as_person) | dict.fromkeys([*FIRST, own.name], "5"))
    after = [recorded(person, stage) for stage in STAGES]

    response = undo(as_person, message)

    assertContains(response, "Undone. The day is as it was before.")
    log = person.daily_logs.get()
    assert {question.name for question in missing_scores(log)} == {*FIRST, own.name, "sleepiness"}
    assert (log.lunch, [recorded(person, stage) for stage in STAGES]) == ("Soup", before)
    assert is_offered(as_person)

    *_others, message = response.context["messages"]
    response = undo(as_person, message)

    assert last_text(response) == "Brought back. The day is as it was before you undid it."
    assert [recorded(person, stage) for stage in STAGES] == after
    assert [getattr(person.daily_logs.get(), name) for name in FIRST] == [5] * len(FIRST)
    assert not is_offered(as_person)


def test_undo_leaves_what_was_answered_since(as_person, person):
    message = save(as_person, URL, shown(as_person) | {"focus_level": "5"})
    as_person.post(check_in_url(MIDDAY), {"focus_level": "6"})

    assertContains(undo(as_person, message), "Newer answers were saved since then.")
    assert person.daily_logs.get().focus_level == 6


# ── Parallel requests ────────────────────────────────────────────────────────────────────────────


def test_two_pages_sent_at_once_never_overwrite_one_another(send_in_parallel, person):
    """One of both is saved, and the other is asked; for a new day and for one that has answers."""
    for n in range(8):
        day = DAY - n * ONE_DAY
        if n % 2:
            make_log(person, day, lunch="Soup")
        forms = [(f"/logs/{day}/catch-up/", {"focus_level": focus, "anxiety_level": "5"}) for focus in ("2", "8")]

        assert sorted(send_in_parallel(forms)) == [200, 302]

        log = person.daily_logs.get(date=day)
        assert log.focus_level in (2, 8)
        recalled = (log.midday_recalled, log.afternoon_recalled)
        assert (log.anxiety_level, *recalled) == (5, ["focus_level"], ["anxiety_level"])


def test_a_check_in_and_this_page_at_once_both_survive(send_in_parallel, person):
    for n in range(8):
        day = DAY - n * ONE_DAY
        forms = [
            (f"/logs/{day}/catch-up/", {"anxiety_level": "5", "morning_mood": "4"}),
            (check_in_url(MIDDAY, day), answers(MIDDAY) | asked(MIDDAY)),
            (f"/logs/{day}/one-question/overall_mood/", {"overall_mood": "3"}),
        ]

        assert send_in_parallel(forms) == [302, 302, 302]

        log = person.daily_logs.get(date=day)
        assert (log.anxiety_level, log.morning_mood, log.focus_level, log.overall_mood) == (5, 4, 7, 3)
        assert log.is_done(MIDDAY)
        assert log.is_done(AFTERNOON)
