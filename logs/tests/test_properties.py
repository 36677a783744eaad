"""Property tests: arbitrary answers survive saving and showing, and arbitrary input causes no server error."""

import datetime
from decimal import Decimal
from html import unescape

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from logs.fields import ChoiceField, HoursField, LineField, NoteField, ScoreField, SeveralField, YesNoField
from logs.models import DailyLog, Dose, Medication, Unit
from logs.stages import MEDICATION, STAGES
from logs.tests.factories import DAY, asked, dose_rows
from logs.tests.pages import check_in_url, day_url, form_as_shown

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

# Each example begins by deleting the rows of the one before. An example takes several requests, so each test gets five
# in `make test`, and in `make attack` many more, other ones on each database.
several_examples = settings(
    max_examples=max(5, settings().max_examples // 24),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)

# All characters but surrogates, the replacement character, NUL, and the line ends that browsers rewrite.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\N{REPLACEMENT CHARACTER}")


def text(most):
    return st.text(characters, max_size=most).map(str.strip).map(lambda text: text or None)


def values_of(field):
    choices = getattr(field.kind, "keys", [])
    return {
        ScoreField: lambda: st.integers(1, 10),
        HoursField: lambda: st.integers(0, 96).map(lambda quarters: Decimal(quarters) / 4),
        YesNoField: lambda: st.booleans(),
        ChoiceField: lambda: st.sampled_from(choices),
        SeveralField: lambda: st.sets(st.sampled_from(choices), min_size=1).map(lambda s: sorted(s, key=choices.index)),
        LineField: lambda: text(40),
        NoteField: lambda: text(80),
    }[type(field)]()


def answers_to(stage):
    """A strategy of all combinations of stored answers of a check-in."""

    def only_what_is_asked(answers):
        for field in stage.fields:
            if field.shown_when and answers[field.shown_when[0]] != field.shown_when[1]:
                answers[field.name] = None
        return answers

    any_answers = st.fixed_dictionaries({field.name: st.none() | values_of(field) for field in stage.fields})
    return any_answers.map(only_what_is_asked)


doses = st.lists(
    st.fixed_dictionaries(
        {
            "medication": st.text(characters, max_size=20).map(lambda name: " ".join(name.split())).filter(bool),
            "amount": st.integers(1, 99_999_999).map(lambda thousandths: Decimal(thousandths) / 1000),
            "unit": st.none() | st.sampled_from(Unit.values),
            "taken_at": st.none() | st.times().map(lambda time: time.replace(second=0, microsecond=0)),
        }
    ),
    max_size=Dose.MOST_PER_DAY,
)


def as_sent(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return value
    if isinstance(value, datetime.time):
        return f"{value:%H:%M}"
    return str(value)


def stored_answers(stage):
    log = DailyLog.objects.filter(date=DAY).first() or DailyLog()
    return {name: getattr(log, name) for name in stage.field_names}


def stored_doses():
    doses = Dose.objects.order_by("pk").select_related("medication")
    return [(Medication.key_of(dose.medication.name), dose.amount, dose.unit, dose.taken_at) for dose in doses]


# A page asks once about a unit that is left open.
ONCE_ASKED = {"unit_asked": "1"}


def clean_up():
    DailyLog.objects.all().delete()
    Medication.objects.all().delete()


def all_but_what_was_asked(stage) -> tuple:
    log = DailyLog.objects.values().first()
    return {name: value for name, value in (log or {}).items() if name != stage.part.asked_id}, [*Dose.objects.values()]


@each_stage
@several_examples
@given(data=st.data())
def test_any_answers_survive_saving_showing_and_saving_again(as_person, stage, data):
    clean_up()
    answers = data.draw(answers_to(stage))
    taken = data.draw(doses) if stage is MEDICATION and answers["medication_taken"] else []
    sent = {name: as_sent(value) for name, value in answers.items() if value is not None or name != "coping_strategies"}
    sent |= dose_rows(*({name: as_sent(value) for name, value in dose.items()} | ONCE_ASKED for dose in taken))

    # Saved as it was answered …
    assert as_person.post(check_in_url(stage), sent).status_code == 302
    assert stored_answers(stage) == answers
    expected = [(Medication.key_of(d["medication"]), d["amount"], d["unit"], d["taken_at"]) for d in taken]
    assert stored_doses() == expected
    is_empty = all(value is None for value in answers.values())
    assert DailyLog.objects.exists() == (not is_empty)

    # … shown on the day's page …
    page = as_person.get(day_url())
    shown = {str(step["stage"]): step["answers"] for step in page.context["steps"]}
    assert len(shown[str(stage)]) == sum(value is not None for value in answers.values()) + bool(taken)
    readable = unescape(page.content.decode().replace("<br>", "\n"))
    for answer in shown[str(stage)]:
        assert unescape(answer.text) in readable

    # … and edited without a change, but for what it asked: the page asks more than what was sent at first.
    before = all_but_what_was_asked(stage)
    again = as_person.post(check_in_url(stage), form_as_shown(as_person.get(check_in_url(stage))))
    assert again.status_code == 302
    assert all_but_what_was_asked(stage) == before


@each_stage
@several_examples
@given(data=st.data())
def test_any_save_can_be_undone_and_that_too(as_person, stage, data):
    clean_up()
    states = []
    for _ in range(2):
        answers = data.draw(answers_to(stage))
        taken = data.draw(doses) if stage is MEDICATION and answers["medication_taken"] else []
        sent = {name: as_sent(value) for name, value in answers.items() if value is not None}
        sent |= asked(stage) | {"remove": " ".join([*stage.field_names, "doses"])}
        sent |= dose_rows(*({name: as_sent(value) for name, value in dose.items()} | ONCE_ASKED for dose in taken))
        assert as_person.post(check_in_url(stage), sent).status_code == 302
        *_others, message = as_person.get(day_url()).context["messages"]
        states.append((stored_answers(stage), stored_doses(), DailyLog.objects.exists()))
    assume(states[0] != states[1])

    for state in states:
        undone = as_person.post(message.undo_address, {"envelope": message.envelope}, follow=True)
        assert (stored_answers(stage), stored_doses(), DailyLog.objects.exists()) == state
        *_others, message = undone.context["messages"]


names = st.sampled_from(
    [
        *(name for stage in STAGES for name in stage.field_names),
        *(f"keep-{name}" for stage in STAGES for name in stage.field_names),
        *(f"doses-{n}-{name}" for n in range(3) for name in ("medication", "amount", "unit", "taken_at", "DELETE")),
        *("doses-TOTAL_FORMS", "doses-INITIAL_FORMS", "doses-MAX_NUM_FORMS"),
        *(
            "version",
            "seen",
            "asked-names",
            "remove",
            "today",
            "meant",
            "from",
            "next",
            "add_dose",
            "take",
            "now",
            "keep-doses",
        ),
    ]
)
likely = st.sampled_from(
    ["", "true", "false", "1", "5", "7.5", "7:30", "mine", "saved", "rested", "mg", "08:15", "Tea"]
)
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@each_stage
@several_examples
@given(sent=st.dictionaries(names | anything, likely | anything | st.lists(likely | anything, max_size=3), max_size=25))
def test_any_keys_and_values_get_an_answer(as_person, stage, sent):
    clean_up()

    for _ in range(2):
        response = as_person.post(check_in_url(stage), sent)

        assert response.status_code in {200, 302}
    assert as_person.get(check_in_url(stage)).status_code == 200
    assert as_person.get(day_url()).status_code == 200


@each_stage
@several_examples
@given(
    body=st.binary(max_size=200)
    | st.lists(st.tuples(names.map(str.encode), st.binary(max_size=20)), max_size=8).map(
        lambda pairs: b"&".join(name + b"=" + value for name, value in pairs)
    )
)
def test_any_bytes_get_an_answer(as_person, stage, body):
    clean_up()

    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = as_person.post(check_in_url(stage), body, content_type=content_type)

        # 404: a button for a medication that is not on the list.
        assert response.status_code in {200, 302, 400, 404 if stage is MEDICATION else 400}


@several_examples
@given(sent=st.dictionaries(st.sampled_from(["name", "usual_amount", "unit", "note", "is_active"]), likely | anything))
def test_any_medication_gets_an_answer(as_person, person, sent):
    clean_up()
    medication = Medication.objects.create(user=person, name="Concerta")

    response = as_person.post(f"/logs/medications/{medication.pk}/", sent)

    assert response.status_code in {200, 302}
    assert as_person.get("/logs/medications/").status_code == 200
    assert as_person.get(check_in_url(MEDICATION)).status_code == 200


@several_examples
@given(text=anything)
def test_any_text_in_the_small_forms_gets_an_answer(as_person, person, text):
    clean_up()

    assert as_person.post(day_url(name="not_tracked"), {"reason": text}).status_code == 302
    assert as_person.post(day_url(name="undo"), {"envelope": text}).status_code == 404
    assert as_person.get("/logs/", {"page": text, "month": text}).status_code in {200, 404}
    assert not DailyLog.objects.exists()
