"""Own questions of all kinds beside built-in ones, of days and of weeks: nothing is lost on any way."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from logs.models import OwnAnswer
from logs.own_kinds import KINDS, NOT_NOTICED
from logs.question_choices import Place
from logs.stages import EVENING
from logs.tests.columns import put, stored
from logs.tests.factories import DAY, REQUIRED
from logs.tests.own_questions import all_typed, make_question
from logs.tests.pages import check_in_url, day_url, errors_of, form_as_shown
from logs.tests.test_properties import as_sent, text
from logs.widgets import in_digits
from reflections.models import OwnWeeklyAnswer
from reflections.tests import pages as week_pages
from reflections.tests.pages import week_url

pytestmark = pytest.mark.usefixtures("noon")

LOST = {"other": bytes(32)}


@dataclass(frozen=True)
class Where:
    """Where own questions are asked: the page, the answers that are needed there, and one built-in text."""

    slug: str
    url: str
    answers: type
    needed: dict
    text: str

    def row(self, person):
        return (person.weekly_reflections if self.slug == "week" else person.daily_logs).first()

    def values(self) -> list[dict]:
        return [row | {"id": 0} for row in self.answers.objects.order_by("question").values()]

    @property
    def delete_url(self) -> str:
        return f"{week_url()}delete/" if self.slug == "week" else day_url(name="delete")


@pytest.fixture(params=["evening", "week"])
def where(request) -> Where:
    if request.param == "week":
        return Where("week", week_url(), OwnWeeklyAnswer, week_pages.REQUIRED, "lessons_learned")
    return Where("evening", check_in_url(EVENING), OwnAnswer, REQUIRED["evening"], "gratitude")


@pytest.fixture
def questions(person, where) -> dict:
    """One question of each kind, by its kind."""
    return {kind: make_question(person, kind, check_in=where.slug) for kind in KINDS}


def value_of(answer):
    """What a stored answer says."""
    columns = {name: getattr(answer, name) for name in ("number", "number_2", "flag", "chosen", "time", "text")}
    return {name: value for name, value in columns.items() if value is not None}


def stored_by_kind(where) -> dict:
    rows = where.answers.objects.select_related("question")
    return {row.question.kind: value_of(row) for row in rows}


FIRST = {
    "score": {"number": 7},
    "yes_no": {"flag": False},
    "number": {"number": Decimal("2.5")},
    "two_numbers": {"number": 120, "number_2": 80},
    "choice": {"chosen": [2]},
    "several": {"chosen": [1, 2]},
    "line": {"text": "a <b>line</b>"},
    "note": {"text": "one\ntwo"},
    "time": {"time": datetime.time(22, 15)},
}
# Other answers, as typed and as stored.
OTHERS = {
    "score": ({"own": "3"}, {"number": 3}),
    "yes_no": ({"own": "true"}, {"flag": True}),
    "number": ({"own": "0"}, {"number": 0}),
    "two_numbers": ({"own": "130", "own-2": "85,5"}, {"number": 130, "number_2": Decimal("85.5")}),
    "choice": ({"own": "1"}, {"chosen": [1]}),
    "several": ({"own": ["2"]}, {"chosen": [2]}),
    "line": ({"own": "other"}, {"text": "other"}),
    "note": ({"own": "other"}, {"text": "other"}),
    "time": ({"own": "", "own-not-noticed": "on"}, {"flag": False}),
}


def others_typed(questions) -> dict:
    return {
        name.replace("own", question.name): value
        for kind, question in questions.items()
        for name, value in OTHERS[kind][0].items()
    }


OTHERS_STORED = {kind: columns for kind, (_typed, columns) in OTHERS.items()}


# ── Saving, showing, editing, saving ─────────────────────────────────────────────────────────────


def test_all_kinds_are_saved_with_built_in_answers_and_again_unchanged(as_person, person, where, questions):
    assert (
        as_person.post(where.url, where.needed | {where.text: "Sun"} | all_typed(questions.values())).status_code == 302
    )
    assert stored_by_kind(where) == FIRST
    before = where.values(), where.row(person).updated_at

    again = as_person.post(where.url, form_as_shown(as_person.get(where.url)))

    assert again.status_code == 302
    assert (where.values(), where.row(person).updated_at) == before


def test_one_of_them_is_changed_and_the_others_stay(as_person, where, questions):
    as_person.post(where.url, where.needed | all_typed(questions.values()))
    for kind, question in questions.items():
        typed = {name.replace("own", question.name): value for name, value in OTHERS[kind][0].items()}
        before = stored_by_kind(where)

        assert as_person.post(where.url, form_as_shown(as_person.get(where.url)) | typed).status_code == 302

        assert stored_by_kind(where) == before | {kind: OTHERS_STORED[kind]}


def test_one_of_them_is_cleared_and_the_others_stay(as_person, where, questions):
    as_person.post(where.url, where.needed | all_typed(questions.values()))
    for kind, question in questions.items():
        before = stored_by_kind(where)
        page = form_as_shown(as_person.get(where.url))
        sent = {name: value for name, value in page.items() if not (name + "-").startswith(f"{question.name}-")}

        assert as_person.post(where.url, sent).status_code == 302

        del before[kind]
        assert stored_by_kind(where) == before


printable = text(40).filter(lambda words: words is None or words.isprintable())
thousandths = st.integers(-999_999_999, 999_999_999).map(lambda number: Decimal(number) / 1000)
VALUES = {
    "score": st.integers(1, 10).map(lambda n: {"own": str(n)}),
    "yes_no": st.booleans().map(lambda value: {"own": as_sent(value)}),
    "number": thousandths.map(lambda number: {"own": in_digits(number)}),
    "two_numbers": st.tuples(thousandths, thousandths).map(
        lambda two: {"own": in_digits(two[0]), "own-2": in_digits(two[1])}
    ),
    "choice": st.sampled_from([{"own": "1"}, {"own": "2"}]),
    "several": st.sampled_from([{"own": ["1"]}, {"own": ["2", "1"]}]),
    "line": printable.map(lambda words: {"own": words or ""}),
    "note": printable.map(lambda words: {"own": words or ""}),
    "time": st.times().map(lambda time: {"own": f"{time:%H:%M}"}) | st.just({"own-not-noticed": "on"}),
}
given_or_not = st.fixed_dictionaries({kind: st.none() | values for kind, values in VALUES.items()})


@settings(
    max_examples=max(5, settings().max_examples // 24),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(own=given_or_not, mood=st.none() | st.integers(1, 10), words=printable)
def test_any_answers_survive_saving_showing_and_saving_again(as_person, person, where, own, mood, words):
    where.answers.objects.all().delete()
    (person.weekly_reflections if where.slug == "week" else person.daily_logs).all().delete()
    if not person.own_questions.exists():
        for kind in KINDS:
            make_question(person, kind, check_in=where.slug)
    built_in = dict(zip([*where.needed][:1], [as_sent(mood)], strict=True)) | {where.text: words or ""}
    typed = {
        name.replace("own", question.name): value
        for question in person.own_questions.all()
        for name, value in (own[question.kind] or {}).items()
    }

    assert as_person.post(where.url, built_in | typed).status_code == 302
    answered = {kind for kind, sent in own.items() if sent and any(sent.values())}
    assert {row.question.kind for row in where.answers.objects.select_related("question")} == answered
    before = where.values()
    page = as_person.get(where.url)
    again = as_person.post(where.url, form_as_shown(page))

    assert again.status_code == 302
    assert where.values() == before
    row = where.row(person)
    assert (row is None) == (not answered and mood is None and not words)


def test_rearranged_choices_are_the_same_answer(as_person, person, where):
    question = make_question(person, "several", check_in=where.slug)
    as_person.post(where.url, {question.name: ["1", "2"]})
    before = where.values()
    as_person.post(question.get_absolute_url(), {"choices": "coffee\ntea"})

    as_person.post(where.url, form_as_shown(as_person.get(where.url)))

    assert where.values() == before


# ── Conflicts ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("choice", ["mine", "saved"])
def test_two_tabs_that_answer_differently_are_asked_about_each(as_person, where, questions, choice):
    opened = form_as_shown(as_person.get(where.url))
    as_person.post(where.url, opened | where.needed | all_typed(questions.values()))

    conflict = as_person.post(where.url, opened | where.needed | others_typed(questions))

    assert conflict.status_code == 200
    asked_about = {each.name: (each.mine, each.saved) for each in conflict.context["form"].conflicts}
    assert asked_about.keys() == {question.name for question in questions.values()}
    assert asked_about[questions["two_numbers"].name] == ("130 / 85.5", "120 / 80")
    assert asked_about[questions["time"].name] == ("not noticed", "10:15 p.m.")
    assert asked_about[questions["several"].name] == ("coffee", "tea, coffee")
    assert stored_by_kind(where) == FIRST
    keep = {f"keep-{name}": choice for name in asked_about}
    assert as_person.post(where.url, form_as_shown(conflict) | keep).status_code == 302
    assert stored_by_kind(where) == (OTHERS_STORED if choice == "mine" else FIRST)


def test_two_tabs_that_answer_alike_are_not(as_person, where, questions):
    opened = form_as_shown(as_person.get(where.url)) | where.needed | all_typed(questions.values())
    as_person.post(where.url, opened)

    assert as_person.post(where.url, opened).status_code == 302
    assert stored_by_kind(where) == FIRST


def test_a_tab_that_left_them_open_keeps_what_the_other_saved(as_person, where, questions):
    opened = form_as_shown(as_person.get(where.url))
    as_person.post(where.url, opened | all_typed(questions.values()))

    assert as_person.post(where.url, opened | where.needed).status_code == 302
    assert stored_by_kind(where) == FIRST


# ── Undo ─────────────────────────────────────────────────────────────────────────────────────────


def last_message(client):
    *_others, message = client.get("/").context["messages"]
    return message


def undo(client, message):
    return client.post(message.undo_address, {"envelope": message.envelope})


def test_a_save_of_all_kinds_is_undone_and_that_too(as_person, person, where, questions):
    as_person.post(where.url, where.needed | all_typed(questions.values()))
    as_person.post(where.url, others_typed(questions))
    assert stored_by_kind(where) == OTHERS_STORED

    undo(as_person, last_message(as_person))
    assert stored_by_kind(where) == FIRST
    undo(as_person, last_message(as_person))
    assert stored_by_kind(where) == OTHERS_STORED


def test_the_first_save_is_undone_and_leaves_nothing_behind(as_person, person, where, questions):
    as_person.post(where.url, all_typed(questions.values()))

    undo(as_person, last_message(as_person))

    assert where.row(person) is None
    assert not where.answers.objects.exists()
    undo(as_person, last_message(as_person))
    assert stored_by_kind(where) == FIRST


def test_own_answers_alone_are_deleted_with_their_row_and_brought_back(as_person, person, where, questions):
    as_person.post(where.url, all_typed(questions.values()))
    row = where.row(person)
    assert not row.is_empty

    page = as_person.post(where.delete_url)
    assert where.row(person) is None
    assert not where.answers.objects.exists()
    as_person.post(page.context["address"], {"envelope": page.context["envelope"]})

    assert stored_by_kind(where) == FIRST
    assert where.row(person).created_at == row.created_at


@pytest.mark.parametrize("change", ["archived", "left out", "reworded", "moved", "deleted"])
def test_a_save_is_undone_after_its_question_changed(as_person, person, where, change):
    """What was deleted cannot come back, and the page says so."""
    question = make_question(person, "line", check_in=where.slug)
    as_person.post(where.url, where.needed | {question.name: "Before"})
    as_person.post(where.url, {question.name: "After"})
    message = last_message(as_person)
    url = question.get_absolute_url()
    match change:
        case "archived":
            as_person.post(url, {"action": "archive"})
        case "left out":
            as_person.post("/logs/questions/", {question.name: "off"})
        case "reworded":
            as_person.post(url, {"label": "Other words"})
        case "moved":
            as_person.post(url, {"check_in": where.slug if where.slug == "week" else "morning"})
        case "deleted":
            as_person.post(url, {"action": "delete", "confirm": "1"})

    assert undo(as_person, message).status_code == 302

    texts = [answer.text for answer in where.answers.objects.all()]
    assert texts == ([] if change == "deleted" else ["Before"])


# ── What cannot be decrypted ─────────────────────────────────────────────────────────────────────


@pytest.fixture
def lost_keys(as_person, person, settings, questions, where):
    """All kinds are answered, and then the keys are lost. Returns a function that brings them back."""
    as_person.post(where.url, where.needed | all_typed(questions.values()))
    keys = dict(settings.FIELD_ENCRYPTION_KEYS)

    def use(keys):
        settings.FIELD_ENCRYPTION_KEYS = keys
        as_person.force_login(person)

    use(LOST)
    return lambda: use(keys)


def columns_of_questions(questions) -> list:
    names = ("label", "ends_low", "ends_high", "unit", "choices_json")
    return [stored(question, name) or None for question in questions.values() for name in names]


def test_pages_open_and_saving_them_keeps_all_answers(as_person, person, where, questions, lost_keys):
    texts = [stored(answer, "text") for answer in where.answers.objects.order_by("question")]

    page = as_person.get(where.url)
    assert page.status_code == 200
    assert "(question not readable)" in page.content.decode()
    assert as_person.post(where.url, form_as_shown(page)).status_code == 302
    for address in ("/", day_url(), "/logs/questions/", "/logs/questions/?check_in=week"):
        assert as_person.get(address).status_code == 200

    assert [stored(answer, "text") for answer in where.answers.objects.order_by("question")] == texts
    lost_keys()
    assert stored_by_kind(where) == FIRST


def test_a_page_says_that_a_choice_cannot_be_read(as_person, person, where, questions, lost_keys):
    page = as_person.get(where.url).content.decode()
    assert "(choice not readable)" in page
    question = questions["choice"]

    # A page that was opened before sends another choice.
    response = as_person.post(where.url, {question.name: "1"})

    assert errors_of(response) == {question.name: ["Choose one of the answers offered."]}
    lost_keys()
    assert stored_by_kind(where) == FIRST


def test_what_else_is_saved_leaves_them(as_person, person, where, questions, lost_keys):
    page = form_as_shown(as_person.get(where.url))

    assert as_person.post(where.url, page | {questions["number"].name: "9"}).status_code == 302

    lost_keys()
    assert stored_by_kind(where) == FIRST | {"number": {"number": 9}}


def test_deleting_and_bringing_back_keeps_ciphertexts(as_person, person, where, questions, lost_keys):
    texts = [stored(answer, "text") for answer in where.answers.objects.order_by("question")]
    page = as_person.post(where.delete_url)

    as_person.post(page.context["address"], {"envelope": page.context["envelope"]})

    assert [stored(answer, "text") for answer in where.answers.objects.order_by("question")] == texts
    lost_keys()
    assert stored_by_kind(where) == FIRST


def test_the_page_of_a_question_keeps_words_that_cannot_be_read(as_person, person, where, lost_keys, questions):
    before = columns_of_questions(questions)
    for question in questions.values():
        page = as_person.get(question.get_absolute_url())
        assert page.status_code == 200
        assert as_person.post(question.get_absolute_url(), {"action": "save"}).status_code == 302
        as_person.post(question.get_absolute_url(), {"asked": "first"})

    assert columns_of_questions(questions) == before
    assert set(person.own_questions.values_list("place", flat=True)) == {Place.FIRST}
    lost_keys()
    assert [choice[1] for choice in person.own_questions.get(kind="choice").choices] == ["tea", "coffee"]


def test_a_text_that_was_altered_is_kept_too(as_person, person, where, questions):
    as_person.post(where.url, all_typed(questions.values()))
    answer = where.answers.objects.get(question=questions["line"])
    put(answer, "text", "bl1.test." + "A" * 60)

    page = as_person.get(where.url)
    assert "This text cannot be read: what is stored here is not what was written." in page.content.decode()
    as_person.post(where.url, form_as_shown(page) | {questions["number"].name: "9"})

    assert stored(answer, "text") == "bl1.test." + "A" * 60
    assert where.answers.objects.get(question=questions["number"]).number == 9


# ── A day with own answers alone ─────────────────────────────────────────────────────────────────


def test_a_day_with_own_answers_alone_is_listed_counted_and_marked(as_person, person):
    question = make_question(person, "number", check_in="morning")
    as_person.post(check_in_url("morning"), {question.name: "4"})

    [line] = as_person.get("/logs/").context["lines"]
    assert (line.date, line.detail) == (DAY, "0 of 5 done")
    numbers = as_person.get(week_url()).context["numbers"]
    assert (numbers.days_logged, numbers.days_not_tracked) == (1, 0)
    as_person.post(day_url(name="not_tracked"), {"reason": "ill"})
    log = person.daily_logs.get()
    assert (log.not_tracked, log.state_of(log.stages_counted[0])) == ("ill", "begun")
    as_person.post(day_url(name="tracked"))
    assert OwnAnswer.objects.get().number == 4


def test_a_stretch_of_days_not_tracked_leaves_a_day_with_own_answers(as_person, person):
    question = make_question(person, "number", check_in="morning")
    as_person.post(check_in_url("morning"), {question.name: "4"})

    first = DAY - datetime.timedelta(days=2)
    as_person.post("/logs/not-tracked/", {"first": first, "last": DAY, "reason": "ill"})

    marks = dict(person.daily_logs.values_list("date", "not_tracked"))
    assert marks == {first: "ill", first + datetime.timedelta(days=1): "ill", DAY: None}


def test_clearing_the_only_own_answer_leaves_no_day(as_person, person):
    question = make_question(person, "several", check_in="morning")
    as_person.post(check_in_url("morning"), {question.name: ["1"]})

    page = form_as_shown(as_person.get(check_in_url("morning")))
    as_person.post(check_in_url("morning"), {name: value for name, value in page.items() if name != question.name})

    assert not person.daily_logs.exists()


# ── What came in for a question that is gone ─────────────────────────────────────────────────────


def test_what_was_typed_for_a_deleted_question_comes_back_whole(as_person, person, where, questions):
    opened = form_as_shown(as_person.get(where.url)) | all_typed(questions.values())
    for question in list(questions.values()):
        as_person.post(question.get_absolute_url(), {"action": "delete", "confirm": "1"})

    response = as_person.post(where.url, opened | where.needed)

    assert response.status_code == 404
    page = response.content.decode()
    for words in ("120, 80", "2, 1", "22:15", "a &lt;b&gt;line&lt;/b&gt;", "2,5"):
        assert words in page.partition('class="errors"')[2].partition("</ul>")[0], words
    assert where.row(person).completed_at if where.slug == "week" else where.row(person).is_done(EVENING)
    assert as_person.post(where.url, form_as_shown(response)).status_code == 302


@pytest.mark.parametrize("typed", ["", "\n", " \u2028"])
def test_white_space_for_a_deleted_question_is_said_to_be_nothing(as_person, where, typed):
    response = as_person.post(where.url, where.needed | {"own-999": typed})

    errors = response.content.decode().partition('class="errors"')[2].partition("</ul>")[0]
    assert errors.endswith("<ul><li>nothing</li>")


def test_only_the_first_list_of_errors_takes_the_focus(as_person, where):
    response = as_person.post(where.url, where.needed | {"own-999": "Tea", next(iter(where.needed)): "no answer"})

    page = response.content.decode()
    assert page.count('class="errors"') == 2
    assert page.count('tabindex="-1" autofocus') == 1


def test_not_noticed_for_a_deleted_question_comes_back(as_person, where):
    response = as_person.post(where.url, {"own-999-not-noticed": "on"})

    assert response.status_code == 404
    assert NOT_NOTICED in response.content.decode().lower()


@pytest.mark.parametrize(("number", "status"), [(60, 404), (1_000, 400)])
def test_many_unknown_questions_in_one_form(as_person, person, where, number, status):
    unknown = {f"own-{10**6 + each}": "1" for each in range(number)}

    assert as_person.post(where.url, where.needed | unknown).status_code == status

    assert (where.row(person) is not None) == (status == 404)
    assert not where.answers.objects.exists()


@pytest.mark.parametrize("name", ["own-0", "own-99999999999999999999", "own-١", "own-1e3", "own--1", "own-", "own-1 "])
def test_a_key_that_is_no_question(as_person, person, where, name):
    response = as_person.post(where.url, where.needed | {name: "1", "asked-names": name})

    assert response.status_code in (302, 404)
    assert where.row(person)
    assert not where.answers.objects.exists()


BAD = {
    "score": ["0", "11", "5.5", "\0", "١"],
    "yes_no": ["maybe", "\0"],
    "number": ["1e400", "NaN", "Infinity", "١٢", "1,000", "\0", "9" * 400, "<b>"],
    "choice": ["0", "3", "tea", "\0", "9" * 400],
    "several": ["3", "tea", "\0"],
    "line": ["x" * 201, "\0"],
    "note": ["x" * 4001, "\0"],
    "time": ["25:00", "noon", "\0"],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in BAD.items() for value in values])
def test_bad_answers_are_errors_and_the_others_are_stored(as_person, person, where, kind, value):
    question = make_question(person, kind, check_in=where.slug)
    kept = make_question(person, "number", check_in=where.slug)
    response = as_person.post(where.url, where.needed | {question.name: value, kept.name: "3"})

    assert response.status_code == 200
    assert errors_of(response).keys() == {question.name}
    assert where.row(person) is not None
    assert where.answers.objects.get().number == 3
