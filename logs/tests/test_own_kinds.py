"""The kinds of own questions: answers come back as they were, and what is no answer is refused in one sentence."""

import datetime
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from hypothesis import given, strategies as st

from brainlog.forms import is_blank
from brainlog.tests.attack.texts import HOSTILE, MARK
from brainlog.tests.html import Page
from logs.kinds import Kind
from logs.own_kinds import KINDS, NOT_NOTICED, PARAMETERS, kind_of
from logs.widgets import in_digits
from testing.forms import forms_in

pytestmark = pytest.mark.once

DRINKS = [[3, "tea"], [1, "Coffee, black"], [7, "water"]]
RETIRED = [[2, "lemonade"]]
SLUGS = ("score", "yes_no", "number", "two_numbers", "choice", "several", "line", "note", "time")
NAME = "own-12"


def form_of(kind: Kind, data=None, stored=None, **options) -> forms.Form:
    form = forms.Form(data)
    form.fields[NAME] = kind.accepting(stored).form_field(**{"label": "A question"} | options)
    form.initial[NAME] = stored
    return form


def sent_by(form: forms.Form) -> dict[str, list[str]]:
    """The data that a browser sends for the inputs of a form, unchanged."""
    [found] = forms_in(f"<form method=post>{form[NAME]}</form>", "/")
    return found.as_sent()


def errors_of(kind: Kind, stored=None, **data) -> list[str]:
    data = MultiValueDict(
        {f"{NAME}{suffix.replace('_', '-')}".removesuffix("-"): [value] for suffix, value in data.items()}
    )
    return form_of(kind, data, stored).errors.get(NAME, [])


def test_all_kinds_are_made_by_their_slug():
    assert tuple(KINDS) == tuple(PARAMETERS) == SLUGS
    for slug in KINDS:
        assert kind_of(slug, ends=("", ""), unit="cups", least=None, choices=DRINKS).examples

    with pytest.raises(KeyError):
        kind_of("colour")


# ── Answers come back as they were ───────────────────────────────────────────────────────────────

thousandths = st.integers(-999_999_999_999, 999_999_999_999).map(lambda number: Decimal(number) / 1000)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\N{REPLACEMENT CHARACTER}"))
# A text of invisible characters alone is no answer.
lines = texts.map(lambda text: " ".join(text.split())[:200].strip()).filter(lambda text: not is_blank(text))
notes = texts.map(lambda text: text.strip()[:4000].strip()).filter(lambda text: not is_blank(text))
times = st.times().map(lambda time: time.replace(second=0, microsecond=0))
ids = [key for key, _label in DRINKS]

ANSWERS = {
    "score": st.integers(1, 10),
    "yes_no": st.booleans(),
    "number": thousandths,
    "two_numbers": st.tuples(thousandths, thousandths),
    "choice": st.sampled_from(ids),
    "several": st.sets(st.sampled_from(ids), min_size=1).map(lambda chosen: sorted(chosen, key=ids.index)),
    "line": lines,
    "note": notes,
    "time": times | st.just(NOT_NOTICED),
}


@pytest.mark.parametrize("slug", KINDS)
@given(data=st.data())
def test_an_answer_that_is_shown_and_sent_again_is_the_same(slug, data):
    kind, answer = kind_of(slug, unit="cups", choices=DRINKS), data.draw(ANSWERS[slug])
    form = form_of(kind, MultiValueDict(sent_by(form_of(kind, stored=answer))))

    assert form.is_valid(), form.errors
    again = form.cleaned_data[NAME]
    assert (again, type(again)) == (answer, type(answer))
    assert kind.display(answer)


@given(
    least=st.none() | st.integers(-2000, 2000),
    span=st.integers(1, 5000),
    step=st.none() | st.integers(1, 700),
    place=st.integers(0, 5000),
)
def test_every_number_of_a_grid_is_an_answer_and_no_other(least, span, step, place):
    """In thousandths."""
    bounds = {"least": least, "most": None if least is None else least + span, "step": step}
    kind = kind_of(
        "number", **{name: None if value is None else Decimal(value) / 1000 for name, value in bounds.items()}
    )
    number = (least or 0) + place
    is_answer = (bounds["most"] is None or number <= bounds["most"]) and (step is None or place % step == 0)

    assert bool(errors_of(kind, _=in_digits(Decimal(number) / 1000))) != is_answer
    assert all(not errors_of(kind, _=in_digits(example)) for example in kind.examples)
    assert kind.examples


def test_a_step_is_exact_where_floats_are_not():
    kind = kind_of("number", step=Decimal("0.001"))

    assert errors_of(kind, _="999999999.999") == []


@pytest.mark.parametrize(
    ("slug", "bounds"),
    [
        ("number", {"most": Decimal(-5), "step": Decimal(2)}),
        ("number", {"most": Decimal("-0.5")}),
        ("two_numbers", {"most": Decimal(-1)}),
    ],
)
def test_examples_are_within_bounds_below_0(slug, bounds):
    kind = kind_of(slug, **bounds)

    for example in kind.examples:
        form = form_of(kind, MultiValueDict(sent_by(form_of(kind, stored=example))))
        assert form.is_valid() and form.cleaned_data[NAME] == example
    assert kind.examples


@pytest.mark.parametrize("slug", KINDS)
def test_left_blank_is_no_answer_and_not_sent_says_nothing(slug):
    kind = kind_of(slug, choices=DRINKS)
    form = form_of(kind, MultiValueDict(sent_by(form_of(kind))))

    assert form.is_valid() and form.cleaned_data[NAME] is None
    assert form[NAME].data in (None, "", [])  # As AnswersForm counts answers.
    widget = form.fields[NAME].widget
    assert widget.value_omitted_from_data(MultiValueDict({"own-1": ["1"]}), {}, NAME)
    assert not widget.value_omitted_from_data(MultiValueDict({NAME: [""]}), {}, NAME)


@pytest.mark.parametrize(("slug", "second"), [("two_numbers", "own-12-2"), ("time", "own-12-not-noticed")])
def test_the_second_input_alone_says_something(slug, second):
    widget = form_of(kind_of(slug)).fields[NAME].widget

    assert not widget.value_omitted_from_data(MultiValueDict({second: ["1"]}), {}, NAME)


@pytest.mark.parametrize(
    ("typed", "number"), [("1,5", "1.5"), ("1.5", "1.5"), (" -0 ", "0"), ("+3", "3"), (".5", "0.5")]
)
def test_a_number_by_comma_or_point(typed, number):
    form = form_of(kind_of("number"), MultiValueDict({NAME: [typed]}))

    assert str(form.is_valid() and form.cleaned_data[NAME]) == number


def test_a_choice_ticked_twice_is_there_once():
    form = form_of(kind_of("several", choices=DRINKS), MultiValueDict({NAME: ["7", "3", "7"]}))

    assert form.is_valid() and form.cleaned_data[NAME] == [3, 7]


# ── What is no answer ────────────────────────────────────────────────────────────────────────────

A_NUMBER = "Write a number, such as 7.5."
BETWEEN = {"least": Decimal("0.500"), "most": Decimal("100.000"), "step": Decimal("0.500")}


@pytest.mark.parametrize(
    ("slug", "parameters", "typed", "message"),
    [
        *(
            ("number", {}, typed, A_NUMBER)
            for typed in ("1e400", "NaN", "Infinity", "-inf", "١٢", "１２", "1 2", "x", ".")
        ),
        ("number", {}, "1e5", A_NUMBER),
        ("number", {}, "9" * 1_000_000, A_NUMBER),
        ("number", {}, "1,000", "Is that a thousand or about one? Write 1000, or 1.0."),
        ("number", {}, "1234567890", "Write at most 9 digits before the point."),
        ("number", {}, "0.1234", "Write at most 3 digits after the point."),
        ("number", BETWEEN, "0", "Write 0.5 or more."),
        ("number", BETWEEN, "100.5", "Write 100 or less."),
        ("number", BETWEEN, "0.7", "Write a multiple of 0.5."),
        ("number", {"least": Decimal(1), "step": Decimal(2)}, "2", "Write 1, or go up from it in steps of 2."),
        ("score", {}, "11", "Choose a number from 1 to 10."),
        ("score", {}, "٣", "Choose a number from 1 to 10."),
        ("yes_no", {}, "maybe", "Choose yes or no."),
        ("choice", {"choices": DRINKS}, "2", "Choose one of the answers offered."),
        ("choice", {"choices": DRINKS}, "tea", "Choose one of the answers offered."),
        ("choice", {"choices": DRINKS, "retired": RETIRED}, "2", "Choose one of the answers offered."),
        ("several", {"choices": DRINKS}, "2", "Choose from the answers offered."),
        ("line", {}, "x" * 201, "Please keep this to 200 characters; these are 201."),
        ("line", {}, "a\0", "This text has a character that cannot be stored. Please retype it."),
        ("note", {}, "x" * 4001, "Please keep this to 4000 characters; these are 4001."),
        ("time", {}, "25:00", "Write a time, such as 8:15 or 20:15."),
        ("time", {}, NOT_NOTICED, "Write a time, such as 8:15 or 20:15."),
    ],
)
def test_what_is_no_answer_is_said_in_one_sentence(slug, parameters, typed, message):
    kind = kind_of(slug, **parameters)

    assert errors_of(kind, _=typed) == [message]


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        ({"_": "120"}, ["Write both numbers."]),
        ({"_2": "80"}, ["Write both numbers."]),
        ({"_": "", "_2": "80"}, ["Write both numbers."]),
        ({"_": "120", "_2": "x"}, [A_NUMBER]),
        ({"_": "NaN", "_2": "1e400"}, [A_NUMBER]),
        ({"_": "120", "_2": "9"}, ["Write 20 or more."]),
    ],
)
def test_two_numbers_are_two_numbers(data, messages):
    assert errors_of(kind_of("two_numbers", unit="mmHg", least=Decimal(20), most=Decimal(300)), **data) == messages


def test_a_time_and_not_noticed_is_an_error_that_loses_neither():
    kind = kind_of("time")
    data = {"own-12": ["08:15"], "own-12-not-noticed": ["on"]}
    form = form_of(kind, MultiValueDict(data))

    assert form.errors[NAME] == ["Write the time, or choose “Not noticed”, not both."]
    assert sent_by(form) == data


@pytest.mark.parametrize("sent", [{NAME: ["120"], "own-12-2": ["x<y"]}, {NAME: ["12,"], "own-12-2": [""]}])
def test_two_numbers_with_an_error_come_back_as_typed(sent):
    form = form_of(kind_of("two_numbers"), MultiValueDict(sent))

    assert sent_by(form) == sent


# ── After the question was reworded ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("slug", "parameters", "stored"),
    [
        ("number", BETWEEN, Decimal("120.700")),
        ("number", BETWEEN, Decimal("0.123")),
        ("two_numbers", BETWEEN, (Decimal("120.7"), Decimal(-1))),
        ("choice", {"choices": DRINKS, "retired": RETIRED}, 2),
        ("several", {"choices": DRINKS, "retired": RETIRED}, [1, 2]),
    ],
)
def test_a_stored_answer_outside_the_present_bounds_stays_when_its_day_is_saved(slug, parameters, stored):
    kind = kind_of(slug, **parameters)
    form = form_of(kind, MultiValueDict(sent_by(form_of(kind, stored=stored))), stored)

    assert form.is_valid(), form.errors
    assert form.cleaned_data[NAME] == stored


def test_another_answer_has_to_be_within_the_bounds():
    kind = kind_of("number", **BETWEEN)

    assert errors_of(kind, Decimal(120), _="119") == ["Write 100 or less."]
    assert errors_of(kind_of("two_numbers", **BETWEEN), (Decimal(120), Decimal(1)), _="1", _2="120") == [
        "Write 100 or less."
    ]
    assert errors_of(kind_of("choice", choices=DRINKS, retired=[*RETIRED, [9, "milk"]]), 2, _="9")


def test_a_retired_choice_is_offered_only_where_it_was_the_answer():
    kind = kind_of("choice", choices=DRINKS, retired=RETIRED)

    assert "lemonade" not in str(form_of(kind, stored=3)[NAME])
    assert "lemonade" in str(form_of(kind, stored=2)[NAME])
    assert kind.display(2) == "lemonade"
    assert kind_of("several", choices=DRINKS, retired=RETIRED).display([1, 2]) == "Coffee, black, lemonade"


# ── In words ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("slug", "parameters", "value", "words"),
    [
        ("score", {"ends": ("none", "all of it")}, 7, "7 of 10"),
        ("yes_no", {}, False, "No"),
        ("number", {"unit": "cups"}, Decimal("2.500"), "2.5 cups"),
        ("number", {"unit": "%(x)s {0}"}, Decimal(100), "100 %(x)s {0}"),
        ("two_numbers", {"unit": "mmHg"}, (Decimal("120.000"), Decimal("80.000")), "120 / 80 mmHg"),
        ("choice", {"choices": DRINKS}, 1, "Coffee, black"),
        ("several", {"choices": DRINKS}, [3, 7], "tea, water"),
        ("time", {}, datetime.time(20, 15), "8:15 p.m."),
        ("time", {}, NOT_NOTICED, "not noticed"),
    ],
)
def test_an_answer_in_words(slug, parameters, value, words):
    assert kind_of(slug, **parameters).display(value) == words


@pytest.mark.parametrize(
    ("slug", "parameters", "words"),
    [
        ("score", {"ends": ("none", "100 %")}, "1 (none) to 10 (100 %)"),
        ("score", {"ends": ("none", "")}, "1 (none) to 10"),
        ("score", {"ends": ("", "100 %s")}, "1 to 10 (100 %s)"),
        ("score", {}, "1 to 10"),
        ("number", {"unit": "cups", "least": Decimal("0.000"), "most": Decimal("20.000")}, "0 cups to 20 cups"),
        ("number", {"unit": "%s", "least": Decimal(0)}, "0 %s or more"),
        ("number", {"most": Decimal(5)}, "5 or less"),
        ("number", {"unit": "%(most)s"}, "%(most)s"),
        ("number", {}, "a number"),
        ("two_numbers", {"unit": "mmHg"}, "two numbers: mmHg"),
        ("choice", {"choices": DRINKS}, "3 (tea), 1 (Coffee, black), 7 (water)"),
        ("several", {"choices": DRINKS[:1], "retired": RETIRED}, "any of: 3 (tea), 2 (lemonade)"),
        ("line", {}, ""),
        ("note", {}, ""),
        ("time", {}, "a time of day, 00:00 to 23:59, or “not noticed”"),
    ],
)
def test_what_stored_values_mean(slug, parameters, words):
    assert kind_of(slug, **parameters).legend() == words


@pytest.mark.parametrize(
    ("slug", "parameters", "schema"),
    [
        ("choice", {"choices": DRINKS, "retired": RETIRED}, {"type": "integer", "enum": [3, 1, 7, 2]}),
        ("number", {"least": Decimal(1), "step": Decimal(2)}, {"type": "number", "minimum": 1.0}),
        ("number", {"least": Decimal(4), "step": Decimal(2)}, {"type": "number", "minimum": 4.0, "multipleOf": 2.0}),
        ("time", {}, {"type": "string", "anyOf": [{"format": "time"}, {"const": "not noticed"}]}),
    ],
)
def test_the_schema_of_an_answer(slug, parameters, schema):
    assert kind_of(slug, **parameters).schema() == schema


# ── What is shown ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("slug", KINDS)
def test_hostile_words_are_shown_as_text(slug):
    for words in HOSTILE:
        assert_shown_as_text(slug, words)


def assert_shown_as_text(slug, words):
    kind = kind_of(slug, ends=(words, words), unit=words, choices=[[1, words], [2, f"{words}2"]])
    typed = {NAME: [words], "own-12-2": [words], "own-12-not-noticed": [words]}

    for data in (None, MultiValueDict(typed)):
        html = str(form_of(kind, data, label=words)[NAME])
        attributes = {name for _tag, attrs in Page(html).elements for name in attrs}
        assert not [tag for tag, _attrs in Page(html).elements if MARK in tag or tag in {"script", "img", "a", "form"}]
        assert not [name for name in attributes if name.startswith("on") or MARK in name]


def test_an_end_without_words_shows_its_number_alone():
    html = str(form_of(kind_of("score", ends=("", "all of it")))[NAME])

    assert ">1</span>" in html and ">10 all of it</span>" in html


def test_a_number_has_buttons_that_wait_for_the_script():
    kind = kind_of("number", unit="cups", least=Decimal("0.000"), most=Decimal("10.000"), step=Decimal("0.500"))
    elements = Page(str(form_of(kind)[NAME])).elements

    [stepper] = [attrs for _tag, attrs in elements if "data-stepper" in attrs]
    assert [stepper[f"data-{name}"] for name in ("least", "most", "step")] == ["0", "10", "0.5"]
    buttons = [attrs for tag, attrs in elements if tag == "button"]
    assert [button["aria-label"] for button in buttons] == ["A question: 0.5 less", "A question: 0.5 more"]
    assert all(button["type"] == "button" and "hidden" in button and "name" not in button for button in buttons)
    [box] = [attrs for tag, attrs in elements if tag == "input"]
    assert (box["inputmode"], box["aria-describedby"]) == ("decimal", f"id_{NAME}_unit")


def test_a_number_below_0_can_be_typed_on_a_phone():
    assert 'inputmode="text"' in str(form_of(kind_of("number", least=Decimal(-3)))[NAME])


@pytest.mark.parametrize("slug", ["two_numbers", "time"])
def test_each_of_two_inputs_has_a_name_for_screen_readers(slug):
    form = form_of(kind_of(slug))
    inputs = [attrs for tag, attrs in Page(str(form[NAME])).elements if tag == "input"]

    assert form[NAME].use_fieldset
    assert len({attrs["id"] for attrs in inputs}) == 2
    assert all("aria-label" in attrs or attrs["type"] == "checkbox" for attrs in inputs)


def test_one_number_out_of_bounds_is_refused_as_a_value_too():
    with pytest.raises(ValidationError):
        kind_of("number", **BETWEEN).form_field().clean("101")
