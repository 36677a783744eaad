"""The form of an own question, and the inputs of its kinds, in a browser: what the scripts show and step."""

from decimal import Decimal

import pytest
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import path
from playwright.sync_api import expect

from brainlog.tests.browser.layouts import SMALL_PHONE
from brainlog.tests.browser.steps import field, press, tap
from brainlog.tests.browser.test_accessibility import audit
from brainlog.urls import handler500, urlpatterns as real_urlpatterns  # noqa: F401 - Django looks for it here
from logs.own_kinds import PARAMETERS, kind_of
from logs.own_question_form import OwnQuestionForm

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.urls(__name__)]

QUESTIONS = {
    "own-1": ("Cups of coffee", kind_of("number", unit="cups", least=Decimal(0), most=Decimal(3), step=Decimal("0.5"))),
    "own-2": ("Pages", kind_of("number")),
    "own-3": ("Balance", kind_of("number", least=Decimal(-3), most=Decimal(3))),
    "own-4": ("Outside", kind_of("number", unit="minutes of daylight", least=Decimal(5), step=Decimal(15))),
    "own-5": ("Dose", kind_of("number", step=Decimal("0.005"))),
    "own-6": ("Blood pressure", kind_of("two_numbers", unit="mmHg")),
    "own-7": ("When did it wear off?", kind_of("time")),
    "own-8": ("Calm", kind_of("score", ends=("not at all", ""))),
}
PAGE = """{% extends "page.html" %}{% block title %}Answers{% endblock %}
{% block body %}<form method="post" class="answers" novalidate>{{ form }}</form>{% endblock %}"""


@login_not_required
def new_question(request):
    return render(request, "logs/own_question.html", {"form": OwnQuestionForm(request.GET or None), "back": "/"})


@login_not_required
def answers(request):
    form = forms.Form()
    form.fields = {name: kind.form_field(label=label) for name, (label, kind) in QUESTIONS.items()}
    return HttpResponse(engines["django"].from_string(PAGE).render({"form": form}, request))


urlpatterns = [*real_urlpatterns, path("own/new/", new_question), path("own/answers/", answers)]


STEPPED = ("own-1", "own-2", "own-3", "own-4", "own-5")


# ── The form of a question ───────────────────────────────────────────────────────────────────────


def shown_inputs(page) -> set[str]:
    """The names of all inputs that can be seen."""
    seen = "inputs => inputs.filter(input => input.checkVisibility()).map(input => input.name)"
    return set(page.locator("form :is(input, textarea):not([type=hidden])").evaluate_all(seen))


ALWAYS = {"label", "kind", "check_in", "asked"}


def test_only_what_the_chosen_kind_asks_shows(page):
    page.goto("/own/new/")
    assert shown_inputs(page) == ALWAYS

    for kind, names in PARAMETERS.items():
        tap(page, "kind", kind)
        assert shown_inputs(page) == ALWAYS | set(names), kind


def test_what_an_error_is_about_shows(page):
    page.goto("/own/new/?label=Drinks&kind=choice&check_in=evening&choices=tea")

    expect(page.locator("#field-choices .errorlist")).to_have_text("Write at least 2 choices, one a line.")
    page.get_by_role("link", name="Choices, one a line").click()
    expect(page.locator("#field-choices")).to_be_in_viewport()


def test_without_javascript_all_parts_show_and_say_what_they_are_for(new_page):
    page = new_page(java_script_enabled=False, viewport=SMALL_PHONE)
    page.goto("/own/new/")

    for title in ("For a score", "For a number or two numbers", "For a number", "For one or several of a list"):
        expect(page.get_by_role("group", name=title, exact=True)).to_be_visible()
    expect(field(page, "choices")).to_be_visible()


def test_the_form_has_no_problems(page):
    page.goto("/own/new/")

    for kind in ("score", "choice", "number"):
        tap(page, "kind", kind)
        assert audit(page, is_wide=True, is_thorough=kind == "number") == [], kind


def test_the_form_with_errors_has_no_problems(page):
    page.goto("/own/new/?label=&kind=number&least=x&most=1&step=-1&unit=" + "x" * 21)

    assert audit(page) == []


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────


def step(page, question: str, *directions: str):
    for direction in directions:
        page.locator(f"#field-{question} button", has_text=direction).click()


STEPS = [  # question, what was typed, the buttons pressed, what is there then
    ("own-1", "", "+", "0.5"),
    ("own-1", "", "−", ""),
    ("own-1", "", "+−", "0"),
    ("own-1", "", "+−−", "0"),
    ("own-1", "2,5", "+", "3"),
    ("own-1", "2,5", "−−", "1,5"),
    ("own-1", "3", "+", "3"),
    ("own-1", "7", "+", "3"),
    ("own-1", "0.7", "+", "1"),
    ("own-1", "0.7", "−", "0.5"),
    ("own-1", "two", "+", "two"),
    ("own-1", "1,000", "+", "1,000"),
    ("own-2", "", "+", "1"),
    ("own-2", "", "−", ""),
    ("own-2", "2.25", "+", "3.25"),
    ("own-2", "0.1", "+−", "0.1"),
    ("own-2", "999999999", "+", "999999999"),
    ("own-3", "", "+", "1"),
    ("own-3", "", "−", "-1"),
    ("own-3", "-3", "−", "-3"),
    ("own-4", "", "+", "5"),
    ("own-4", "", "++", "20"),
    ("own-4", "20", "−−", "5"),
    ("own-5", "1,1", "+", "1.105"),
    ("own-5", "0.015", "−−−−", "-0.005"),
]


def test_a_number_goes_up_and_down_in_its_steps(page):
    for question, typed, pressed, value in STEPS:
        page.goto("/own/answers/")
        field(page, question).fill(typed)

        step(page, question, *pressed)

        # The others stay as they are.
        expected = dict.fromkeys(STEPPED, "") | {question: value}
        assert {name: field(page, name).input_value() for name in STEPPED} == expected, (question, typed, pressed)


def test_what_is_stepped_is_said_and_noticed_by_other_scripts(page):
    page.goto("/own/answers/")
    page.evaluate(
        "() => { window.seen = []; for (const type of ['input', 'change'])"
        " document.addEventListener(type, ({target}) => seen.push(`${type} ${target.name} ${target.value}`)); }"
    )

    press(page, "Cups of coffee: 0.5 more")

    expect(page.locator("#field-own-1 [role=status]")).to_have_text("0.5 cups")
    assert page.evaluate("seen") == ["input own-1 0.5", "change own-1 0.5"]


def test_without_javascript_a_number_has_no_buttons(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/own/answers/")

    expect(field(page, "own-1")).to_be_visible()
    assert page.locator("[data-stepper] button").filter(visible=True).count() == 0


def test_the_answers_have_no_problems(page):
    page.goto("/own/answers/")
    page.locator("label", has=field(page, "own-7-not-noticed")).click()
    expect(field(page, "own-7-not-noticed")).to_be_checked()

    assert audit(page, is_wide=True, is_thorough=True) == []
