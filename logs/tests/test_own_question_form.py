"""The form of an own question: bad input, what each kind asks, and the ids of choices."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import RequestFactory
from hypothesis import given, strategies as st

from brainlog.tests.attack.texts import HOSTILE, MARK
from brainlog.tests.html import Page
from encryption.fields import Unreadable
from logs.own_kinds import KINDS, PARAMETERS, kind_of
from logs.own_question_form import OwnQuestionForm
from testing.forms import forms_in

pytestmark = pytest.mark.once

NAMES = {
    *("label", "kind", "check_in", "asked", "direction"),
    *("ends_low", "ends_high", "unit", "least", "most", "step", "choices"),
}
CHECK_INS = ("morning", "medication", "midday", "afternoon", "evening", "week")
CUPS = {
    "label": "Cups of coffee",
    "kind": "number",
    "check_in": "evening",
    "ends_low": "",
    "ends_high": "",
    "direction": "worse",
    "unit": "cups",
    "least": Decimal("0.000"),
    "most": Decimal("20.000"),
    "step": Decimal("0.500"),
    "choices": [],
    "asked": "first",
}
DRINKS = CUPS | {"label": "Drinks", "kind": "several", "unit": "", "choices": [[1, "Tea"], [2, "coffee"], [3, "milk"]]}
DRINKS |= dict.fromkeys(("least", "most", "step"))


def sent(**changes) -> QueryDict:
    """The data of a new question about a number."""
    data = QueryDict(mutable=True)
    data.update({"label": "Coffee", "kind": "number", "check_in": "evening"} | changes)
    return data


def errors_of(existing=None, **changes) -> dict[str, list[str]]:
    return dict(OwnQuestionForm(sent(**changes), existing=existing).errors)


def cleaned(existing=None, **changes) -> dict:
    form = OwnQuestionForm(sent(**changes), existing=existing)
    assert form.is_valid(), form.errors
    return form.cleaned_data


def page_of(form) -> str:
    request = RequestFactory().get("/logs/questions/new/")
    request.user = SimpleNamespace(is_authenticated=False)
    request.resolver_match = None
    context = {"form": form, "back": "/logs/questions/", "user": request.user}
    return render_to_string("logs/own_question.html", context, request)


def shown_by(form) -> dict[str, list[str]]:
    """The data that a browser without JavaScript sends for the page of the form, unchanged."""
    [found] = forms_in(page_of(form), "/logs/questions/new/")
    return {name: values for name, values in found.as_sent().items() if name in NAMES}


# ── A new question ───────────────────────────────────────────────────────────────────────────────


def test_the_page_of_a_new_question_chooses_nothing():
    assert {name for name, values in shown_by(OwnQuestionForm()).items() if values != [""]} == set()
    [found] = forms_in(page_of(OwnQuestionForm()), "/logs/questions/new/")
    assert found.fields.keys() >= NAMES
    assert tuple(found.fields["kind"].options) == tuple(KINDS)
    assert tuple(found.fields["check_in"].options) == CHECK_INS


def test_a_page_can_choose_the_check_in_that_it_was_opened_from():
    assert shown_by(OwnQuestionForm(initial={"check_in": "midday"}))["check_in"] == ["midday"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check_in", CHECK_INS)
def test_each_kind_has_a_value_for_every_name(kind, check_in):
    data = cleaned(kind=kind, check_in=check_in, choices="tea\ncoffee")

    assert data.keys() == NAMES
    assert (data["kind"], data["check_in"], data["asked"], data["direction"]) == (kind, check_in, "folded", "neither")
    assert kind_of(kind, choices=[[1, "tea"]]).examples


def test_all_of_it():
    data = cleaned(
        label="  Coffee, <b>black</b> 🧠 ",
        direction="worse",
        unit=" cups ",
        least="0,5",
        most="20",
        step=".5",
        asked="first",
    )

    assert data == {
        **{"label": "Coffee, <b>black</b> 🧠", "kind": "number", "check_in": "evening", "asked": "first"},
        **{"unit": "cups", "least": Decimal("0.5"), "most": Decimal(20), "step": Decimal("0.5"), "direction": "worse"},
        **{"ends_low": "", "ends_high": "", "choices": []},
    }


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_kind_does_not_ask_is_as_if_left_open(kind):
    wrong = {
        **{"ends_low": "x" * 41, "ends_high": "x\0", "unit": "x" * 21, "direction": "up"},
        **{"least": "NaN", "most": "1e400", "step": "-1", "choices": "tea\ntea"},
    }
    errors = errors_of(kind=kind, **wrong)

    assert errors.keys() == set(PARAMETERS[kind])
    empty = {"ends_low": "", "ends_high": "", "unit": "", "choices": [], "direction": "neither"}
    data = OwnQuestionForm(sent(kind=kind, **wrong))
    data.is_valid()
    assert all(data.cleaned_data[name] == empty.get(name) for name in wrong.keys() - errors.keys())


def test_an_empty_form_asks_for_the_three_that_are_needed():
    assert OwnQuestionForm(QueryDict()).errors == {
        "label": ["Please fill this in."],
        "kind": ["Please choose one."],
        "check_in": ["Please choose one."],
    }


BROKEN = "This text has a character that cannot be stored. Please retype it."
A_NUMBER = "Write a number, such as 7.5."
OFFERED = "Choose one of the answers offered."


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("label", " \t\n ", "Please fill this in."),
        ("label", "x" * 121, "Please keep this to 120 characters; these are 121."),
        ("label", "x" * 1_000_000, "Please keep this to 120 characters; these are 1000000."),
        ("label", "a\0b", BROKEN),
        ("label", "a\x1bb", BROKEN),
        ("label", "a\r\nb", BROKEN),
        ("label", "a\N{LINE SEPARATOR}b", BROKEN),
        ("label", "\N{ZERO WIDTH SPACE}\N{RIGHT-TO-LEFT OVERRIDE}", "Please fill this in."),
        ("label", "a\N{REPLACEMENT CHARACTER}", "This text has characters that are broken. Please type it again."),
        ("kind", "hours", OFFERED),
        ("kind", "", "Please choose one."),
        ("check_in", "night", OFFERED),
        ("check_in", "", "Please choose one."),
        ("direction", "up", OFFERED),
        ("asked", "off", OFFERED),
        ("unit", "x" * 21, "Please keep this to 20 characters; these are 21."),
        ("unit", "a\0", BROKEN),
        *(("least", value, A_NUMBER) for value in ("1e400", "NaN", "-Infinity", "١٢", "x")),
        *(("most", value, A_NUMBER) for value in ("1e400", "NaN", "Infinity", "١٢", "x")),
        *(("step", value, A_NUMBER) for value in ("1e400", "NaN", "Infinity", "١٢", "x")),
        ("least", "1234567890", "Write at most 9 digits before the point."),
        ("step", "0.0001", "Write at most 3 digits after the point."),
        ("step", "0", "Steps have to be above 0."),
        ("step", "-1", "Steps have to be above 0."),
    ],
)
def test_bad_input_is_an_error_at_its_field(name, value, message):
    assert errors_of(**{name: value}) == {name: [message]}


@pytest.mark.parametrize(
    ("bounds", "errors"),
    [
        ({"least": "5", "most": "4"}, {"most": ["The most has to be above the least, 5."]}),
        ({"least": "5.0", "most": "5"}, {"most": ["The most has to be above the least, 5."]}),
        ({"least": "1", "most": "3", "step": "2.5"}, {"step": ["Steps can be 2 at most, from the least to the most."]}),
        ({"least": "1", "most": "3", "step": "2"}, {}),
        ({"least": "-3", "most": "3", "step": "1"}, {}),
        ({"most": "3", "step": "100"}, {}),
        ({"least": "x", "most": "3", "step": "100"}, {"least": [A_NUMBER]}),
    ],
)
def test_bounds_that_contradict_each_other(bounds, errors):
    assert errors_of(**bounds) == errors


def test_the_step_of_two_numbers_is_not_asked():
    assert cleaned(kind="two_numbers", least="1", most="3", step="-7")["step"] is None


@pytest.mark.parametrize("name", ["ends_low", "ends_high"])
def test_words_at_the_ends_are_short(name):
    assert errors_of(kind="score", **{name: "x" * 41}) == {name: ["Please keep this to 40 characters; these are 41."]}
    assert cleaned(kind="score", **{name: f" {'x' * 40} "})[name] == "x" * 40


@pytest.mark.parametrize("kind", ["choice", "several"])
@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ("", "Write at least 2 choices, one a line."),
        (" \r\n \n", "Write at least 2 choices, one a line."),
        ("tea", "Write at least 2 choices, one a line."),
        ("\n".join(map(str, range(13))), "Please keep this to 12 choices; these are 13."),
        ("\n".join(map(str, range(1500))), "Please keep this to 12 choices; these are 1500."),
        ("tea\nTEA", "“TEA” is here twice."),
        ("tea\n  tea  ", "“tea” is here twice."),
        ("Caf\u00e9\ncafe\u0301", "“cafe\u0301” is here twice."),
        ("straße\nSTRASSE", "“STRASSE” is here twice."),
        ("a b\na  b", "“a  b” is here twice."),
        (f"tea\n{'x' * 61}", f"Please keep each choice to 60 characters: “{'x' * 20}…” has 61."),
        ("tea\nwa\0ter", BROKEN),
        ("tea\nwa\tter", BROKEN),
        ("tea\n\N{ZERO WIDTH SPACE}", "Please write something that can be seen."),
        ("x" * 1_000_000, "Please keep this to 7200 characters; these are 1000000."),
    ],
)
def test_a_list_that_is_none(kind, choices, message):
    assert errors_of(kind=kind, choices=choices) == {"choices": [message]}


def test_a_list_is_trimmed_and_has_no_blank_lines():
    labels = [f"<b>{number}</b>" for number in range(12)]

    assert cleaned(kind="choice", choices="\r\n\r\n".join(f"  {label} " for label in labels))["choices"] == labels


def test_a_page_with_errors_shows_what_was_typed():
    typed = {"label": ["x" * 121], "kind": ["choice"], "check_in": ["week"], "choices": ["tea\r\nTEA"]}
    form = OwnQuestionForm(sent(**{name: value.replace("\r", "") for name, [value] in typed.items()}))

    assert set(form.errors) == {"label", "choices"}
    assert {name: values for name, values in shown_by(form).items() if values != [""]} == typed


@given(
    st.fixed_dictionaries(
        {name: st.text(max_size=30) for name in NAMES - {"kind", "check_in"}},
        optional={"kind": st.sampled_from([*KINDS, "?"]), "check_in": st.sampled_from([*CHECK_INS, "?"])},
    )
)
def test_no_input_is_too_strange(data):
    form = OwnQuestionForm(data)

    if form.is_valid():
        assert form.cleaned_data.keys() == NAMES
        form.choices_with_ids()
    else:
        assert all(message for messages in form.errors.values() for message in messages)


# ── An existing question ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_saving_the_page_of_a_question_changes_nothing(kind):
    """Through the page, as a browser without JavaScript sends it."""
    new = OwnQuestionForm(
        sent(
            kind=kind,
            **{"label": "“It” & <b>", "direction": "worse", "asked": "first", "ends_low": "none", "ends_high": "<all>"},
            **{"unit": "%s", "least": "-0.5", "most": "100", "step": "0.125", "choices": "tea\ncoffee"},
        )
    )
    assert new.is_valid(), new.errors
    existing = new.cleaned_data | {"choices": new.choices_with_ids()[0]}

    data = QueryDict(mutable=True)
    for name, values in shown_by(OwnQuestionForm(existing=existing)).items():
        data.setlist(name, values)
    again = OwnQuestionForm(data, existing=existing)

    assert again.is_valid(), again.errors
    assert again.cleaned_data == new.cleaned_data
    assert again.choices_with_ids(existing["choices"]) == new.choices_with_ids()


def test_what_comes_in_without_a_key_stays():
    form = OwnQuestionForm(QueryDict("label=Coffee&least="), existing=CUPS)

    assert form.is_valid(), form.errors
    assert form.cleaned_data == CUPS | {"label": "Coffee", "least": None}
    drinks = OwnQuestionForm(QueryDict("label=Drinks+today"), existing=DRINKS)
    assert drinks.is_valid() and drinks.choices_with_ids(DRINKS["choices"]) == (DRINKS["choices"], [])


def test_the_kind_stays():
    assert "kind" not in OwnQuestionForm(existing=CUPS).fields
    assert "choices" not in OwnQuestionForm(existing=CUPS).fields
    assert cleaned(existing=CUPS, kind="number")["kind"] == "number"
    assert errors_of(existing=CUPS, kind="score") == {
        "__all__": ["The kind of a question stays. Another kind is another question."]
    }


@pytest.mark.parametrize(
    ("check_in", "offered"), [("morning", CHECK_INS[:5]), ("evening", CHECK_INS[:5]), ("week", ("week",))]
)
def test_a_question_of_days_moves_between_check_ins_and_not_to_the_week(check_in, offered):
    existing = CUPS | {"check_in": check_in}

    for other in CHECK_INS:
        assert errors_of(existing=existing, check_in=other) == ({} if other in offered else {"check_in": [OFFERED]})


def test_an_unreadable_text_is_kept():
    unreadable = Unreadable(b"...", is_key_missing=True)
    existing = CUPS | {"label": unreadable, "unit": unreadable}
    form = OwnQuestionForm(QueryDict("least=1"), existing=existing)

    assert form.is_valid(), form.errors
    assert (form.cleaned_data["label"], form.cleaned_data["unit"]) == (unreadable, unreadable)
    assert str(unreadable) in page_of(OwnQuestionForm(existing=existing))


def test_an_unreadable_list_is_kept():
    unreadable = Unreadable(b"...", is_key_missing=True)
    form = OwnQuestionForm(QueryDict("label=Coffee"), existing=DRINKS | {"choices": unreadable})

    assert form.is_valid(), form.errors
    assert form.choices_with_ids(unreadable) == (unreadable, ())
    assert page_of(OwnQuestionForm(existing=DRINKS | {"choices": unreadable}))


# ── The ids of choices ───────────────────────────────────────────────────────────────────────────

OLD = [[1, "Tea"], [4, "coffee"], [2, "milk"]]


@pytest.mark.parametrize(
    ("lines", "retired", "current", "retired_then"),
    [
        # The same text, wherever it stands and in capitals or not.
        (["milk", "TEA", "coffee"], [], [[2, "milk"], [1, "TEA"], [4, "coffee"]], []),
        # One line is another text in a list as long as before: a rewording.
        (["Tea", "espresso", "milk"], [], [[1, "Tea"], [4, "espresso"], [2, "milk"]], []),
        # Two are: new choices.
        (["Tea", "juice", "water"], [], [[1, "Tea"], [5, "juice"], [6, "water"]], [[4, "coffee"], [2, "milk"]]),
        # One more, one less, another order with another text.
        (["Tea", "coffee", "milk", "water"], [], [*OLD, [5, "water"]], []),
        (["Tea", "milk"], [], [[1, "Tea"], [2, "milk"]], [[4, "coffee"]]),
        (["coffee", "Tea", "water"], [], [[4, "coffee"], [1, "Tea"], [5, "water"]], [[2, "milk"]]),
        # No id is given twice, whatever became of its choice.
        ([*"ab"], [[7, "old"]], [[8, "a"], [9, "b"]], [[7, "old"], *OLD]),
        # A retired choice comes back under its id, and is no rewording.
        (["Tea", "old", "milk"], [[7, "Old"]], [[1, "Tea"], [7, "old"], [2, "milk"]], [[4, "coffee"]]),
    ],
)
def test_the_ids_of_choices(lines, retired, current, retired_then):
    form = OwnQuestionForm(sent(kind="choice", choices="\n".join(lines)))

    assert form.is_valid(), form.errors
    assert form.choices_with_ids(OLD, retired) == (current, retired_then)


words = st.sampled_from(["tea", "Tea", "coffee", "milk", "water", "juice", "beer"])
lists = st.lists(words, min_size=2, max_size=6, unique_by=str.casefold)


@given(st.lists(lists, min_size=1, max_size=6))
def test_ids_are_never_given_twice_through_many_changes(versions):
    current, retired, labels = [], [], {}
    for version in versions:
        form = OwnQuestionForm(sent(kind="several", choices="\n".join(version)))
        assert form.is_valid(), form.errors
        before = {key for key, _label in [*current, *retired]}
        current, retired = form.choices_with_ids(current, retired)
        ids = [key for key, _label in [*current, *retired]]
        assert [label for _key, label in current] == version
        assert len(ids) == len(set(ids)) and before <= set(ids)
        labels |= {key: label for key, label in current}
        assert labels.keys() == set(ids)


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_a_new_question_says_which_kinds_each_part_is_for():
    elements = Page(page_of(OwnQuestionForm())).elements
    parts = [attrs["data-for-kinds"] for _tag, attrs in elements if "data-for-kinds" in attrs]

    assert parts == [
        *("score", "number two_numbers", "number", "choice several"),
        "score yes_no number two_numbers choice several time",
    ]


def test_the_page_of_an_existing_question_has_the_parts_of_its_kind():
    html = page_of(OwnQuestionForm(existing=DRINKS))

    assert "data-for-kinds" not in html
    [found] = forms_in(html, "/logs/questions/7/")
    assert found.fields.keys() & NAMES == {"label", "check_in", "choices", "direction", "asked"}


def test_the_list_of_errors_names_the_fields_of_all_parts():
    html = page_of(OwnQuestionForm(sent(kind="choice", choices="tea", label="")))

    assert 'href="#field-choices"' in html and 'href="#field-label"' in html
    assert 'id="field-choices"' in html and 'id="field-label"' in html


def test_hostile_words_are_shown_as_text():
    for words in HOSTILE:
        assert_shown_as_text(words)


def assert_shown_as_text(words):
    existing = CUPS | {"label": words, "unit": words}
    listed = DRINKS | {"label": words, "choices": [[1, words], [2, f"{words}2"]]}
    twice = sent(kind="choice", label=words, choices=f"{words}\n{words}")

    for form in (OwnQuestionForm(existing=existing), OwnQuestionForm(existing=listed), OwnQuestionForm(twice)):
        page = Page(page_of(form))
        assert page.against_the_policy() == []
        assert not [tag for tag, attrs in page.elements if MARK in tag or any(MARK in name for name in attrs)]
