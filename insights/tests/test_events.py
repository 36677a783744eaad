"""What happened: notes of a person's own with a date."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from accounts.tests.factories import make_person
from insights.events import add_event, marks_for
from insights.models import Event
from insights.tests.factories import make_event
from logs.tests.columns import again, put, stored
from logs.tests.factories import DAY

pytestmark = pytest.mark.usefixtures("noon")

EVENTS = "/insights/events/"
ONE_DAY = datetime.timedelta(days=1)
TODAY = DAY + ONE_DAY
FLU = {"text": "Flu", "date": "2026-05-01", "last_day": "2026-05-03"}


def facts_of(person) -> list[tuple]:
    return [(event.text, event.date, event.last_day) for event in person.events.all()]


def page_of(event) -> str:
    return f"{EVENTS}{event.pk}/"


def errors_of(response) -> dict:
    return {name: list(errors) for name, errors in response.context["form"].errors.items()}


def test_one_is_added_changed_deleted_and_brought_back(as_person, person):
    added = as_person.post(EVENTS, FLU, follow=True)

    assertContains(added, "It is written down.")
    assertContains(added, "May 1, 2026 – May 3, 2026")
    assert facts_of(person) == [("Flu", datetime.date(2026, 5, 1), datetime.date(2026, 5, 3))]

    event = person.events.get()
    assertContains(as_person.get(page_of(event)), 'value="2026-05-03"')
    as_person.post(page_of(event), {"text": " Bad  flu ", "date": "2026-05-02", "last_day": "2026-05-02"})
    before = Event.objects.values().get()
    assert facts_of(person) == [("Bad  flu", datetime.date(2026, 5, 2), None)]

    deleted = as_person.post(f"{page_of(event)}delete/", follow=True)
    assert not person.events.exists()
    *_others, message = deleted.context["messages"]
    undo = {"envelope": message.envelope}
    assertContains(
        as_person.post(message.undo_address, undo, follow=True), "Undone. What happened on May 2, 2026 is back."
    )
    assertContains(as_person.post(message.undo_address, undo, follow=True), "This was undone already.")
    assert Event.objects.values().get() | {"id": before["id"]} == before


def test_no_message_in_a_cookie_has_words_of_the_person(as_person, person):
    undo = {}
    for path, data in (("", FLU), ("{}/", FLU | {"text": "Flu again"}), ("{}/delete/", {}), ("undo/", undo)):
        event = person.events.first()
        answer = as_person.post(EVENTS + path.format(event and event.pk), undo if path == "undo/" else data)

        said = [message.message for message in get_messages(answer.wsgi_request)]
        assert said and not [text for text in said if "Flu" in text], path
        assert "Flu" not in str(answer.cookies)
        *_others, message = as_person.get(EVENTS).context["messages"]
        undo = {"envelope": message.envelope}


@pytest.mark.parametrize(
    ("changes", "name", "error"),
    [
        ({"text": ""}, "text", "Please write what happened."),
        ({"text": " \u200b "}, "text", "Please write what happened."),
        ({"text": "x" * 201}, "text", "Please keep this to 200 characters; these are 201."),
        ({"text": "a\0b"}, "text", "This text has a character that cannot be stored. Please retype it."),
        ({"text": "a\ufffd"}, "text", "This text has characters that are broken. Please type it again."),
        ({"text": "a\nb"}, "text", "This text has a character that cannot be stored. Please retype it."),
        ({"date": ""}, "date", "Please choose a day."),
        ({"date": "yesterday"}, "date", "Write the day as 2026-05-04."),
        ({"date": "2026-02-30"}, "date", "Write the day as 2026-05-04."),
        ({"date": "2" * 100_000}, "date", "Write the day as 2026-05-04."),
        ({"date": "1899-12-31"}, "date", "Days begin with the year 1900."),
        ({"date": "2026-05-06", "last_day": ""}, "date", "This day has not begun yet. Choose today or an earlier day."),
        ({"last_day": "9999-12-31"}, "last_day", "This day has not begun yet. Choose today or an earlier day."),
        ({"last_day": "2026-04-30"}, "last_day", "The last day is before the first."),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_wrong_answer_is_said_and_what_was_typed_is_kept(as_person, person, changes, name, error):
    event = make_event(person)
    before = facts_of(person)
    sent = FLU | changes

    for address in (EVENTS, page_of(event)):
        response = as_person.post(address, sent)

        assert response.status_code == 200
        assert list(errors_of(response)) == [name]
        assert errors_of(response)[name] == [error]
        kept = "last_day" if name == "text" else "text"
        assertContains(response, f'value="{sent[kept]}"')
    assert facts_of(person) == before


def test_the_longest_text_the_first_day_and_today_are_taken(as_person, person):
    text = "é" * 200
    as_person.post(EVENTS, {"text": text, "date": "1900-01-01", "last_day": TODAY.isoformat()})

    assert facts_of(person) == [(text, datetime.date(1900, 1, 1), TODAY)]


def test_a_stored_day_ahead_of_the_clock_can_be_kept(as_person, person):
    """After a flight west."""
    event = make_event(person, date=TODAY + ONE_DAY)

    as_person.post(page_of(event), {"text": "Landed", "date": event.date.isoformat()})

    assert again(event).text == "Landed"


def test_there_is_room_for_a_number_of_them(as_person, person, monkeypatch):
    monkeypatch.setattr(Event, "MOST_PER_PERSON", 2)
    make_event(person)
    make_event(person)
    make_event(make_person())

    response = as_person.post(EVENTS, FLU)

    assertContains(response, "There is no room for more than 2.")
    assertContains(response, 'value="Flu"')
    assert person.events.count() == 2


def test_a_full_list_is_not_filled_further_by_undo(as_person, person, monkeypatch):
    event = make_event(person)
    [message] = as_person.post(f"{page_of(event)}delete/", follow=True).context["messages"]
    monkeypatch.setattr(Event, "MOST_PER_PERSON", 0)

    response = as_person.post(message.undo_address, {"envelope": message.envelope}, follow=True)

    assertContains(response, "so nothing was undone")
    assert not person.events.exists()


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_do_not_exceed_it(person, monkeypatch):
    monkeypatch.setattr(Event, "MOST_PER_PERSON", 3)
    barrier = Barrier(6)

    def add(number):
        try:
            barrier.wait(timeout=20)
            add_event(User.objects.get(pk=person.pk), {"text": str(number), "date": DAY, "last_day": None})
            return True
        except ValidationError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        added = list(threads.map(add, range(6)))

    assert (added.count(True), person.events.count()) == (3, 3)


def test_those_of_others_are_not_there(as_person, person):
    event = make_event(text="A secret move")

    assertNotContains(as_person.get(EVENTS), "A secret move")
    for address in (page_of(event), f"{page_of(event)}delete/"):
        assert as_person.post(address, FLU).status_code == 404
    assert again(event).text == "A secret move"


def test_the_database_refuses_what_cannot_be(person):
    for facts in ({"last_day": DAY}, {"last_day": DAY - ONE_DAY}, {"date": datetime.date(1899, 12, 31)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_event(person, **facts)


def test_a_text_that_cannot_be_read_is_said_and_kept(as_person, person):
    event = make_event(person)
    put(event, "text", "bl1.test." + "A" * 60)
    before = stored(event, "text")

    assertContains(as_person.get(EVENTS), "(text not readable)")
    assertContains(as_person.get(page_of(event)), "This text cannot be read")
    as_person.post(page_of(event), {"date": "2026-05-02", "text": ""})

    assert (stored(event, "text"), again(event).date) == (before, datetime.date(2026, 5, 2))


def test_the_day_in_the_address_is_proposed(as_person):
    for asked, proposed in (("2026-05-01", "2026-05-01"), ("2027-01-01", TODAY), ("x", TODAY), ("", TODAY)):
        assertContains(as_person.get(EVENTS, {"day": asked}), f'name="date" value="{proposed}"')


def test_a_page_has_thirty_and_decrypts_no_more(as_person, person, monkeypatch):
    for number in range(35):
        make_event(person, f"Number {number}.", DAY - number * ONE_DAY)

    page = as_person.get(EVENTS)

    assertContains(page, "Number 29.")
    assertNotContains(page, "Number 30.")
    assertContains(as_person.get(EVENTS, {"page": 2}), "Number 34.")
    assert as_person.get(EVENTS, {"page": 3}).status_code == 404


def test_the_page_of_a_day_shows_what_happened_on_it(as_person, person):
    make_event(person, "Moved <house>")
    make_event(person, "Flu", DAY - 3 * ONE_DAY, last_day=DAY)
    make_event(person, "The day after", TODAY)

    page = as_person.get(f"/logs/{DAY}/")

    assertContains(page, "Moved &lt;house&gt;")
    assertContains(page, "Flu<small>May 1, 2026 – May 4, 2026</small>")
    assertNotContains(page, "The day after")
    assertContains(page, f'href="{EVENTS}?day={DAY}"')
    assertNotContains(as_person.get("/logs/2026-04-01/"), 'id="happened"')


def test_marks_are_numbered_and_within_the_period(person):
    make_event(person, "Moved", DAY)
    make_event(person, "Flu", DAY - 9 * ONE_DAY, last_day=TODAY)
    make_event(person, "Before", DAY - 9 * ONE_DAY)
    make_event(person, "After", TODAY)
    make_event(text="Of another person", date=DAY)

    marks = marks_for(person, DAY - ONE_DAY, DAY)

    assert [(mark.number, mark.text, mark.date, mark.last) for mark in marks] == [
        (1, "Flu", DAY - ONE_DAY, DAY),
        (2, "Moved", DAY, DAY),
    ]
    # The words have its own days.
    assert [mark.days_in_words for mark in marks] == ["Apr 25, 2026 – May 5, 2026", "May 4, 2026"]


@pytest.mark.parametrize("sent", [{}, {"envelope": "x"}, {"envelope": "x" * 100_000}], ids=["none", "x", "long"])
def test_a_forged_undo_is_not_there(as_person, sent):
    assert as_person.post(f"{EVENTS}undo/", sent).status_code == 404


def test_get_deletes_nothing(as_person, person):
    event = make_event(person)

    assert as_person.get(f"{page_of(event)}delete/").status_code == 405
    assertRedirects(as_person.post(f"{page_of(event)}delete/"), EVENTS)
    assert not person.events.exists()
