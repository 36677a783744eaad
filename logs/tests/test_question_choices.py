"""Which questions a person is asked, where and in which order: the choices, and the page that makes them."""

import datetime

import pytest

from logs.models import DailyLog, OwnQuestion
from logs.question_choices import Choices, Place, arranged, moved
from logs.question_lists import QUESTION_LISTS, is_done, questions_of, still_open
from logs.stages import AFTERNOON, EVENING, MEDICATION, MIDDAY, MORNING, STAGES
from logs.tests.factories import DAY, REQUIRED, answers, make_log
from logs.tests.own_questions import make_question
from logs.tests.pages import check_in_url, day_url

pytestmark = pytest.mark.usefixtures("noon")

PAGE = "/logs/questions/"


def names(questions, place=None) -> list[str]:
    return [question.name for question in questions if place is None or question.place == place]


def chosen(person):
    person.refresh_from_db()
    return person.question_choices


# ── Pure ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("slug", QUESTION_LISTS)
def test_the_usual_set_is_as_declared(slug):
    built_in = QUESTION_LISTS[slug].built_in

    assert arranged(built_in, Choices(), slug) == built_in


def test_choices_survive_storage():
    choices = Choices().with_place("lunch", Place.FIRST, Place.FOLDED).with_order("midday", ["lunch", "focus_level"])
    choices = choices.with_check_in("medication", is_on=False)

    assert Choices.from_json(choices.to_json()) == choices
    assert Choices.from_json(Choices().to_json()) == Choices()
    assert Choices().to_json() is None
    assert Choices.from_json({"places": {"lunch": "first", "dreams": "elsewhere"}}).places == {"lunch": "first"}
    assert choices.with_place("lunch", Place.FOLDED, Place.FOLDED).places == {}
    assert choices.with_check_in("medication", is_on=True).off == frozenset()


@pytest.mark.parametrize("place", Place)
def test_what_depends_on_a_question_goes_with_it(place):
    built_in = QUESTION_LISTS["midday"].built_in
    choices = Choices().with_place("had_emotional_event", place, Place.FOLDED)

    found = arranged(built_in, choices, "midday")

    family = names(found)[names(found).index("had_emotional_event") :][:3]
    assert family == ["had_emotional_event", "emotional_event", "coping_strategies"]
    assert {question.place for question in found if question.name in family} == {place}
    assert {each.place for each in built_in if each.name in family} == {Place.FOLDED}, "The declared ones are shared."


def test_questions_move_within_their_part():
    built_in = QUESTION_LISTS["midday"].built_in

    order = moved(built_in, "energy_level", by=-1)
    found = arranged(built_in, Choices().with_order("midday", order), "midday")

    assert names(found, Place.FIRST) == ["energy_level", "focus_level", "rumination_level"]
    assert moved(found, "energy_level", by=-1) == order, "The first one stays where it is."
    assert names(found, Place.FOLDED) == names(built_in, Place.FOLDED)
    lower = arranged(built_in, Choices().with_order("midday", moved(built_in, "distractions", by=1)), "midday")
    last = names(lower, Place.FOLDED)[-4:]
    assert last == ["had_emotional_event", "emotional_event", "coping_strategies", "distractions"]


@pytest.mark.parametrize(
    ("places", "given", "is_it"),
    [
        ({}, {"focus_level": 5, "energy_level": 5, "rumination_level": 5}, True),
        ({}, {"focus_level": 5, "energy_level": 5}, False),
        ({"rumination_level": "folded"}, {"focus_level": 5, "energy_level": 5}, True),
        ({"rumination_level": "off"}, {"focus_level": 5, "energy_level": 5}, True),
        ({"lunch": "first"}, {"focus_level": 5, "energy_level": 5, "rumination_level": 5}, False),
        ({"lunch": "first"}, {"focus_level": 5, "energy_level": 5, "rumination_level": 5, "lunch": "Soup"}, True),
        # A condition that does not hold counts as answered.
        ({"had_emotional_event": "first"}, {"had_emotional_event": False}, False),
        (
            {"had_emotional_event": "first"},
            {"focus_level": 5, "energy_level": 5, "rumination_level": 5, "had_emotional_event": False},
            True,
        ),
        (
            {"had_emotional_event": "first"},
            {"focus_level": 5, "energy_level": 5, "rumination_level": 5, "had_emotional_event": True},
            False,
        ),
        # Nothing asked first: anything will do, and nothing will not.
        (dict.fromkeys(("focus_level", "energy_level", "rumination_level"), "folded"), {"lunch": "Soup"}, True),
        (dict.fromkeys(("focus_level", "energy_level", "rumination_level"), "folded"), {}, False),
    ],
)
def test_done(places, given, is_it):
    choices = Choices.from_json({"places": places})
    asked = [each for each in arranged(QUESTION_LISTS["midday"].built_in, choices, "midday") if each.is_asked]

    def answer_to(question):
        return given.get(question.name)

    assert is_done(asked, answer_to) == is_it
    assert not (is_it and still_open(asked, answer_to))


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("slug", QUESTION_LISTS)
def test_it_lists_each_question_where_it_is_asked(as_person, slug):
    context = as_person.get(PAGE, {"check_in": slug}).context

    shown = {part["place"]: [each["name"] for each in part["questions"]] for part in context["parts"]}
    heads = [question for question in QUESTION_LISTS[slug].built_in if not question.shown_when]
    assert shown == {place.value: names(heads, place) for place in Place}


def test_leaving_out_and_asking_again(as_person, person):
    log = make_log(person, dreams="Flying", **REQUIRED["morning"])

    as_person.post(PAGE, {"check_in": "morning", "dreams": "off"})

    assert chosen(person) == {"places": {"dreams": "off"}}
    form = as_person.get(check_in_url(MORNING)).context["form"]
    assert "dreams" not in form.fields
    assert "Flying" in as_person.get(day_url()).content.decode()
    as_person.post(check_in_url(MORNING), {"asked-names": form.asked_names} | REQUIRED["morning"])
    log.refresh_from_db()
    assert log.dreams == "Flying"
    as_person.post(PAGE, {"check_in": "morning", "dreams": "folded"})
    assert chosen(person) is None
    assert as_person.get(check_in_url(MORNING)).context["form"].initial["dreams"] == "Flying"


def test_a_check_in_is_switched_off_and_on(as_person, person):
    as_person.post(PAGE, {"medication": "off"})

    page = as_person.get("/")
    assert [step["slug"] for step in page.context["steps"]] == ["morning", "midday", "afternoon", "evening"]
    assert "0 of 4 done" in page.content.decode()
    today = DAY + datetime.timedelta(days=1)
    response = as_person.post(check_in_url(MORNING, today), answers(MORNING) | {"next": "1"})
    assert response.url.startswith(check_in_url(MIDDAY, today))
    as_person.post(PAGE, {"medication": "on"})
    assert chosen(person) is None


def test_a_past_day_counts_a_check_in_that_is_off_if_it_has_answers(as_person, person):
    for day, stages in ((DAY, STAGES), (DAY - datetime.timedelta(days=1), (MORNING,))):
        for stage in stages:
            as_person.post(check_in_url(stage, day), answers(stage))

    as_person.post(PAGE, {"medication": "off", "evening": "off"})

    assert [line.detail for line in as_person.get("/logs/").context["lines"]] == ["5 of 5 done", "1 of 3 done"]
    assert [log.is_complete for log in person.daily_logs.order_by("-date")] == [True, False]


def test_a_check_in_that_asks_nothing_is_off_until_it_asks_something(as_person, person):
    afternoon = [each.name for each in QUESTION_LISTS["afternoon"].built_in if not each.shown_when]

    response = as_person.post(PAGE, {"check_in": "afternoon"} | dict.fromkeys(afternoon, "off"), follow=True)

    assert "Nothing is left to ask in Afternoon, so it is off." in response.content.decode()
    person.refresh_from_db()
    assert not AFTERNOON.is_on(person)
    as_person.post(PAGE, {afternoon[0]: "first"})
    person.refresh_from_db()
    assert AFTERNOON.is_on(person)


def test_leaving_a_question_out_does_not_switch_its_check_in_on(as_person, person):
    as_person.post(PAGE, {"afternoon": "off"})

    as_person.post(PAGE, {"overextended": "off"})

    person.refresh_from_db()
    assert not AFTERNOON.is_on(person)
    as_person.post(PAGE, {"overextended": "folded"})
    person.refresh_from_db()
    assert AFTERNOON.is_on(person)


def test_each_change_says_what_it_did(as_person):
    """A check-in that asks nothing since an earlier change is not spoken of again."""
    afternoon = [each.name for each in QUESTION_LISTS["afternoon"].built_in if not each.shown_when]
    as_person.post(PAGE, dict.fromkeys(afternoon, "off"))

    for sent, words in (
        ({"dreams": "off"}, "Saved. Answers you gave stay as they are."),
        ({"evening": "off"}, "Evening is off."),
        ({"afternoon": "on"}, "Afternoon asks nothing, so it stays off."),
    ):
        assert words in as_person.post(PAGE, sent, follow=True).content.decode()


def test_without_any_check_in_nothing_is_done(as_person):
    as_person.post(PAGE, dict.fromkeys(map(str, STAGES), "off"))

    page = as_person.get("/").content.decode()

    assert "All your check-ins are off." in page
    assert "All check-ins are done." not in page and "<progress" not in page


def test_one_request_moves_so_many(as_person, person):
    assert as_person.post(PAGE, {"up": ["energy_level"] * 10}).status_code == 302
    assert as_person.post(PAGE, {"up": ["energy_level"] * 11}).status_code == 400


def test_up_and_down(as_person, person):
    own = make_question(person, "line", check_in="midday")

    as_person.post(PAGE, {"check_in": "midday", "up": own.name})

    person.refresh_from_db()
    shown = names([each for each in questions_of("midday", person) if not each.shown_when], Place.FOLDED)
    assert shown[-2:] == [own.name, "had_emotional_event"]
    as_person.post(PAGE, {"check_in": "midday", "down": own.name})
    person.refresh_from_db()
    assert names(questions_of("midday", person), Place.FOLDED)[-1] == own.name


def test_what_depends_on_a_question_moves_it(as_person, person):
    as_person.post(PAGE, {"up": "emotional_event"})

    assert chosen(person)["order"]["midday"][-2:] == ["had_emotional_event", "distractions"]


def test_back_to_the_usual_set(as_person, person):
    own = make_question(person, "line", place="first")
    as_person.post(PAGE, {"medication": "off", "dreams": "off", "up": "energy_level"})
    assert chosen(person)

    as_person.post(PAGE, {"reset": "1"})

    assert chosen(person) is None
    assert OwnQuestion.objects.get(pk=own.pk).place == "first"


def test_stamps_are_not_rewritten_when_the_choice_changes(as_person, person):
    as_person.post(check_in_url(MORNING), answers(MORNING))
    stamp = person.daily_logs.get().morning_completed_at

    as_person.post(PAGE, {"breakfast": "first", "dreams": "first"})
    as_person.post(check_in_url(MORNING), {"morning_mood": "2"})

    assert person.daily_logs.get().morning_completed_at == stamp


def test_a_save_of_a_page_opened_before_a_question_was_left_out_keeps_its_answer(as_person, person):
    form = as_person.get(check_in_url(MORNING)).context["form"]
    as_person.post(PAGE, {"dreams": "off"})

    as_person.post(check_in_url(MORNING), {"asked-names": form.asked_names, "dreams": "Flying"} | REQUIRED["morning"])

    assert person.daily_logs.get().dreams == "Flying"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"dreams": "nowhere"}, 400),
        ({"medication": "perhaps"}, 400),
        ({"up": "no_such_question"}, 400),
        ({"up": "own-999999"}, 404),
        ({"own-999999": "off"}, 404),
        ({"own-x": "off"}, 404),
        ({"check_in": "night"}, 404),
        ({"check_in": "night", "dreams": "off"}, 404),
        ({f"question_{number}": "off" for number in range(500)}, 302),
        ({f"question_{number}": "off" for number in range(1000)}, 400),
        ({"dreams": "of\x00f"}, 400),
    ],
)
def test_bad_input_changes_nothing(as_person, person, data, status):
    assert as_person.post(PAGE, data).status_code == status
    assert chosen(person) is None


def test_another_profile_save_keeps_the_choices(as_person, person):
    as_person.post(PAGE, {"dreams": "off"})

    person.theme = "dark"
    person.save()

    assert chosen(person) == {"places": {"dreams": "off"}}
    assert DailyLog.objects.count() == 0
    assert EVENING.is_on(person) and MEDICATION.is_on(person)
