"""The page of a day: its answers, and marking it as not tracked. Deletion has a separate test file."""

import datetime
import re

import pytest

from logs.models import DailyLog
from logs.periods import FIRST_DAY, ONE_DAY
from logs.stages import STAGES
from logs.tests.factories import DAY, answers, asked, make_full_log, make_log, taken
from logs.tests.pages import check_in_url, day_url

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

TODAY = DAY + datetime.timedelta(days=1)
MARK = day_url(name="not_tracked")
UNMARK = day_url(name="tracked")


def test_everything_answered_is_read_out_by_check_in(as_person):
    for stage in STAGES:
        as_person.post(check_in_url(stage), answers(stage))
    as_person.post(
        check_in_url("medication"), answers("medication") | taken({"medication": "Tea", "amount": "2", "unit": "ml"})
    )

    response = as_person.get(day_url())

    read = {str(step["stage"]): {a.label: a.text for a in step["answers"]} for step in response.context["steps"]}
    assert read["morning"]["Hours of sleep"] == "7.5 hours"
    assert read["medication"]["Doses"] == "Tea 2 ml"
    assert read["midday"]["How did you cope?"] == "talked it out, journaled"
    assert read["afternoon"]["Have you taken on too much?"] == "not sure"
    assert read["evening"]["Did you eat the way you wanted?"] == "No"
    page = response.content.decode()
    for shown in read.values():
        for label, text in shown.items():
            assert f"<dt>{label.replace(chr(39), '&#x27;')}</dt>" in page
            assert text.split("\n")[0] in page
    assert "Flying.<br><br>Again." in page


def test_questions_without_an_answer_are_left_out(as_person, person):
    make_log(person, sleep_quality=3)

    page = as_person.get(day_url()).content.decode()

    assert page.count("<dt>") == 1
    assert "<dt>Sleep quality</dt><dd>3 of 10</dd>" in page


def test_the_days_before_and_after_are_one_tap_away_as_far_as_they_are_open(as_person, person):
    def beside(day):
        response = as_person.get(day_url(day))
        links = re.findall(r'href="([^"]+)" rel="(prev|next)"', response.content.decode())
        return {rel: address for address, rel in links}

    ahead = TODAY + 2 * ONE_DAY
    assert beside(DAY) == {"prev": day_url(DAY - ONE_DAY), "next": day_url(TODAY)}
    assert beside(TODAY) == {"prev": day_url(DAY)}
    assert beside(FIRST_DAY) == {"next": day_url(FIRST_DAY + ONE_DAY)}
    # After a flight west, days that are logged lie ahead of the clock.
    make_log(person, ahead - ONE_DAY, day_rating=3)
    make_log(person, ahead, day_rating=3)
    assert beside(TODAY)["next"] == day_url(ahead - ONE_DAY)
    assert beside(ahead) == {"prev": day_url(ahead - ONE_DAY)}


def test_each_check_in_is_one_tap_away(as_person, person):
    make_log(person, sleep_quality=3)

    page = as_person.get(day_url()).content.decode()

    assert all(f'href="{check_in_url(stage)}"' in page for stage in STAGES)
    assert page.count(">Edit<") == 1
    assert page.count(">Fill in<") == 4


def test_a_day_without_a_log_has_its_page_and_nothing_to_delete(as_person, person):
    response = as_person.get(day_url())

    assert response.status_code == 200
    assert "Delete this day" not in response.content.decode()
    assert not person.daily_logs.exists()


@pytest.mark.matrix
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["day", "not_tracked", "tracked", "delete", "undo"])
def test_the_anonymous_are_asked_to_log_in(db, client, name, method):
    response = getattr(client, method)(day_url(name=name))

    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={day_url(name=name)}")


def test_another_persons_day_is_ones_own_empty_day(as_person):
    make_full_log(gratitude="theirs", not_tracked="ill")

    response = as_person.get(day_url())

    assert response.context["log"].pk is None
    assert "theirs" not in response.content.decode()
    assert "<dt>" not in response.content.decode()


@pytest.mark.matrix
@pytest.mark.parametrize("method", ["put", "delete", "patch"])
@pytest.mark.parametrize("name", ["day", "not_tracked", "tracked", "delete", "undo"])
def test_other_methods_are_refused(as_person, name, method):
    assert getattr(as_person, method)(day_url(name=name)).status_code == 405


@pytest.mark.parametrize("name", ["not_tracked", "tracked", "undo"])
def test_what_changes_something_is_posted(as_person, name):
    assert as_person.get(day_url(name=name)).status_code == 405


def test_the_day_itself_takes_no_post(as_person):
    assert as_person.post(day_url()).status_code == 405


# Not tracked


@pytest.mark.parametrize("reason", ["holiday", "ill", "other"])
def test_a_day_can_be_marked_as_not_tracked(as_person, person, reason):
    response = as_person.post(MARK, {"reason": reason}, follow=True)

    assert response.redirect_chain == [(day_url(), 302)]
    log = person.daily_logs.get()
    assert (log.date, log.not_tracked) == (DAY, reason)
    assert f"Not tracked: {log.get_not_tracked_display()}." in response.content.decode()
    assert log.headline is None
    assert log.stages_done == 0


def test_a_mark_leaves_the_answers(as_person, person, noon):
    log = make_full_log(person, gratitude="Sun")
    before = DailyLog.objects.filter(pk=log.pk).values().get()
    noon.shift(60)

    as_person.post(MARK, {"reason": "ill"})

    after = DailyLog.objects.filter(pk=log.pk).values().get()
    assert {name for name in before if before[name] != after[name]} == {"not_tracked", "updated_at"}


def test_a_mark_can_be_changed_and_given_twice(as_person, person):
    for reason in ("ill", "ill", "holiday"):
        as_person.post(MARK, {"reason": reason})

    assert person.daily_logs.get().not_tracked == "holiday"


def test_a_mark_can_be_taken_off(as_person, person):
    make_log(person, not_tracked="ill", gratitude="Sun")

    response = as_person.post(UNMARK, follow=True)

    log = person.daily_logs.get()
    assert (log.not_tracked, log.gratitude) == (None, "Sun")
    assert "The mark is taken off." in response.content.decode()


def test_a_day_with_nothing_but_a_mark_leaves_no_row(as_person, person):
    as_person.post(MARK, {"reason": "ill"})

    as_person.post(UNMARK)

    assert not person.daily_logs.exists()


def test_a_marked_day_can_still_be_logged(as_person, person):
    as_person.post(MARK, {"reason": "ill"})
    as_person.post(check_in_url("midday"), answers("midday"))
    as_person.post(check_in_url("midday"), asked("midday"))

    log = person.daily_logs.get()
    assert (log.not_tracked, log.focus_level) == ("ill", None)


@pytest.mark.parametrize("reason", ["", "nonsense", "ILL", "\0", "x" * 1000, "💥"])
def test_a_mark_needs_a_known_reason(as_person, person, reason):
    response = as_person.post(MARK, {"reason": reason}, follow=True)

    assert "Please choose why the day is not tracked." in response.content.decode()
    assert not person.daily_logs.exists()


def test_a_mark_needs_a_reason_at_all(as_person, person):
    assert as_person.post(MARK).status_code == 302
    assert not person.daily_logs.exists()


def test_a_day_to_come_cannot_be_marked(as_person, person):
    tomorrow = day_url(TODAY + datetime.timedelta(days=1), "not_tracked")

    assert as_person.post(tomorrow, {"reason": "holiday"}).status_code == 404
    assert not person.daily_logs.exists()


def test_another_persons_mark_is_not_touched(as_person, person):
    theirs = make_log(not_tracked="ill")

    as_person.post(MARK, {"reason": "holiday"})
    as_person.post(UNMARK)
    assert as_person.post(UNMARK).status_code == 404

    theirs.refresh_from_db()
    assert theirs.not_tracked == "ill"
    assert not person.daily_logs.exists()


@pytest.mark.parametrize(("stored", "shown"), [(True, "No, never"), (False, "Yes, at times")])
def test_whether_a_person_felt_isolated_reads_as_an_answer_to_its_question(as_person, person, stored, shown):
    make_log(person, never_felt_isolated=stored)

    page = as_person.get(day_url()).content.decode()

    assert f"<dt>Did you feel isolated today?</dt><dd>{shown}</dd>" in page
