"""Arbitrary and invalid input to the page of a week."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, example, given, settings, strategies as st
from pytest_django.asserts import assertContains, assertRedirects

from brainlog.forms import is_blank
from logs.tests.pages import errors_of, form_as_shown
from reflections.forms import ReflectionForm
from reflections.models import WeeklyReflection
from reflections.tests.pages import EVERYTHING, week_url

pytestmark = pytest.mark.thorough_on_sqlite

NOTES = [
    "week_highlights",
    "week_challenges",
    "lessons_learned",
    "next_week_focus",
    "memorable_family_activities",
]
CHOICES = {
    "week_rating": [*map(str, range(1, 11))],
    "diet_rating": [*map(str, range(1, 11))],
    "mental_state": ["excellent", "good", "neutral", "struggling", "poor"],
    "gym_days_count": [*map(str, range(8))],
    "questioned_leaving_job": ["true", "false"],
}
# hypothesis runs several examples in one test: each begins by deleting the rows of the one before. There are many more
# in `make attack`, other ones on each database.
many = settings(
    max_examples=max(15, settings().max_examples // 8), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        *(
            (name, value)
            for name in ("week_rating", "diet_rating")
            for value in ("0", "11", "-5", "1e9", "5.5", "a\0b")
        ),
        ("week_rating", "٥x"),
        ("week_rating", "9" * 5000),
        ("mental_state", "splendid"),
        ("mental_state", "a\0b"),
        ("gym_days_count", "8"),
        ("gym_days_count", "-1"),
        ("gym_days_count", "many"),
        ("questioned_leaving_job", "perhaps"),
        *((name, "x" * 4001) for name in NOTES),
        *((name, "a\0b") for name in NOTES),
        ("week_highlights", "x" * 3_000_000),
        ("mental_state", "x" * 3_000_000),
    ],
    ids=lambda value: f"{value[:15]} {len(value)}",
)
def test_what_is_wrong_is_refused_and_the_rest_is_stored(as_person, person, name, sent):
    response = as_person.post(week_url(), EVERYTHING | {name: sent})

    assert list(errors_of(response)) == [name]
    assertContains(response, f'<a href="#field-{name}">')
    assertContains(response, "Saved, except for:")
    week = person.weekly_reflections.get()
    assert getattr(week, name) is None
    assert all(getattr(week, other) is not None for other in EVERYTHING.keys() - {name})
    assert (week.completed_at is None) == (name in {"week_rating", "mental_state"})


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_is_taken(as_person, person, name):
    for choice in CHOICES[name]:
        assertRedirects(as_person.post(week_url(), {name: choice}), "/reflections/", fetch_redirect_response=False)

        stored = getattr(person.weekly_reflections.get(), name)
        assert str(stored).lower() == choice


def test_what_was_typed_is_kept(as_person):
    response = as_person.post(week_url(), EVERYTHING | {"week_rating": "11"})

    sent = form_as_shown(response)
    others = {name: [text.replace("\n", "\r\n")] for name, text in EVERYTHING.items() if name != "week_rating"}
    assert {name: sent[name] for name in others} == others


def test_what_is_stored_of_a_wrong_answer_stays_as_it_is(as_person, person):
    as_person.post(week_url(), EVERYTHING)
    done_at = person.weekly_reflections.get().completed_at

    as_person.post(week_url(), {"week_highlights": "Something else", "week_rating": "11"})

    reflection = person.weekly_reflections.get()
    assert (reflection.week_highlights, reflection.week_rating) == ("Something else", 6)
    assert reflection.completed_at == done_at


@pytest.mark.parametrize("name", NOTES)
def test_half_characters_are_refused(person, name):
    form = ReflectionForm(WeeklyReflection(user=person), {name: "half \ud800"})

    assert list(form.errors) == [name]


@pytest.mark.parametrize(
    "text", ["😀👩‍👩‍👧", "مرحبا \u202e olleh", "<script>alert(1)</script>", "x" * 4000, "'; DROP TABLE x--", "a\u200b"]
)
def test_any_text_of_people_is_kept_to_the_letter_and_shown_as_text(as_person, person, text):
    as_person.post(week_url(), {"week_highlights": text})

    assert person.weekly_reflections.get().week_highlights == text
    page = as_person.get(week_url())
    assert form_as_shown(page)["week_highlights"] == [text]
    assert "<script>alert" not in page.content.decode()


# Any answers at all

notes = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
answers = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from(values) for name, values in CHOICES.items()} | {name: notes for name in NOTES},
)


@many
@given(answers=answers)
@example(answers={"week_highlights": "\n\n a \r b \r\n c \t"})
@example(answers={"week_highlights": "\x1c\x85 \u2028"})
@example(answers={"week_highlights": "\u200b\ufeff"})
def test_whatever_is_answered_survives_being_shown_and_saved_again(as_person, person, answers):
    person.weekly_reflections.all().delete()
    assert as_person.post(week_url(), answers).status_code == 302
    first = stored(person)

    assert as_person.post(week_url(), form_as_shown(as_person.get(week_url()))).status_code == 302

    assert stored(person) == first
    kept = {name for name in EVERYTHING if first and first[name] is not None}
    assert kept == {name for name, text in answers.items() if not is_blank(text)}


def stored(person) -> dict | None:
    return person.weekly_reflections.values(*EVERYTHING, "completed_at", "week_start").first()


CONTENT_TYPES = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=latin-1",
    "multipart/form-data; boundary=B",
    "multipart/form-data",
    "application/json",
    "text/plain; charset=rot13",
    "",
]
part = b'--B\r\nContent-Disposition: form-data; name="week_highlights"\r\n\r\n'


@many
@given(
    body=st.binary(max_size=200)
    | st.binary(max_size=40).map(lambda junk: b"week_rating=6&week_highlights=" + junk)
    | st.binary(max_size=40).map(lambda junk: part + junk + b"\r\n--B--\r\n"),
    content_type=st.sampled_from(CONTENT_TYPES),
)
def test_no_bytes_end_in_a_server_error(as_person, person, body, content_type):
    person.weekly_reflections.all().delete()

    response = as_person.generic("POST", week_url(), body, content_type)

    assert response.status_code in {200, 302, 400}
    for reflection in WeeklyReflection.objects.all():
        try:
            reflection.full_clean()
        except ValidationError as error:
            # Required answers may be missing; stored answers must be valid.
            assert {e.code for errors in error.error_dict.values() for e in errors} <= {"blank", "null"}


@pytest.mark.parametrize(
    "charset", ["rot13", "hex", "utf-7", "unicode_escape", "utf-16", "idna", "undefined", "latin-1"]
)
def test_only_utf_8_is_understood(as_person, charset):
    """Some character sets are unknown to Python; others decode to characters that the database cannot store."""
    for made_of in (b"half +2AA-", b"half \\ud800", b"\xff\xd8"):
        body = part + made_of + b"\r\n--B--\r\n"

        response = as_person.generic("POST", week_url(), body, f"multipart/form-data; boundary=B; charset={charset}")

        assert response.status_code == 400
    assert not WeeklyReflection.objects.exists()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf_8_may_be_declared(as_person, person, charset):
    body = part + "grün".encode() + b"\r\n--B--\r\n"

    as_person.generic("POST", week_url(), body, f"multipart/form-data; boundary=B; charset={charset}")

    assert person.weekly_reflections.get().week_highlights == "grün"


def test_far_too_much_is_refused_at_the_door(as_person):
    response = as_person.post(week_url(), {"week_highlights": "x" * 17 * 1024 * 1024})

    assertContains(response, "your browser brings back what you typed", status_code=413)
    assert not WeeklyReflection.objects.exists()
