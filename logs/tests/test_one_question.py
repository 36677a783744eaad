"""A day of one question: Today asks it alone, until the person's day ends."""

import datetime
import re

import pytest
import time_machine
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from accounts.tests.factories import make_person
from logs.activity import activity_of
from logs.calendar_days import lines_of
from logs.models import DailyLog, OwnQuestion
from logs.one_question import one_question
from logs.question_changes import archive_question, delete_question
from logs.stages import EVENING, STAGES
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import DAY, REQUIRED, answers, asked, make_full_log, make_log, make_medication
from logs.tests.own_questions import make_question
from logs.tests.pages import check_in_url, day_url, errors_of, form_as_shown
from logs.tests.test_conflicts import conflicts_of
from logs.tests.test_queries import statements
from logs.tests.test_recorded import recorded
from logs.tests.test_undo import save, undo
from logs.tests.test_which_day import names_of_choices, press_choice, shown_form
from logs.which_day import FOR_TODAY

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

TODAY = DAY + datetime.timedelta(days=1)  # a Tuesday, at noon
SWITCH, QUESTIONS = "/logs/one-question/", "/logs/questions/"


def url_of(name, day=TODAY) -> str:
    return f"/logs/{day}/one-question/{name}/"


def at(hour, day=TODAY):
    return time_machine.travel(datetime.datetime.combine(day, datetime.time(hour), NEW_YORK), tick=False)


def fresh(person) -> User:
    return User.objects.get(pk=person.pk)


def name_asked(person, day=TODAY) -> str | None:
    person = fresh(person)
    log = person.daily_logs.filter(date=day).first() or DailyLog(user=person, date=day)
    return (question := one_question(log)) and question.name


def choose(client, name):
    return client.post(QUESTIONS, {"one": name}, follow=True)


@pytest.fixture
def bad_day(person):
    """Today is a day of one question."""
    person.ask_one_question_on(TODAY)
    return person


# ── The switch ───────────────────────────────────────────────────────────────────────────────────


def test_today_asks_one_question_alone_and_everything_again(as_person, person):
    assertContains(as_person.get("/"), "Just one question today")

    page = as_person.post(SWITCH, {"asks": "one"}, follow=True)

    assertContains(page, "Just one question today. Everything else can wait.")
    assert form_as_shown(page)["asked-names"] == ["morning_mood"]
    for words in ("of 5 done", 'class="badge"', "not started", "Check-ins</h2>", "nothing logged", "Reflect on"):
        assertNotContains(page, words)
    assertContains(page, f'href="{day_url(TODAY)}"')

    page = as_person.post(SWITCH, {"asks": "all"}, follow=True)

    assertContains(page, "0 of 5 done")
    assert fresh(person).one_question_on is None


@pytest.mark.parametrize("asks", ["", "none", "\0", "1" * 10_000])
def test_anything_else_is_refused_in_words(as_person, person, asks):
    assertContains(as_person.post(SWITCH, {"asks": asks}, follow=True), "Please choose between one question and all")
    assert fresh(person).one_question_on is None


def test_it_cannot_be_switched_by_a_link(as_person):
    assert as_person.get(SWITCH).status_code == 405


def test_it_ends_with_the_persons_day(as_person, bad_day):
    """Their day ends at four at night."""
    with at(23):
        assertContains(as_person.get("/"), "Ask everything again")
    after = TODAY + datetime.timedelta(days=1)
    with at(3, after):
        assertContains(as_person.get("/"), "Ask everything again")
    with at(4, after):
        assertContains(as_person.get("/"), "of 5 done")


@pytest.mark.parametrize(
    ("zone", "day_ends_at", "is_one"),
    [
        ("Pacific/Kiritimati", 4, False),  # It is the day after there.
        ("Asia/Tokyo", 4, False),
        ("Asia/Tokyo", 0, False),
        ("Pacific/Honolulu", 4, True),
        ("Pacific/Honolulu", 0, True),
        ("Europe/Berlin", 4, True),
    ],
)
def test_the_day_is_that_of_the_persons_zone_now(as_person, bad_day, zone, day_ends_at, is_one):
    User.objects.filter(pk=bad_day.pk).update(timezone=zone, day_ends_at=day_ends_at)
    with at(17):  # 6 in the morning of the day after in Tokyo.
        assert fresh(bad_day).is_asked_one_question is is_one
        assert ("Ask everything again" in as_person.get("/").content.decode()) is is_one


def test_a_switch_on_a_page_of_yesterday_holds_for_the_day_it_is_pressed(as_person, person, noon):
    noon.move_to(datetime.datetime(2026, 5, 6, 7, tzinfo=NEW_YORK))

    as_person.post(SWITCH, {"asks": "one"})

    assert fresh(person).one_question_on == TODAY + datetime.timedelta(days=1)


def test_saving_the_profile_does_not_take_it_back(person, bad_day):
    stale = User.objects.get(pk=person.pk)
    stale.ask_one_question_on(None)
    person.theme = "dark"
    person.save()

    assert fresh(person).one_question_on is None


def test_medication_stays_one_tap_away(as_person, bad_day):
    medication = make_medication(bad_day, usual_amount=36)
    page = as_person.get("/")
    assertContains(page, "Taken now")

    as_person.post(f"/logs/medications/{medication.pk}/taken/", {"shown": f"{TODAY}/0"})

    page = as_person.get("/")
    assertContains(page, "Another dose")
    assertNotContains(page, "of 5 done")


def test_a_person_who_asks_no_score_has_nothing_to_answer(as_person, bad_day):
    scores = [question.name for stage in STAGES for question in stage.questions(None) if question.kind]
    as_person.post(QUESTIONS, dict.fromkeys(scores, "off") | {"check_in": "morning"})
    bad_day.refresh_from_db()

    page = as_person.get("/")

    assert name_asked(bad_day) is None
    assertContains(page, "None of your questions is answered from 1 to 10")
    assertContains(page, "Ask everything again")


def test_it_costs_no_more_queries_than_the_page_of_check_ins(as_person, bad_day):
    with statements() as made:
        assert as_person.get("/").status_code == 200

    assert len(made) <= 3, made


# ── Which question ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("hour", "name"),
    [(4, "morning_mood"), (8, "morning_mood"), (15, "morning_mood"), (19, "morning_mood"), (20, "overall_mood")],
)
def test_usually_it_is_the_mood_that_suits_the_hour(person, hour, name):
    with at(hour):
        assert name_asked(person) == name


def test_before_the_days_end_at_night_it_is_still_evening(person):
    with at(1, TODAY + datetime.timedelta(days=1)):
        assert name_asked(person) == "overall_mood"


def test_the_mood_of_the_morning_is_asked_once_and_that_of_the_day_in_the_evening(as_person, bad_day):
    as_person.post(url_of("morning_mood"), {"morning_mood": "3"})
    page = as_person.get("/")
    assertContains(page, "That is enough for today.")
    assertContains(page, "3 of 10")
    assert not [form for form in re.findall("<form.*?</form>", page.content.decode(), re.DOTALL) if "asked-n" in form]

    with at(20):
        assert form_as_shown(as_person.get("/"))["asked-names"] == ["overall_mood"]


@pytest.mark.parametrize("off", ["morning_mood", "morning"])
def test_a_mood_that_is_not_asked_is_passed_over(as_person, person, off):
    as_person.post(QUESTIONS, {off: "off", "check_in": "morning"})

    assert name_asked(person) == "overall_mood"


def test_without_any_mood_it_is_the_first_score(as_person, person):
    as_person.post(QUESTIONS, {"morning_mood": "off", "overall_mood": "off"})

    assert name_asked(person) == "sleep_quality"


def test_the_person_may_choose_any_score(as_person, person):
    own = make_question(person, "score", label="Pain", check_in="midday")
    page = as_person.get(QUESTIONS)
    for words in ("Mood, morning or evening", "Anxiety", "Pain"):
        assertContains(page, f"{words}</option>")
    assertNotContains(page, "Hours of sleep</option>")

    for name in ("sleepiness", own.name, ""):  # One that is folded away, an own one, the usual one.
        response = choose(as_person, name)
        assertContains(response, "Saved. Answers you gave stay as they are.")
        assertContains(response, f'<option value="{name}" selected>')
        assert name_asked(person) == (name or "morning_mood")


def test_a_folded_question_is_in_sight(as_person, bad_day):
    choose(as_person, "sleepiness")

    page = as_person.get("/")

    assert form_as_shown(page)["asked-names"] == ["sleepiness"]
    assertNotContains(page, "<details")


@pytest.mark.parametrize("change", ["left out", "check-in off", "archived", "deleted"])
def test_a_chosen_question_that_is_asked_no_more_is_passed_over(as_person, person, change):
    own = make_question(person, "score", check_in="afternoon")
    choose(as_person, own.name)
    person = fresh(person)
    match change:
        case "left out":
            as_person.post(QUESTIONS, {own.name: "off", "check_in": "afternoon"})
        case "check-in off":
            as_person.post(QUESTIONS, {"afternoon": "off", "check_in": "afternoon"})
        case "archived":
            archive_question(person, own.pk)
        case "deleted":
            delete_question(person, own.pk)
    person.ask_one_question_on(TODAY)

    assert name_asked(person) == "morning_mood"
    assert form_as_shown(as_person.get("/"))["asked-names"] == ["morning_mood"]
    assert as_person.get(QUESTIONS).status_code == 200


def test_the_choice_survives_other_changes_and_goes_with_the_usual_set(as_person, person):
    choose(as_person, "anxiety_level")
    as_person.post(QUESTIONS, {"lunch": "first", "check_in": "midday"})
    assert fresh(person).question_choices == {"places": {"lunch": "first"}, "one": "anxiety_level"}

    as_person.post(QUESTIONS, {"reset": "1"})

    assert fresh(person).question_choices is None


@pytest.mark.parametrize(
    ("one", "status"), [("dreams", 200), ("focus", 400), ("own-999999", 404), ("\0", 400), ("x" * 10_000, 400)]
)
def test_what_is_no_score_is_refused(as_person, person, one, status):
    response = choose(as_person, one)

    assert response.status_code == status
    if status == 200:
        assertContains(response, "Choose a question that is answered from 1 to 10 and that you are asked.")
    assert fresh(person).question_choices is None


def test_one_that_was_archived_since_the_page_was_opened_is_refused_in_words(as_person, person):
    own = make_question(person, "score")
    choose(as_person, "anxiety_level")
    archive_question(fresh(person), own.pk)

    assertContains(choose(as_person, own.name), "Choose a question that is answered from 1 to 10")
    assert fresh(person).question_choices == {"one": "anxiety_level"}


def test_a_question_of_another_person_cannot_be_chosen(as_person, person):
    assert choose(as_person, make_question(make_person(), "score").name).status_code == 404


# ── The answer ───────────────────────────────────────────────────────────────────────────────────


def test_it_is_saved_as_by_its_check_in_and_only_it_was_asked(as_person, bad_day):
    page = as_person.get("/")

    response = as_person.post(url_of("morning_mood"), form_as_shown(page) | {"morning_mood": "4"}, follow=True)

    assertRedirects(response, "/")
    assertContains(response, "Saved. That is enough for today.")
    log = bad_day.daily_logs.get()
    assert (log.date, log.morning_mood, log.morning_completed_at) == (TODAY, 4, None)
    at_noon = datetime.datetime(2026, 5, 5, 12, tzinfo=NEW_YORK)
    assert recorded(bad_day, STAGES[0], TODAY) == (at_noon, -240, None, ["morning_mood"])
    assert [recorded(bad_day, stage, TODAY) for stage in STAGES[1:]] == [(None,) * 4] * 4


def test_it_adds_to_what_the_check_in_has(as_person, person):
    as_person.post(check_in_url(EVENING, TODAY), asked(EVENING) | {"gratitude": "Sun", "day_rating": "7"})

    as_person.post(url_of("overall_mood"), form_as_shown(as_person.get(url_of("overall_mood"))) | {"overall_mood": "5"})

    log = person.daily_logs.get()
    assert (log.gratitude, log.day_rating, log.overall_mood) == ("Sun", 7, 5)
    assert log.evening_completed_at, "All that makes the evening done is answered now."


def test_taking_it_off_takes_the_check_ins_stamp_and_keeps_the_rest(as_person, person):
    as_person.post(check_in_url(EVENING, TODAY), answers(EVENING) | asked(EVENING))

    page = as_person.get(url_of("overall_mood"))
    assert form_as_shown(page)["overall_mood"] == ["6"]
    response = as_person.post(url_of("overall_mood"), form_as_shown(page) | {"overall_mood": ""}, follow=True)

    assertContains(response, "Nothing is stored for this question.")
    log = person.daily_logs.get()
    assert (log.overall_mood, log.day_rating, log.evening_completed_at) == (None, 7, None)


def test_an_answer_taken_off_a_day_without_others_leaves_no_day(as_person, person):
    as_person.post(url_of("overall_mood"), {"overall_mood": "5"})

    as_person.post(url_of("overall_mood"), {"overall_mood": "", "asked-names": "overall_mood"})

    assert not person.daily_logs.exists()


def test_an_own_question_is_saved_with_its_check_in(as_person, bad_day):
    own = make_question(bad_day, "score", check_in="midday")
    choose(as_person, own.name)

    as_person.post(url_of(own.name), form_as_shown(as_person.get("/")) | {own.name: "9"})

    assertContains(as_person.get("/"), "9 of 10")
    assert recorded(bad_day, STAGES[2], TODAY)[3] == [own.name]


@pytest.mark.parametrize("typed", ["0", "11", "x", "5.5", "\0", "٣" * 5000])
def test_what_is_no_score_comes_back_with_a_sentence(as_person, bad_day, typed):
    response = as_person.post(url_of("morning_mood"), {"morning_mood": typed, "asked-names": "morning_mood"})

    assert response.status_code == 200
    assert errors_of(response) == {"morning_mood": ["Choose a number from 1 to 10."]}
    assert form_as_shown(response)["asked-names"] == ["morning_mood"]
    assert not DailyLog.objects.exists()


def test_a_score_given_elsewhere_meanwhile_is_asked_about(as_person, bad_day):
    page = form_as_shown(as_person.get("/"))
    as_person.post(check_in_url("morning", TODAY), {"morning_mood": "8"})

    response = as_person.post(url_of("morning_mood"), page | {"morning_mood": "2"})

    assert conflicts_of(response) == {"morning_mood": ("2 of 10", "8 of 10")}
    assert bad_day.daily_logs.get().morning_mood == 8
    again = form_as_shown(response)
    as_person.post(url_of("morning_mood"), again | {"keep-morning_mood": "mine", "morning_mood": "2"})
    assert bad_day.daily_logs.get().morning_mood == 2


def test_another_answer_of_the_check_in_given_meanwhile_is_no_conflict(as_person, bad_day):
    page = form_as_shown(as_person.get("/"))
    as_person.post(check_in_url("morning", TODAY), {"dreams": "Flying", "sleep_quality": "8"})

    assert as_person.post(url_of("morning_mood"), page | {"morning_mood": "2"}).status_code == 302

    log = bad_day.daily_logs.get()
    assert (log.morning_mood, log.dreams, log.sleep_quality) == (2, "Flying", 8)


def test_it_can_be_undone_and_brought_back(as_person, bad_day):
    message = save(as_person, url_of("morning_mood"), {"morning_mood": "2"})

    response = undo(as_person, message)
    assert not DailyLog.objects.exists()
    assertContains(response, "Undone. Morning is as it was before.")
    *_others, message = response.context["messages"]

    undo(as_person, message)
    assert bad_day.daily_logs.get().morning_mood == 2
    assert recorded(bad_day, STAGES[0], TODAY)[3] == ["morning_mood"]


@pytest.mark.parametrize("name", ["dreams", "week_rating", "nothing", "own-1", "own-999999999999999999999"])
def test_only_scores_of_the_day_have_a_page(as_person, name):
    assert as_person.get(url_of(name)).status_code == 404
    assert as_person.post(url_of(name), {name: "5"}).status_code == 404
    assert not DailyLog.objects.exists()


def test_a_day_that_has_not_begun_has_none(as_person):
    url = url_of("overall_mood", TODAY + datetime.timedelta(days=1))
    assert as_person.get(url).status_code == 404
    assert as_person.post(url, {"overall_mood": "5"}).status_code == 404


def test_a_question_of_another_person_has_no_page(as_person):
    other = make_question(make_person(), "score")

    assertContains(as_person.get(url_of(other.name)), "This question is not there any more, so", status_code=404)
    assert as_person.post(url_of(other.name)).status_code == 404
    response = as_person.post(url_of(other.name), {other.name: "5", "asked-names": other.name})
    assertContains(response, "A question of your own is not there any more.", status_code=404)
    assert not DailyLog.objects.exists()


def test_an_answer_to_a_question_that_was_deleted_meanwhile_comes_back(as_person, bad_day):
    own = make_question(bad_day, "score")
    choose(as_person, own.name)
    page = form_as_shown(as_person.get("/"))
    delete_question(fresh(bad_day), own.pk)

    response = as_person.post(url_of(own.name), page | {own.name: "7"})

    assertContains(response, "A question of your own is not there any more.", status_code=404)
    assertContains(response, "<li>7</li>", status_code=404)
    assert not OwnQuestion.objects.exists()
    assert not DailyLog.objects.exists()


def test_an_answer_to_a_question_that_was_archived_meanwhile_is_stored(as_person, bad_day):
    own = make_question(bad_day, "score")
    choose(as_person, own.name)
    page = form_as_shown(as_person.get("/"))
    archive_question(fresh(bad_day), own.pk)

    assert as_person.post(url_of(own.name), page | {own.name: "7"}).status_code == 302
    assert bad_day.daily_logs.get().own_answers.get().number == 7


# ── When the day ends while the page is open ─────────────────────────────────────────────────────


def test_a_save_after_the_days_end_asks_which_day_is_meant(as_person, bad_day, noon):
    page = form_as_shown(as_person.get("/"))
    noon.move_to(datetime.datetime(2026, 5, 6, 8, tzinfo=NEW_YORK))

    response = as_person.post(url_of("morning_mood"), page | {"morning_mood": "2"})

    assert names_of_choices(response) == ["Yesterday, Tuesday, May 5, 2026", "Today, Wednesday, May 6, 2026"]
    assert form_as_shown(response)["morning_mood"] == ["2"]
    assert not DailyLog.objects.exists()


@pytest.mark.parametrize(("number", "day", "recalled"), [(0, 5, ["morning_mood"]), (1, 6, None)])
def test_the_answer_goes_to_the_day_that_was_meant(as_person, bad_day, noon, number, day, recalled):
    page = form_as_shown(as_person.get("/"))
    noon.move_to(datetime.datetime(2026, 5, 6, 8, tzinfo=NEW_YORK))
    response = as_person.post(url_of("morning_mood"), page | {"morning_mood": "2"})

    saved = press_choice(as_person, response, shown_form(response), number)

    assert saved.status_code == 302
    log = bad_day.daily_logs.get()
    assert (log.date.day, log.morning_mood, log.morning_recalled) == (day, 2, recalled)


def test_a_link_of_yesterday_asks_too(as_person, noon):
    noon.move_to(datetime.datetime(2026, 5, 6, 8, tzinfo=NEW_YORK))

    response = as_person.get(url_of("morning_mood") + FOR_TODAY)

    assertContains(response, "A new day has begun. Which one do you mean?")


# ── Nothing of it is missing elsewhere ───────────────────────────────────────────────────────────


def test_a_check_in_done_all_the_same_names_nothing_as_open(as_person, bad_day):
    url = check_in_url("midday", TODAY)
    assertNotContains(as_person.get(url), "Save and next")

    response = as_person.post(url, {"focus_level": "4"}, follow=True)

    assertContains(response, "Midday saved.")
    assertNotContains(response, "Still open")
    assertNotContains(response, "Next:")


def one_question_days(person, client):
    """Today with the switch on, and the day before with an answer of such a day."""
    with at(12, DAY):
        client.post(SWITCH, {"asks": "one"})
        client.post(url_of("morning_mood", DAY), {"morning_mood": "3", "asked-names": "morning_mood"})
    with at(21, DAY):
        client.post(url_of("overall_mood", DAY), {"overall_mood": "2", "asked-names": "overall_mood"})
    client.post(SWITCH, {"asks": "one"})
    client.post(url_of("morning_mood"), {"morning_mood": "4", "asked-names": "morning_mood"})
    make_log(person, DAY - datetime.timedelta(days=1), focus_level=5, midday_completed_at=None)


def test_the_history_counts_no_check_ins_of_such_days(as_person, person):
    one_question_days(person, as_person)

    lines = lines_of(person.daily_logs.for_list(), fresh(person))

    assert [line.detail for line in lines] == ["one question", "one question", "0 of 5 done"]
    assertContains(as_person.get("/logs/"), '<span class="detail">one question</span>', count=2)
    assert [square.words for square in day_squares(as_person)[-2:]] == [
        "of 10 for mood that day",
        "of 10 for mood in the morning",
    ]


def day_squares(client):
    squares = (square for week in client.get("/logs/").context["weeks"] for square in week)
    return [square for square in squares if square.date <= TODAY]


def test_the_count_is_back_when_everything_is_asked_again(as_person, person):
    one_question_days(person, as_person)

    as_person.post(SWITCH, {"asks": "all"})

    lines = lines_of(person.daily_logs.for_list(), fresh(person))
    assert [line.detail for line in lines] == ["0 of 5 done", "one question", "0 of 5 done"]
    assertContains(as_person.get("/"), "0 of 5 done")


def test_check_ins_that_are_done_all_the_same_are_counted(as_person, person):
    person.ask_one_question_on(TODAY)
    make_full_log(person, TODAY)

    [line] = lines_of(person.daily_logs.for_list(), person)

    assert line.detail == "5 of 5 done"


def test_a_check_in_that_asks_one_question_usually_is_none_of_such_a_day(as_person, person):
    """It is done with that answer, and the other check-ins count."""
    as_person.post(check_in_url("afternoon", DAY), {"anxiety_level": "5", "asked-names": "anxiety_level"})

    [line] = lines_of(person.daily_logs.for_list(), person)

    assert line.detail == "1 of 5 done"


def test_the_page_of_the_day_counts_nothing(as_person, person):
    one_question_days(person, as_person)

    for day in (DAY, TODAY):
        page = as_person.get(day_url(day)).content.decode()
        assert not re.search(r"\d of \d (done|check)", page)
        assert "not started" not in page


# ── What is stored of it ─────────────────────────────────────────────────────────────────────────


def details(person) -> list[str]:
    """What the history says of the person's days, the newest first."""
    return [line.detail for line in lines_of(person.daily_logs.for_list(), fresh(person))]


def marks(person) -> list:
    """The marks of the person's days, the newest first."""
    return list(person.daily_logs.values_list("one_question_only", flat=True))


def test_the_switch_makes_no_day(as_person, person):
    as_person.post(SWITCH, {"asks": "one"})
    as_person.post(SWITCH, {"asks": "all"})

    assert not DailyLog.objects.exists()


def test_the_switch_marks_the_day_and_changes_no_other(as_person, person):
    log = make_log(person, TODAY, focus_level=5)
    make_log(person, DAY, focus_level=6)
    other = make_log(make_person(), TODAY)

    as_person.post(SWITCH, {"asks": "one"})
    assert marks(person) == [True, None]
    other.refresh_from_db()
    assert other.one_question_only is None

    as_person.post(SWITCH, {"asks": "all"})
    assert marks(person) == [None, None]
    before, log = log, DailyLog.objects.get(pk=log.pk)
    assert (log.focus_level, log.updated_at) == (5, before.updated_at)


@pytest.mark.parametrize("save_first", ["answer", "dose", "check-in"])
def test_whichever_save_makes_the_day_it_stays_one_of_one_question(as_person, person, save_first):
    with at(12, DAY):
        as_person.post(SWITCH, {"asks": "one"})
        match save_first:
            case "answer":
                as_person.post(url_of("morning_mood", DAY), {"morning_mood": "3"})
            case "dose":
                medication = make_medication(person, usual_amount=36)
                as_person.post(f"/logs/medications/{medication.pk}/taken/", {"shown": f"{DAY}/0"})
            case "check-in":
                as_person.post(check_in_url("midday", DAY), {"focus_level": "3", "lunch": "Soup"})
    assert marks(person) == [True]
    done = {"answer": 0, "dose": 1, "check-in": 0}[save_first]
    said = f"{done} of {done} done" if done else "one question"
    assert details(person) == [said]

    as_person.post(SWITCH, {"asks": "one"})

    assert details(person) == [said]


def test_the_day_before_is_one_of_one_question_though_everything_is_asked_again_today(as_person, person):
    one_question_days(person, as_person)

    as_person.post(SWITCH, {"asks": "all"})

    assert marks(person) == [None, True, None]


def test_another_question_chosen_since_changes_no_day(as_person, person):
    own = make_question(person, "score", check_in="midday")
    with at(12, DAY):
        choose(as_person, own.name)
        as_person.post(SWITCH, {"asks": "one"})
        as_person.post(url_of(own.name, DAY), {own.name: "9", "asked-names": own.name})
    choose(as_person, "anxiety_level")
    as_person.post(SWITCH, {"asks": "one"})

    assert details(person) == ["one question"]


def test_a_day_of_which_a_program_sent_one_score_is_none(as_person, person):
    as_person.post(check_in_url("morning", DAY), {"morning_mood": "5", "asked-names": "morning_mood"})

    assert (marks(person), details(person)) == ([None], ["0 of 5 done"])


def test_check_ins_done_on_such_a_day_are_counted_and_it_stays_one(as_person, person):
    with at(12, DAY):
        as_person.post(SWITCH, {"asks": "one"})
        as_person.post(url_of("morning_mood", DAY), {"morning_mood": "3"})
        as_person.post(check_in_url("midday", DAY), answers("midday"))
    as_person.post(SWITCH, {"asks": "one"})

    assert (marks(person), details(person)) == ([True], ["1 of 1 done"])


def test_a_day_that_a_save_made_beside_the_switch_is_marked_by_the_next_one(as_person, person):
    with at(12, DAY):
        as_person.post(SWITCH, {"asks": "one"})
    make_log(User(pk=person.pk), DAY, morning_mood=3)  # Its person was read before the switch.
    assert marks(person) == [None]

    as_person.post(SWITCH, {"asks": "one"})

    assert marks(person) == [True]


def test_undo_keeps_the_mark_right(as_person, bad_day):
    message = save(as_person, url_of("morning_mood"), {"morning_mood": "2"})
    *_others, message = undo(as_person, message).context["messages"]
    assert marks(bad_day) == []
    *_others, message = undo(as_person, message).context["messages"]
    assert marks(bad_day) == [True]
    undo(as_person, message)
    assert marks(bad_day) == []


def test_undo_of_a_save_does_not_switch_the_day_back(as_person, bad_day):
    make_log(bad_day, TODAY, focus_level=5)
    message = save(as_person, url_of("morning_mood"), {"morning_mood": "2"})
    as_person.post(SWITCH, {"asks": "all"})

    undo(as_person, message)

    log = bad_day.daily_logs.get()
    assert (log.morning_mood, log.focus_level, log.one_question_only) == (None, 5, None)


def test_a_deleted_day_comes_back_as_it_was(as_person, person):
    one_question_days(person, as_person)
    page = as_person.post(f"{day_url(DAY)}delete/")
    assert marks(person) == [True, None]

    as_person.post(page.context["address"], {"envelope": page.context["envelope"]})

    assert marks(person) == [True, True, None]


def test_the_switch_in_parallel_to_saves_loses_nothing(send_in_parallel, person):
    for number in range(1, 9):
        DailyLog.objects.all().delete()
        make_log(person, TODAY, focus_level=1)
        asks = "one" if number % 2 else "all"

        statuses = send_in_parallel(
            [
                (SWITCH, {"asks": asks}),
                (check_in_url("afternoon", TODAY), {"anxiety_level": str(number)}),
                (url_of("morning_mood"), {"morning_mood": str(number)}),
            ]
        )

        assert statuses == [302] * 3
        log = person.daily_logs.get()
        assert (log.focus_level, log.anxiety_level, log.morning_mood) == (1, number, number)
        assert log.one_question_only is (asks == "one" or None)


# ── What staff and numbers make of it ────────────────────────────────────────────────────────────


def test_staff_see_no_check_ins_missing_and_none_possible(as_person, person):
    one_question_days(person, as_person)
    person = fresh(person)
    days = list(person.daily_logs.for_list())

    activity = activity_of(days, person, DAY - datetime.timedelta(days=1), TODAY)

    assert (activity.days_in_month, activity.check_ins_done, activity.check_ins_possible) == (3, 0, 5)
    staff = Client()
    staff.force_login(make_person(is_staff=True, is_superuser=True))
    page = staff.get("/admin/logs/dailylog/", {"q": person.username}).content.decode()
    assert page.count("0 of 0") == 2
    assert page.count("0 of 5") == 1
    assert page.count("Morning, Medication, Midday, Afternoon, Evening") == 1


def test_the_numbers_count_the_day_as_logged_and_ask_nothing_more_of_it(as_person, person):
    own = make_question(person, "yes_no", label="Headache", check_in="evening")
    as_person.post(check_in_url("evening", TODAY), REQUIRED["evening"] | asked("evening") | {own.name: "yes"})
    with at(21, DAY):
        as_person.post(SWITCH, {"asks": "one"})
        as_person.post(url_of("overall_mood", DAY), {"overall_mood": "2", "asked-names": "overall_mood"})

    page = as_person.get(f"/reflections/{DAY}/")

    assert page.context["numbers"].days_logged == 2
    [yes_days] = page.context["numbers"].yes_days
    assert (yes_days.yes, yes_days.asked_days) == (1, 1)
