"""A page that was opened as today and is used after that day's end: the person is asked which day is meant."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, strategies as st
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import User
from logs.models import DailyLog
from logs.stages import STAGES
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import NOON_DOSE, answers, doses_of, make_dose, make_log, make_medication, taken
from logs.tests.pages import check_in_url, day_url, form_as_shown
from logs.which_day import FOR_TODAY
from testing.forms import forms_in

pytestmark = pytest.mark.thorough_on_sqlite

MAY_3, MAY_4, MAY_5 = (datetime.date(2026, 5, day) for day in (3, 4, 5))
NIGHT = datetime.datetime(2026, 5, 4, 23, 30, tzinfo=NEW_YORK)
MORNING_AFTER = datetime.datetime(2026, 5, 5, 8, 0, tzinfo=NEW_YORK)

each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


@pytest.fixture
def clock():
    """Late on May 4, which is today. `clock.move_to(MORNING_AFTER)` ends that day."""
    with time_machine.travel(NIGHT, tick=False) as clock:
        yield clock


def names_of_choices(response) -> list[str]:
    return [f"{choice.name}, {choice.detail}" for choice in response.context["choices"]]


def press_choice(client, response, sent, number: int):
    """Press one of the buttons of the question: the form as the page shows it, to the button's address."""
    choice = response.context["choices"][number]
    assertContains(response, f'name="{choice.sent_as}" value="{choice.value}" formaction="{choice.address}"')
    return client.post(choice.address, sent | {choice.sent_as: choice.value})


def shown_form(response):
    return {name: value for name, value in form_as_shown(response).items() if name != "csrfmiddlewaretoken"}


@each_stage
def test_a_save_after_the_days_end_asks_and_keeps_what_was_typed(as_person, person, clock, stage):
    typed = form_as_shown(as_person.get(check_in_url(stage, MAY_4) + FOR_TODAY)) | answers(stage)
    clock.move_to(MORNING_AFTER)

    response = as_person.post(check_in_url(stage, MAY_4), typed)

    assert response.status_code == 200
    assert names_of_choices(response) == ["Yesterday, Monday, May 4, 2026", "Today, Tuesday, May 5, 2026"]
    assert not DailyLog.objects.exists()
    shown = shown_form(response)
    for name, value in answers(stage).items():
        values = value if isinstance(value, list) else [value]
        assert [each.replace("\r\n", "\n") for each in shown[name]] == values
    # The Enter key sends no choice: asked again.
    assert as_person.post(check_in_url(stage, MAY_4), shown).context["choices"]
    assert not DailyLog.objects.exists()


@each_stage
@pytest.mark.parametrize(("number", "day"), [(0, MAY_4), (1, MAY_5)])
def test_the_chosen_day_is_stored_and_no_other(as_person, person, clock, stage, number, day):
    typed = form_as_shown(as_person.get(check_in_url(stage, MAY_4) + FOR_TODAY)) | answers(stage)
    clock.move_to(MORNING_AFTER)
    asked = as_person.post(check_in_url(stage, MAY_4), typed)

    response = press_choice(as_person, asked, shown_form(asked), number)

    assert response.status_code == 302
    assert response.url == ("/" if day == MAY_5 else day_url(day))
    log = person.daily_logs.get()
    assert log.date == day
    assert log.is_done(stage)


@pytest.mark.parametrize(("number", "day"), [(0, MAY_4), (1, MAY_5)])
@pytest.mark.parametrize("button", ["next", "save"])
def test_the_choice_goes_on_to_the_next_check_in_if_that_was_pressed(as_person, clock, number, day, button):
    typed = form_as_shown(as_person.get(check_in_url("midday", MAY_4))) | {"lunch": "Soup", button: "1"}
    clock.move_to(MORNING_AFTER)
    asked = as_person.post(check_in_url("midday", MAY_4), typed)

    response = press_choice(as_person, asked, shown_form(asked), number)

    afternoon = check_in_url("afternoon", day) + (FOR_TODAY if day == MAY_5 else "")
    page = "/" if day == MAY_5 else day_url(day)
    assert response.url == (afternoon if button == "next" else page)


def test_a_moved_save_clears_the_drafts_of_both_days(as_person, person, clock):
    clock.move_to(MORNING_AFTER)
    sent = {"lunch": "Soup", "from": "2026-05-04"}

    page = as_person.post(check_in_url("midday", MAY_5), sent, follow=True)

    saved = f"{person.pk}/2026-05-05/midday,{person.pk}/2026-05-04/midday"
    assertContains(page, f'data-saved="{saved}"')


def test_moved_answers_meet_those_of_the_new_day_side_by_side(as_person, person, clock):
    typed = form_as_shown(as_person.get(check_in_url("midday", MAY_4)))
    typed |= {"focus_level": "3", "energy_level": "4"}
    clock.move_to(MORNING_AFTER)
    make_log(person, MAY_5, focus_level=9, energy_level=4, lunch="Soup")

    asked = as_person.post(check_in_url("midday", MAY_4), typed)
    response = press_choice(as_person, asked, shown_form(asked), 1)

    assert [(each.name, each.mine, each.saved) for each in response.context["conflicts"]] == [
        ("focus_level", "3 of 10", "9 of 10")
    ]
    assertContains(response, 'data-moved="2026-05-04/midday"')
    assert person.daily_logs.get().focus_level == 9
    as_person.post(check_in_url("midday", MAY_5), form_as_shown(response) | {"keep-focus_level": "mine"})
    log = person.daily_logs.get()
    assert (log.focus_level, log.energy_level, log.lunch) == (3, 4, "Soup")


def test_what_is_stored_for_the_old_day_is_not_moved(as_person, person, clock):
    make_log(person, MAY_4, sleep_hours=7, dreams="Flying", morning_mood=5)
    typed = form_as_shown(as_person.get(check_in_url("morning", MAY_4))) | {"morning_mood": "8"}
    clock.move_to(MORNING_AFTER)

    asked = as_person.post(check_in_url("morning", MAY_4), typed)
    press_choice(as_person, asked, shown_form(asked), 1)

    old, new = person.daily_logs.get(date=MAY_4), person.daily_logs.get(date=MAY_5)
    assert (old.sleep_hours, old.dreams, old.morning_mood) == (7, "Flying", 5)
    assert (new.sleep_hours, new.dreams, new.morning_mood) == (None, None, 8)


@pytest.mark.parametrize(
    ("sent", "moved"),
    [({"first_hour_feeling": "calm"}, []), (taken(NOON_DOSE | {"taken_at": "07:30"}), ["Ritalin"])],
    ids=["none", "a dose"],
)
def test_doses_of_the_old_day_are_not_moved_and_new_ones_are(as_person, person, clock, sent, moved):
    make_dose(make_log(person, MAY_4, medication_taken=True), make_medication(person, "Concerta"))
    page = form_as_shown(as_person.get(check_in_url("medication", MAY_4)))
    before = doses_of(person, MAY_4)
    clock.move_to(MORNING_AFTER)

    asked = as_person.post(check_in_url("medication", MAY_4), page | sent)
    press_choice(as_person, asked, shown_form(asked), 1)

    assert doses_of(person, MAY_4) == before
    assert [dose.split()[0] for dose in doses_of(person, MAY_5)] == moved
    assert person.daily_logs.get(date=MAY_5).medication_taken is True


def test_a_wrong_answer_is_shown_on_the_day_it_was_moved_to(as_person, person, clock):
    typed = form_as_shown(as_person.get(check_in_url("morning", MAY_4))) | {"sleep_hours": "many", "dreams": "Flying"}
    clock.move_to(MORNING_AFTER)
    asked = as_person.post(check_in_url("morning", MAY_4), typed)
    assert form_as_shown(asked)["sleep_hours"] == ["many"]

    response = press_choice(as_person, asked, shown_form(asked), 1)

    [(stored_on, sleep_hours)] = person.daily_logs.values_list("date", "sleep_hours")
    assert (stored_on, sleep_hours) == (MAY_5, None)
    assert form_as_shown(response)["sleep_hours"] == ["many"]
    as_person.post(check_in_url("morning", MAY_5), form_as_shown(response) | {"sleep_hours": "7"})
    log = person.daily_logs.get()
    assert (log.date, log.sleep_hours, log.dreams) == (MAY_5, 7, "Flying")


def test_an_answer_that_another_one_leaves_out_since_is_moved_too(as_person, person, clock):
    typed = form_as_shown(as_person.get(check_in_url("evening", MAY_4))) | {"medication_effectiveness": "yes"}
    as_person.post(check_in_url("medication", MAY_4), {"medication_taken": "false"})
    clock.move_to(MORNING_AFTER)

    asked = as_person.post(check_in_url("evening", MAY_4), typed)
    press_choice(as_person, asked, shown_form(asked), 1)

    assert person.daily_logs.get(date=MAY_5).medication_effectiveness == "yes"


def test_one_more_dose_after_the_days_end_does_not_forget_to_ask(as_person, person, clock):
    typed = form_as_shown(as_person.get(check_in_url("medication", MAY_4))) | taken(NOON_DOSE)
    clock.move_to(MORNING_AFTER)

    asked = as_person.post(check_in_url("medication", MAY_4), typed | {"add_dose": "1"})
    again = as_person.post(check_in_url("medication", MAY_4), shown_form(asked))

    assert names_of_choices(again)
    assert not person.daily_logs.exists()


def test_a_question_that_was_left_open_for_another_day_is_asked_again(as_person, person, clock):
    clock.move_to(MORNING_AFTER + datetime.timedelta(days=1))

    asked = as_person.post(check_in_url("midday", MAY_5), {"lunch": "Soup", "from": "2026-05-04"})

    assert names_of_choices(asked) == ["Yesterday, Tuesday, May 5, 2026", "Today, Wednesday, May 6, 2026"]
    assert not person.daily_logs.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"today": "2026-05-05"},
        {"today": "2026-05-03"},  # That page did not call May 4 today: another day was edited on purpose.
        {"today": ""},
        {"today": "yesterday"},
        {"today": "0001-01-01"},
        {"today": "9999-12-31"},
        {"meant": "2026-05-04"},
        {"today": "2026-05-04", "meant": "2026-05-04"},
        {"today": "2026-05-05", "for": "today"},
    ],
)
def test_input_that_does_not_call_the_day_today_is_stored_unasked(as_person, person, clock, sent):
    clock.move_to(MORNING_AFTER)

    assert as_person.post(check_in_url("midday", MAY_4), sent | {"lunch": "Soup"}).status_code == 302

    assert person.daily_logs.get().date == MAY_4


@pytest.mark.parametrize("moved_from", ["2026-05-05", "x", "", "0001-01-01", "2026-12-31"])
def test_input_from_no_other_day_is_stored_as_it_came(as_person, person, clock, moved_from):
    clock.move_to(MORNING_AFTER)

    assert as_person.post(check_in_url("midday", MAY_5), {"lunch": "Soup", "from": moved_from}).status_code == 302

    assert person.daily_logs.get().lunch == "Soup"


def test_before_the_days_end_there_is_no_question(as_person, person, clock):
    clock.move_to(datetime.datetime(2026, 5, 5, 3, 59, tzinfo=NEW_YORK))
    url = check_in_url("midday", MAY_4)

    shown = form_as_shown(as_person.get(url + FOR_TODAY))
    assert as_person.post(url, shown | {"lunch": "Soup"}).url == "/"

    assert person.daily_logs.get().date == MAY_4


# Links of a page that was left open


@each_stage
def test_a_link_from_yesterdays_today_asks(as_person, person, clock, stage):
    make_log(person, MAY_4, lunch="Soup")
    link = check_in_url(stage, MAY_4) + FOR_TODAY
    assertContains(as_person.get("/"), f'href="{link}"')
    clock.move_to(MORNING_AFTER)

    response = as_person.get(link)

    assert names_of_choices(response) == ["Yesterday, Monday, May 4, 2026", "Today, Tuesday, May 5, 2026"]
    assertContains(response, "A new day has begun. Which one do you mean?")
    assertContains(response, f'href="{check_in_url(stage, MAY_4)}"')
    assertContains(response, f'href="{check_in_url(stage, MAY_5)}{FOR_TODAY}"')
    assert not [form for form in forms_in(response.content.decode(), link) if "answers" in form.classes]
    for choice, day in zip(response.context["choices"], (MAY_4, MAY_5), strict=True):
        assert as_person.get(choice.address).context["log"].date == day


@pytest.mark.parametrize("page", ["/", check_in_url("morning", MAY_4), day_url(MAY_4)])
def test_links_to_todays_check_ins_say_that_they_mean_today(as_person, clock, page):
    content = as_person.get(page).content.decode()

    for stage in STAGES:
        assert f'href="{check_in_url(stage, MAY_4)}{FOR_TODAY}"' in content


@pytest.mark.parametrize("page", [check_in_url("morning", MAY_3), day_url(MAY_3)])
def test_links_to_another_days_check_ins_say_nothing(as_person, clock, page):
    assertNotContains(as_person.get(page), FOR_TODAY)


# The other forms of a day


@pytest.mark.parametrize(("number", "day"), [(0, MAY_4), (1, MAY_5)])
def test_marking_a_day_as_not_tracked_asks_too(as_person, person, clock, number, day):
    [form] = [
        form
        for form in forms_in(as_person.get(day_url(MAY_4)).content.decode(), day_url(MAY_4))
        if form.action == day_url(MAY_4, "not_tracked")
    ]
    clock.move_to(MORNING_AFTER)

    asked = as_person.post(form.action, form.as_sent() | {"reason": "ill"})

    assert names_of_choices(asked) == ["Yesterday, Monday, May 4, 2026", "Today, Tuesday, May 5, 2026"]
    assert not person.daily_logs.exists()
    [again] = [form for form in forms_in(asked.content.decode(), form.action) if "reason" in form.names]
    press_choice(as_person, asked, again.as_sent(), number)
    log = person.daily_logs.get()
    assert (log.date, log.not_tracked) == (day, "ill")


def test_marking_without_the_day_called_today_marks_the_day_in_the_address(as_person, person, clock):
    clock.move_to(MORNING_AFTER)

    assert as_person.post(day_url(MAY_4, "not_tracked"), {"reason": "ill"}).status_code == 302

    assert person.daily_logs.get().date == MAY_4


# When the day is over


@given(
    moment=st.integers(946_684_800, 1_893_456_000),
    zone=st.sampled_from(["America/New_York", "Europe/Berlin", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe"]),
    day_ends_at=st.integers(0, 5),
)
def test_a_page_knows_how_long_its_day_lasts(moment, zone, day_ends_at):
    person = User(timezone=zone, day_ends_at=day_ends_at)
    now = datetime.datetime.fromtimestamp(moment, datetime.UTC)

    left = person.seconds_left_today(now)

    end = now + datetime.timedelta(seconds=left)
    assert 0 < left <= 26 * 3600
    assert person.today(end) == person.today(now) + datetime.timedelta(days=1)
    assert person.today(end - datetime.timedelta(seconds=1)) == person.today(now)


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        ("2026-03-08 01:00", 2),  # The clocks go from 2:00 to 3:00.
        ("2026-11-01 00:00", 5),  # From 2:00 back to 1:00.
        ("2026-05-04 04:00", 24),
    ],
)
def test_a_day_with_a_change_of_the_clocks_is_shorter_or_longer(now, hours):
    now = datetime.datetime.fromisoformat(now).replace(tzinfo=ZoneInfo("America/New_York"))

    assert User().seconds_left_today(now) == hours * 3600


PAGES = ["/", day_url(MAY_4), check_in_url("morning", MAY_4), "/logs/", "/reflections/", "/reflections/2026-05-04/"]


@pytest.mark.parametrize("address", [*PAGES, "/reflections/numbers/2026-05/"])
def test_each_page_about_days_knows_when_its_day_is_over(as_person, clock, address):
    assertContains(as_person.get(address), 'data-day-ends-in="16200"')


@pytest.mark.parametrize("address", ["/accounts/profile/", "/accounts/security/", "/logs/medications/"])
def test_other_pages_stay(as_person, clock, address):
    assertNotContains(as_person.get(address), "data-day-ends-in")


# The person's zone has moved west, or the end of their day: the day of the page is ahead of their clock

MAY_6 = datetime.date(2026, 5, 6)


@pytest.fixture
def move_west(person):
    """Moves the clock from Tuesday morning in New York to Monday evening in Honolulu, elsewhere than on the page."""

    def move():
        User.objects.filter(pk=person.pk).update(timezone="Pacific/Honolulu")

    with time_machine.travel(datetime.datetime(2026, 5, 5, 5, 0, tzinfo=NEW_YORK), tick=False):
        yield move


@each_stage
@pytest.mark.parametrize(("number", "day"), [(0, MAY_5), (1, MAY_4)])
def test_a_save_of_a_day_ahead_asks_and_stores_the_day_that_is_chosen(as_person, person, move_west, stage, number, day):
    typed = form_as_shown(as_person.get(check_in_url(stage, MAY_5) + FOR_TODAY)) | answers(stage)
    move_west()

    asked = as_person.post(check_in_url(stage, MAY_5), typed)

    assert names_of_choices(asked) == ["The day of this page, Tuesday, May 5, 2026", "Today, Monday, May 4, 2026"]
    assertContains(asked, "By your clock, this day has not begun yet.")
    assert not person.daily_logs.exists()
    shown = shown_form(asked)
    for name, value in answers(stage).items():
        values = value if isinstance(value, list) else [value]
        assert [each.replace("\r\n", "\n") for each in shown[name]] == values
    response = press_choice(as_person, asked, shown, number)
    assert response.url == ("/" if day == MAY_4 else day_url(day))
    assert as_person.get(response.url).status_code == 200
    log = person.daily_logs.get()
    assert log.date == day
    assert log.is_done(stage)


def test_the_end_of_the_day_may_have_moved_too(as_person, person):
    person.day_ends_at = 0
    person.save()
    with time_machine.travel(datetime.datetime(2026, 5, 5, 1, 0, tzinfo=NEW_YORK), tick=False):
        typed = form_as_shown(as_person.get(check_in_url("midday", MAY_5))) | {"lunch": "Soup"}
        User.objects.filter(pk=person.pk).update(day_ends_at=4)

        asked = as_person.post(check_in_url("midday", MAY_5), typed)
        press_choice(as_person, asked, shown_form(asked), 0)

    assert person.daily_logs.get().date == MAY_5


def test_an_error_on_a_day_ahead_is_mended_without_another_question(as_person, person, move_west):
    url = check_in_url("morning", MAY_5)
    typed = form_as_shown(as_person.get(url)) | {"sleep_hours": "many"}
    move_west()
    asked = as_person.post(url, typed)

    wrong = press_choice(as_person, asked, shown_form(asked), 0)

    assert form_as_shown(wrong)["sleep_hours"] == ["many"]
    assert not person.daily_logs.exists()
    assert as_person.post(url, form_as_shown(wrong) | {"sleep_hours": "7"}).status_code == 302
    log = person.daily_logs.get()
    assert (log.date, log.sleep_hours) == (MAY_5, 7)


def test_a_page_of_a_stored_day_ahead_is_saved_even_if_the_day_was_deleted(as_person, person, move_west):
    make_log(person, MAY_5, lunch="Soup")
    move_west()
    shown = form_as_shown(as_person.get(check_in_url("midday", MAY_5))) | {"lunch": "Bread"}
    as_person.post(day_url(MAY_5, "delete"))

    response = as_person.post(check_in_url("midday", MAY_5), shown)

    assert [(each.mine, each.saved) for each in response.context["form"].conflicts] == [("Bread", "no answer")]
    as_person.post(check_in_url("midday", MAY_5), form_as_shown(response) | {"keep-lunch": "mine"})
    assert person.daily_logs.get().lunch == "Bread"


def test_doses_that_are_being_entered_for_a_day_ahead_are_kept(as_person, person, move_west):
    url = check_in_url("medication", MAY_5)
    typed = form_as_shown(as_person.get(url)) | taken(NOON_DOSE | {"taken_at": "04:30"})
    move_west()

    asked = as_person.post(url, typed | {"add_dose": "1"})
    asked = as_person.post(url, shown_form(asked))
    press_choice(as_person, asked, shown_form(asked), 0)

    assert doses_of(person, MAY_5) == ["Ritalin 2.5 tablets at 4:30 a.m."]


def test_a_page_about_the_day_before_is_stored_unasked(as_person, person):
    """26 hours lie between the two ends of the date line: the day before may be ahead of the clock too."""
    person.timezone, person.day_ends_at = "Pacific/Kiritimati", 0
    person.save()
    with time_machine.travel(datetime.datetime(2026, 5, 5, 10, 30, tzinfo=datetime.UTC), tick=False):
        typed = form_as_shown(as_person.get(check_in_url("midday", MAY_5))) | {"lunch": "Soup"}
        assert typed["today"] == ["2026-05-06"]
        User.objects.filter(pk=person.pk).update(timezone="Pacific/Pago_Pago")
        assert as_person.get("/").context["day"] == MAY_4

        assert as_person.post(check_in_url("midday", MAY_5), typed).status_code == 302

    assert person.daily_logs.get().date == MAY_5


@pytest.mark.parametrize(
    ("day", "sent"),
    [
        (MAY_5, {}),
        (MAY_5, {"meant": "2026-05-05"}),
        (MAY_5, {"from": "2026-05-04"}),
        (MAY_5, {"today": "2026-05-04"}),
        (MAY_5, {"today": "9998-12-31"}),
        (MAY_6, {"today": "2026-05-06", "meant": "2026-05-06"}),  # Not even in Kiritimati.
        (MAY_6, {"today": "2026-05-06"}),
    ],
)
def test_a_day_ahead_is_not_there_without_a_page_that_called_it_today(as_person, person, move_west, day, sent):
    move_west()
    stored = {"lunch": "Soup", "reason": "ill"} | sent

    for url in (check_in_url("midday", day), day_url(day, "not_tracked")):
        response = as_person.post(url, stored)
        if response.status_code == 200:  # `from` is asked about, whatever the day.
            response = as_person.post(url, stored | {"meant": str(day)})
        assert response.status_code == 404
    for url in (check_in_url("midday", day), day_url(day)):
        assert as_person.get(url, sent).status_code == 404
    assert not person.daily_logs.exists()


@each_stage
def test_a_link_to_a_day_ahead_without_a_log_leads_to_today(as_person, move_west, stage):
    link = check_in_url(stage, MAY_5) + FOR_TODAY
    assertContains(as_person.get("/"), link)
    move_west()

    assert as_person.get(link).url == check_in_url(stage, MAY_4) + FOR_TODAY
    assert as_person.get(check_in_url(stage, MAY_6) + FOR_TODAY).status_code == 404


def test_a_link_to_a_stored_day_ahead_asks(as_person, person, move_west):
    make_log(person, MAY_5, lunch="Soup")
    move_west()

    asked = as_person.get(check_in_url("midday", MAY_5) + FOR_TODAY)

    assertContains(asked, "By your clock, this day has not begun yet. Which one do you mean?")
    assert [as_person.get(each.address).context["log"].date for each in asked.context["choices"]] == [MAY_5, MAY_4]


def test_the_page_that_asks_links_to_no_page_that_is_not_there(as_person, move_west):
    typed = form_as_shown(as_person.get(check_in_url("midday", MAY_5)))
    move_west()

    asked = as_person.post(check_in_url("midday", MAY_5), typed)

    for step in asked.context["steps"]:
        assert as_person.get(step["address"], follow=True).status_code == 200


@pytest.mark.parametrize(("number", "day"), [(0, MAY_5), (1, MAY_4)])
def test_a_mark_of_a_day_ahead_asks_and_can_be_taken_off(as_person, person, move_west, number, day):
    address = day_url(MAY_5, "not_tracked")
    forms = forms_in(as_person.get(day_url(MAY_5)).content.decode(), day_url(MAY_5))
    [form] = [form for form in forms if form.action == address]
    move_west()

    asked = as_person.post(address, form.as_sent() | {"reason": "ill"})
    assert not person.daily_logs.exists()
    [again] = [form for form in forms_in(asked.content.decode(), address) if "reason" in form.names]
    response = press_choice(as_person, asked, again.as_sent(), number)

    assert as_person.get(response.url).status_code == 200
    log = person.daily_logs.get()
    assert (log.date, log.not_tracked) == (day, "ill")
    response = as_person.post(day_url(day, "tracked"), follow=True)
    assert response.status_code == 200
    assertContains(response, "The mark is taken off.")


@pytest.mark.parametrize("sent", [{}, {"next": "1"}])
def test_an_empty_check_in_of_a_day_ahead_leads_to_today(as_person, person, move_west, sent):
    typed = form_as_shown(as_person.get(check_in_url("midday", MAY_5))) | sent
    move_west()
    asked = as_person.post(check_in_url("midday", MAY_5), typed)

    assert press_choice(as_person, asked, shown_form(asked), 0).url == "/"

    assert not person.daily_logs.exists()


def test_undoing_the_first_save_of_a_day_ahead_leads_to_today(as_person, person, move_west):
    as_person.post(check_in_url("midday", MAY_5), {"lunch": "Soup"})
    [message] = as_person.get("/").context["messages"]
    move_west()

    response = as_person.post(message.undo_address, {"envelope": message.envelope})

    assert response.url == "/"
    assert not person.daily_logs.exists()


def test_a_dose_from_a_today_that_is_ahead_is_of_the_day_by_the_clock(as_person, person, move_west):
    medication = make_medication(person, usual_amount=36)
    [form] = [form for form in forms_in(as_person.get("/").content.decode(), "/") if form.action.endswith("taken/")]
    move_west()

    response = as_person.post(form.action, {"shown": "2026-05-05/0"}, follow=True)

    assertContains(response, "Concerta 36 mg at 11 p.m. is recorded.")
    assert medication.doses.get().daily_log.date == MAY_4
