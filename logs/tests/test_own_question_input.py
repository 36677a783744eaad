"""Invalid input to the pages of a person's questions: an answer that is no server error, and nothing lost."""

import pytest

from logs.models import OwnQuestion
from logs.question_lists import QUESTION_LISTS
from logs.stages import EVENING
from logs.tests.own_questions import make_question

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.once]

PAGE, NEW, GALLERY = "/logs/questions/", "/logs/questions/new/", "/logs/questions/gallery/"
DEPENDENT = [
    question.name for each in QUESTION_LISTS.values() for question in each.built_in if question.shown_when is not None
]
HUGE = "9" * 5000


def choices_of(person):
    person.refresh_from_db()
    return person.question_choices


@pytest.mark.parametrize("name", DEPENDENT)
@pytest.mark.parametrize("place", ["first", "off"])
def test_what_depends_on_a_question_is_not_placed_alone(as_person, person, name, place):
    assert as_person.post(PAGE, {name: place}).status_code == 302

    assert choices_of(person) is None


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"up": "no_question"}, 400),
        ({"up": ""}, 400),
        ({"down": "\0"}, 400),
        ({"up": "own-999999"}, 404),
        ({"up": f"own-{HUGE}"}, 404),
        ({"lunch": "sideways"}, 400),
        ({"lunch": ""}, 400),
        ({"lunch": "FIRST"}, 400),
        ({"medication": "maybe"}, 400),
        ({"medication": "\0"}, 400),
        ({"week": "off"}, 302),
        ({"own-999999": "first"}, 404),
        ({"own-١": "first"}, 404),
        ({"check_in": "night", "no_question": "first"}, 404),
        ({"check_in": "\0"}, 404),
        ({"no_question": "first"}, 302),
        ({}, 302),
    ],
)
def test_what_is_no_question_or_place(as_person, person, sent, status):
    assert as_person.post(PAGE, sent).status_code == status

    assert choices_of(person) is None


@pytest.mark.parametrize("move", ["up", "down"])
def test_an_archived_question_is_moved_without_harm(as_person, person, move):
    archived = make_question(person, "line", archived_at=person.date_joined)

    before = [question.name for question in EVENING.questions(person) if question.name != archived.name]

    assert as_person.post(PAGE, {move: archived.name}).status_code == 302

    person.refresh_from_db()
    assert [question.name for question in EVENING.questions(person) if question.name != archived.name] == before
    archived.refresh_from_db()
    assert archived.archived_at is not None


@pytest.mark.parametrize("pk", ["0", "999999", HUGE, "-1", "x", "%00"])
def test_an_address_of_no_question(as_person, pk):
    for response in (as_person.get(f"{PAGE}{pk}/"), as_person.post(f"{PAGE}{pk}/", {"action": "archive"})):
        assert response.status_code == 404


@pytest.mark.parametrize("action", ["", "x", "\0", "SAVE", "a" * 5000])
def test_an_unknown_action(as_person, person, action):
    question = make_question(person, "line")

    assert as_person.post(f"{PAGE}{question.pk}/", {"action": action}).status_code == 400
    assert person.own_questions.get().archived_at is None


@pytest.mark.parametrize("entry", ["", "x", "\0", "a" * 5000])
def test_an_entry_that_the_gallery_has_not(as_person, entry):
    assert as_person.post(GALLERY, {"entry": entry}).status_code == 404
    assert not OwnQuestion.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": "x" * 121},
        {"label": "a\0b"},
        {"label": "   "},
        {"kind": "dance"},
        {"check_in": "night"},
        {"check_in": ""},
        {"asked": "off"},
        {"kind": "score", "direction": "up"},
        {"kind": "number", "least": "1e400"},
        {"kind": "number", "least": "NaN"},
        {"kind": "number", "most": "١٢"},
        {"kind": "number", "least": "5", "most": "3"},
        {"kind": "number", "step": "0"},
        {"kind": "choice", "choices": "tea\nTea"},
        {"kind": "choice", "choices": "tea"},
        {"kind": "several", "choices": "\n".join(map(str, range(13)))},
        {"unit": "\0", "kind": "number"},
    ],
)
def test_a_wrong_question_is_an_error_at_its_field(as_person, person, wrong):
    sent = {"label": "Tea", "kind": "line", "check_in": "evening"} | wrong

    response = as_person.post(NEW, sent)

    assert response.status_code == 200
    assert response.context["form"].errors.keys() <= wrong.keys()
    assert not OwnQuestion.objects.exists()
    question = make_question(person, sent["kind"] if sent["kind"] != "dance" else "line")
    before = OwnQuestion.objects.values().get()
    response = as_person.post(f"{PAGE}{question.pk}/", wrong)
    assert response.status_code == 200
    assert OwnQuestion.objects.values().get() == before


def test_html_in_all_words_is_shown_as_text(as_person, person):
    hostile = "<script>alert(1)</script>"
    sent = {"label": hostile, "kind": "choice", "check_in": "evening", "choices": f"{hostile}\ntea"}
    assert as_person.post(NEW, sent, follow=True).status_code == 200
    question = person.own_questions.get()

    for address in (PAGE + "?check_in=evening", f"{PAGE}{question.pk}/", "/logs/2026-05-04/evening/"):
        page = as_person.get(address).content.decode()
        assert "alert(1)" in page
        assert hostile not in page


def test_a_question_cannot_move_from_days_to_the_week(as_person, person):
    question = make_question(person, "line")

    assert as_person.post(f"{PAGE}{question.pk}/", {"check_in": "week"}).status_code == 200
    question.refresh_from_db()
    assert question.check_in == "evening"
