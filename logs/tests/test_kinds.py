"""Kinds of answers without a model: form field, parsing, display, description."""

import datetime
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError

from logs import kinds

pytestmark = pytest.mark.once

VOCABULARY = (("tea", "tea"), ("no_coffee", "no coffee"))
KINDS = [
    kinds.Score(("poor", "excellent")),
    kinds.Count(),
    kinds.Hours(),
    kinds.Number(),
    kinds.Number("cups", Decimal(0), Decimal(20), Decimal("0.5")),
    kinds.TwoNumbers("mmHg", Decimal(20), Decimal(300)),
    kinds.YesNo(),
    kinds.Choice(VOCABULARY),
    kinds.Several(VOCABULARY),
    kinds.Line(),
    kinds.Note(),
    kinds.Time(),
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=[f"{type(kind).__name__} {n}" for n, kind in enumerate(KINDS)])


def form_of(kind, data=None, **options) -> forms.Form:
    form = forms.Form(data)
    form.fields["answer"] = kind.form_field(label="An answer", **options)
    return form


def sent(kind, value) -> dict:
    """The data that a browser sends for an answer, read from the inputs that show it."""
    form = form_of(kind)
    form.initial["answer"] = value
    shown = form.fields["answer"].prepare_value(value)
    if isinstance(kind, kinds.TwoNumbers):
        return {"answer": str(value[0]), "answer-2": str(value[1])}
    if isinstance(value, datetime.time):
        return {"answer": f"{value:%H:%M}"}
    return {"answer": shown if isinstance(shown, list) else str(shown)}


@each_kind
def test_every_example_is_read_as_it_was_sent(kind):
    assert kind.examples
    for value in kind.examples:
        form = form_of(kind, sent(kind, value))

        assert form.is_valid(), form.errors
        assert form.cleaned_data["answer"] == value


@each_kind
def test_nothing_is_none(kind):
    for data in ({}, {"answer": ""}, {"answer": "", "answer-2": ""}):
        form = form_of(kind, data)

        assert form.is_valid()
        assert form.cleaned_data["answer"] is None


@each_kind
def test_it_knows_whether_it_was_sent(kind):
    widget = form_of(kind).fields["answer"].widget

    assert widget.value_omitted_from_data({}, {}, "answer")
    assert not widget.value_omitted_from_data({"answer": ""}, {}, "answer")


@each_kind
def test_it_writes_inputs_of_its_name_and_shows_the_answer(kind):
    value = kind.examples[-1]
    form = form_of(kind)
    form.initial["answer"] = value

    html = str(form["answer"])

    assert 'name="answer"' in html
    shown = sent(kind, value)["answer"]
    assert (shown[0] if isinstance(shown, list) else shown) in html


@each_kind
def test_what_it_shows_is_escaped(kind):
    html = str(form_of(kind, {"answer": '"><script>', "answer-2": '"><script>'})["answer"])

    assert "<script>" not in html


@pytest.mark.parametrize("kind", [kinds.Choice, kinds.Several])
def test_a_persons_own_choices_are_escaped(kind):
    html = str(form_of(kind((('"><script>', "<b>bold</b>"),)))["answer"])

    assert "&lt;b&gt;bold" in html
    assert "<script>" not in html and "<b>" not in html


@each_kind
def test_it_describes_itself(kind):
    assert all(kind.display(value) for value in kind.examples)
    assert kind.schema()["type"]
    assert isinstance(kind.legend(), str)
    assert bool(kind.legend()) != isinstance(kind, kinds.Line)


@pytest.mark.parametrize(
    ("kind", "typed", "message"),
    [
        (kinds.Number(least=Decimal(1)), "0", "Write 1 or more."),
        (kinds.Number(most=Decimal(5)), "6", "Write 5 or less."),
        (kinds.Number(step=Decimal("0.5")), "0.7", "Write a multiple of 0.5."),
        (kinds.Number(), "1e400", "Write a number, such as 7.5."),
        (kinds.Number(), "NaN", "Write a number, such as 7.5."),
        (kinds.Number(), "١٢", "Write a number, such as 7.5."),
        (kinds.Score(), "11", "Choose a number from 1 to 10."),
        (kinds.Count(), "8", "Choose one of the answers offered."),
        (kinds.Time(), "25:00", "Write a time, such as 8:15 or 20:15."),
        (kinds.Choice(VOCABULARY), "beer", "Choose one of the answers offered."),
        (kinds.Line(3), "four", "Please keep this to 3 characters; these are 4."),
    ],
)
def test_what_it_does_not_take(kind, typed, message):
    with pytest.raises(ValidationError) as refused:
        kind.form_field().clean(typed)

    assert refused.value.messages == [message]


@pytest.mark.parametrize("values", [["120", ""], ["", "80"], ["120", None]])
def test_one_of_two_numbers_is_not_an_answer(values):
    with pytest.raises(ValidationError) as refused:
        kinds.TwoNumbers().form_field().clean(values)

    assert refused.value.messages == ["Write both numbers."]


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (kinds.Score(), 7, "7 of 10"),
        (kinds.Count(), 1, "1 day"),
        (kinds.Hours(), Decimal("7.50"), "7.5 hours"),
        (kinds.Number("cups"), Decimal("2.0"), "2 cups"),
        (kinds.Number(), Decimal("-1.50"), "-1.5"),
        (kinds.TwoNumbers("mmHg"), (Decimal(120), Decimal(80)), "120 / 80 mmHg"),
        (kinds.TwoNumbers(), (Decimal(1), Decimal(2)), "1 / 2"),
        (kinds.YesNo(), False, "No"),
        (kinds.Choice(VOCABULARY), "no_coffee", "no coffee"),
        (kinds.Choice(VOCABULARY), "of another release", "of another release"),
        (kinds.Several(VOCABULARY), ["tea", "no_coffee"], "tea, no coffee"),
        (kinds.Time(), datetime.time(20, 15), "8:15 p.m."),
    ],
)
def test_in_words(kind, value, words):
    assert kind.display(value) == words


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (kinds.Score(("poor", "excellent")), "1 (poor) to 10 (excellent)"),
        (kinds.Number("cups", Decimal(0), Decimal(20)), "0 cups to 20 cups"),
        (kinds.Number("cups"), "cups"),
        (kinds.Number(), "a number"),
        (kinds.Several(VOCABULARY), "any of: tea, no_coffee (no coffee)"),
    ],
)
def test_what_stored_values_mean(kind, words):
    assert kind.legend() == words


def test_what_the_database_demands():
    assert str(kinds.Score().condition("x")) == "(AND: ('x__range', (1, 10)))"
    assert kinds.Number().condition("x") is None
    assert "x__gte" in str(kinds.Number(least=Decimal(1)).condition("x"))
    assert kinds.Line().condition("x") is None


def test_yes_and_no_can_have_words_of_their_own():
    kind = kinds.YesNo(((False, "Yes, at times"), (True, "No, never")))

    assert [kind.display(value) for value in (True, False)] == ["No, never", "Yes, at times"]
    assert kind.legend() == "false (Yes, at times), true (No, never)"
    assert kind.form_field().choices == [("false", "Yes, at times"), ("true", "No, never")]
    assert kind.form_field().clean("true") is True
    assert kinds.YesNo().legend() == "true or false"
