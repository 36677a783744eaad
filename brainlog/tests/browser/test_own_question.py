"""A person's own questions in a browser: making, choosing, answering and deleting them."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from brainlog.tests.browser.layouts import PHONE, SMALL_PHONE, WIDE
from brainlog.tests.browser.steps import (
    answer,
    come_in,
    drafts,
    expect_no_drafts,
    expect_saved,
    field,
    fits_its_screen,
    follow,
    given_answers,
    press,
    reopen,
    tap,
    unfold,
    wait_until_kept,
)
from brainlog.tests.browser.test_accessibility import audit
from logs.models import OwnAnswer
from logs.own_kinds import KINDS, PARAMETERS
from logs.tests.factories import DAY
from logs.tests.own_questions import all_typed, make_question

pytestmark = pytest.mark.once

NEW, PAGE = "/logs/questions/new/", "/logs/questions/"
AFTERNOON, EVENING, MORNING = (f"/logs/{DAY}/{stage}/" for stage in ("afternoon", "evening", "morning"))

each_screen = pytest.mark.parametrize("screen", [SMALL_PHONE, PHONE, WIDE], ids=lambda screen: f"{screen['width']} px")
with_and_without = pytest.mark.parametrize("java_script", [True, False], ids=["with JavaScript", "without JavaScript"])

NUMBERS = {
    "coffee": {"label": "Cups of coffee", "unit": "cups", "least": Decimal(0), "most": 3, "step": Decimal("0.5")},
    "pages": {"label": "Pages"},
    "balance": {"label": "Balance", "least": Decimal(-3), "most": Decimal(3)},
    "outside": {"label": "Outside", "unit": "minutes of day", "least": Decimal(5), "step": Decimal(15)},
    "dose": {"label": "Dose", "step": Decimal("0.005")},
}


@pytest.fixture
def numbers(person) -> dict[str, str]:
    """Questions of the afternoon whose answers are numbers: their names by their key in NUMBERS."""
    return {
        key: make_question(person, "number", check_in="afternoon", place="first", **facts).name
        for key, facts in NUMBERS.items()
    }


@pytest.fixture
def questions(person) -> dict:
    """A question of each kind in the evening, by its kind."""
    return {kind: make_question(person, kind, place="first") for kind in KINDS}


@pytest.fixture
def open_page(new_page, live_server, person):
    """A function that opens a page of this size, on which the person is logged in."""

    def open_page(screen=PHONE, *, java_script=True):
        return come_in(new_page(viewport=screen, java_script_enabled=java_script), live_server, person)

    return open_page


def choose_place(page, question: str, place: str):
    page.locator(f'button[name="{question}"][value="{place}"]').click()


def names_in(page, place: str) -> list[str]:
    """The names of the questions in a part of the page of questions."""
    return page.locator(f'section[aria-labelledby="part-{place}"] li').evaluate_all(
        "items => items.map(each => each.id)"
    )


# ── The form of a question ───────────────────────────────────────────────────────────────────────


def shown_inputs(page) -> set[str]:
    """The names of all inputs that can be seen."""
    seen = "inputs => inputs.filter(input => input.checkVisibility()).map(input => input.name)"
    return set(page.locator("main form :is(input, textarea):not([type=hidden])").evaluate_all(seen))


ALWAYS = {"label", "kind", "check_in", "asked"}


def test_only_what_the_chosen_kind_asks_shows(own_page):
    own_page.goto(NEW)
    assert shown_inputs(own_page) == ALWAYS

    for kind, names in PARAMETERS.items():
        tap(own_page, "kind", kind)
        assert shown_inputs(own_page) == ALWAYS | set(names), kind


def test_what_an_error_is_about_shows(own_page):
    own_page.goto(NEW)
    answer(own_page, {"label": "Drinks", "kind": "choice", "check_in": "evening", "choices": "tea"})
    press(own_page, "Save")

    expect(own_page.locator("#field-choices .errorlist")).to_have_text("Write at least 2 choices, one a line.")
    own_page.get_by_role("link", name="Choices, one a line").click()
    expect(own_page.locator("#field-choices")).to_be_in_viewport()


def test_without_javascript_all_parts_show_and_say_what_they_are_for(open_page):
    page = open_page(SMALL_PHONE, java_script=False)
    page.goto(NEW)

    for title in (
        "For an answer from 1 to 10",
        "For a number or two numbers",
        "For a number",
        "For one or several of a list",
    ):
        expect(page.get_by_role("group", name=title, exact=True)).to_be_visible()
    expect(field(page, "choices")).to_be_visible()


def test_the_form_has_no_problems(own_page):
    own_page.goto(NEW)

    for kind in ("score", "choice", "number"):
        tap(own_page, "kind", kind)
        assert audit(own_page, is_wide=True, is_thorough=kind == "number") == [], kind


def test_the_form_with_errors_has_no_problems(own_page):
    own_page.goto(NEW)
    answer(own_page, {"kind": "number", "least": "x", "most": "1", "step": "-1", "unit": "x" * 21})
    press(own_page, "Save")

    assert audit(own_page) == []


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────


def step(page, question: str, *directions: str):
    for direction in directions:
        page.locator(f"#field-{question} button", has_text=direction).click()


STEPS = [  # question, what was typed, the buttons pressed, what is there then
    ("coffee", "", "+", "0.5"),
    ("coffee", "", "−", ""),
    ("coffee", "", "+−", "0"),
    ("coffee", "", "+−−", "0"),
    ("coffee", "2,5", "+", "3"),
    ("coffee", "2,5", "−−", "1,5"),
    ("coffee", "3", "+", "3"),
    ("coffee", "7", "+", "3"),
    ("coffee", "0.7", "+", "1"),
    ("coffee", "0.7", "−", "0.5"),
    ("coffee", "two", "+", "two"),
    ("coffee", "1,000", "+", "1,000"),
    ("pages", "", "+", "1"),
    ("pages", "", "−", ""),
    ("pages", "2.25", "+", "3.25"),
    ("pages", "0.1", "+−", "0.1"),
    ("pages", "999999999", "+", "999999999"),
    ("balance", "", "+", "1"),
    ("balance", "", "−", "-1"),
    ("balance", "-3", "−", "-3"),
    ("outside", "", "+", "5"),
    ("outside", "", "++", "20"),
    ("outside", "20", "−−", "5"),
    ("dose", "1,1", "+", "1.105"),
    ("dose", "0.015", "−−−−", "-0.005"),
]


def test_a_number_goes_up_and_down_in_its_steps(own_page, numbers):
    own_page.goto(AFTERNOON)
    for key, typed, pressed, value in STEPS:
        for name in numbers.values():
            field(own_page, name).fill("")
        field(own_page, numbers[key]).fill(typed)

        step(own_page, numbers[key], *pressed)

        # The others stay as they are.
        expected = dict.fromkeys(numbers, "") | {key: value}
        assert {each: field(own_page, name).input_value() for each, name in numbers.items()} == expected, (key, typed)
        # Whether a person writes commas is noticed until the next page.
        if "," in typed:
            field(own_page, numbers[key]).fill("")
            own_page.goto("/")
            own_page.goto(AFTERNOON)


def test_what_is_stepped_is_said_and_noticed_by_other_scripts(own_page, numbers):
    own_page.goto(AFTERNOON)
    own_page.evaluate(
        "() => { window.seen = []; for (const type of ['input', 'change'])"
        " document.addEventListener(type, ({target}) => seen.push(`${type} ${target.name} ${target.value}`)); }"
    )

    press(own_page, "Cups of coffee: 0.5 more")

    name = numbers["coffee"]
    expect(own_page.locator(f"#field-{name} [role=status]")).to_have_text("0.5 cups")
    seen = [each for each in own_page.evaluate("seen") if name in each]
    assert seen == [f"input {name} 0.5", f"change {name} 0.5"]
    wait_until_kept(own_page, name)


def test_without_javascript_a_number_has_no_buttons(open_page, numbers):
    page = open_page(java_script=False)
    page.goto(AFTERNOON)

    expect(field(page, numbers["coffee"])).to_be_visible()
    assert page.locator("[data-stepper] button").filter(visible=True).count() == 0


def test_the_answers_have_no_problems(own_page, questions, numbers):
    own_page.goto(EVENING)
    not_noticed = f"{questions['time'].name}-not-noticed"
    own_page.locator("label", has=field(own_page, not_noticed)).click()
    expect(field(own_page, not_noticed)).to_be_checked()

    assert audit(own_page, is_wide=True, is_thorough=True) == []
    own_page.goto(AFTERNOON)
    assert audit(own_page, is_wide=True) == []


@pytest.mark.matrix
@each_screen
@with_and_without
def test_all_kinds_are_answered_undone_and_answered_again(open_page, person, questions, screen, java_script):
    page = open_page(screen, java_script=java_script)
    page.goto(EVENING)
    assert fits_its_screen(page)
    typed = all_typed(questions.values())
    typed[questions["yes_no"].name] = "false"
    answer(page, typed)
    press(page, "Save")
    expect_saved(page, "Evening saved.")
    assert OwnAnswer.objects.count() == len(KINDS)
    page.goto(f"/logs/{DAY}/")
    for words in ("7 of 10", "2.5", "120 / 80", "coffee", "tea, coffee", "a <b>line</b>", "10:15 p.m."):
        expect(page.get_by_text(words, exact=True).first).to_be_visible()
    assert fits_its_screen(page)

    page.goto(EVENING)
    time = questions["time"].name
    field(page, time).fill("")
    page.locator("label", has=field(page, f"{time}-not-noticed")).click()
    press(page, "Save")
    expect_saved(page, "Evening saved.")
    assert OwnAnswer.objects.get(question=questions["time"]).flag is False
    press(page, "Undo")
    expect_saved(page, "Undone. Evening is as it was before.")
    assert OwnAnswer.objects.get(question=questions["time"]).flag is None


def test_typed_own_answers_survive_a_crash_and_a_lost_network(own_page, questions, expected_errors):
    expected_errors.append("ERR_")
    own_page.goto(EVENING)
    typed = all_typed(questions.values())
    typed |= {questions["yes_no"].name: "false", questions["time"].name: "", questions["several"].name: ["1", "2"]}
    typed[questions["note"].name] = "one\ntwo"
    answer(own_page, typed)
    own_page.locator("label", has=field(own_page, f"{questions['time'].name}-not-noticed")).click()
    wait_until_kept(own_page, "not-noticed")
    expected = given_answers(own_page)
    assert expected[f"{questions['two_numbers'].name}-2"] == "80"
    assert expected[f"{questions['time'].name}-not-noticed"] == "on"
    assert len(expected) == len(KINDS) + 1

    page = reopen(own_page, EVENING)
    assert given_answers(page) == {}
    press(page, "Bring them back")
    assert given_answers(page) == expected

    page.context.set_offline(True)
    press(page, "Save")
    expect(page.locator("[data-draft-waits]")).to_be_visible()
    assert given_answers(page) == expected
    assert not OwnAnswer.objects.exists()
    page.context.set_offline(False)
    expect_saved(page, "Evening saved.")
    expect_no_drafts(page)
    assert OwnAnswer.objects.count() == len(KINDS)


@with_and_without
def test_two_tabs_choose_between_own_answers(open_page, questions, java_script):
    page = open_page(java_script=java_script)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(EVENING)
    number, line = questions["number"].name, questions["line"].name
    answer(page, {number: "2,5", line: "Here"})
    press(page, "Save")
    expect_saved(page, "Evening saved.")

    answer(other, {number: "3", line: "There"})
    press(other, "Save")
    expect(other.get_by_role("alert").first).to_contain_text("This was saved elsewhere since you opened the page.")
    assert fits_its_screen(other)
    for name, keep in ((number, "mine"), (line, "saved")):
        tap(other, f"keep-{name}", keep)
    press(other, "Save")

    expect_saved(other, "Evening saved.")
    assert OwnAnswer.objects.get(question=questions["number"]).number == 3
    assert OwnAnswer.objects.get(question=questions["line"]).text == "Here"


@with_and_without
def test_a_question_deleted_in_another_tab_costs_nothing_that_was_typed(
    open_page, person, questions, java_script, expected_errors
):
    expected_errors.append("status of 404")
    page = open_page(java_script=java_script)
    page.goto(EVENING)
    line, note = questions["line"], questions["note"].name
    answer(page, {line.name: "Typed for what is gone", note: "Kept", "overall_mood": "6"})
    if java_script:
        wait_until_kept(page, "Kept")
    other = page.context.new_page()
    other.goto(line.get_absolute_url())
    press(other, "Delete it")
    expect(other.get_by_text("It has no answers.")).to_be_visible()
    press(other, "Delete")
    expect_saved(other, "is deleted.")

    press(page, "Save")

    expect(page.get_by_role("alert").first).to_contain_text("Typed for what is gone")
    assert person.daily_logs.get().overall_mood == 6
    assert given_answers(page)[note] == "Kept"
    if java_script:
        assert drafts(page) != [], "The page can be left without losing what it shows."
    press(page, "Save")
    expect_saved(page, "Evening saved.")
    assert OwnAnswer.objects.get().text == "Kept"
    if java_script:
        expect_no_drafts(page)


# ── Choosing what is asked ───────────────────────────────────────────────────────────────────────


MADE = {
    "score": {"ends_low": "calm", "ends_high": "wild"},
    "number": {"unit": "cups", "least": "0", "most": "20", "step": "0,5"},
    "two_numbers": {"unit": "mmHg"},
    "choice": {"choices": "tea\ncoffee"},
    "time": {},
}


@pytest.mark.matrix
@each_screen
@with_and_without
def test_questions_of_several_kinds_are_made_and_answered(open_page, person, screen, java_script):
    page = open_page(screen, java_script=java_script)
    page.goto("/accounts/profile/")
    follow(page, "Your questions")
    for kind, more in MADE.items():
        follow(page, "Ask something of your own")
        answer(page, {"label": f"My {kind}", "check_in": "morning", "kind": kind, **more, "asked": "first"})
        assert fits_its_screen(page)
        press(page, "Save")
        expect_saved(page, f"“My {kind}” is asked from now on.")
    assert fits_its_screen(page)

    page.goto(MORNING)
    for kind in MADE:
        expect(page.get_by_text(f"My {kind}", exact=True).first).to_be_visible()
    number = person.own_questions.get(kind="number")
    if java_script:
        press(page, "My number: 0.5 more")
        expect(field(page, number.name)).to_have_value("0.5")
    field(page, number.name).fill("1,5")
    press(page, "Save")
    expect_saved(page, "Morning saved.")
    assert OwnAnswer.objects.get().number == Decimal("1.5")


@pytest.mark.matrix
@each_screen
@with_and_without
def test_one_tap_adds_a_question_from_the_gallery(open_page, person, screen, java_script):
    page = open_page(screen, java_script=java_script)
    page.goto(PAGE)
    follow(page, "Ready-made questions")
    page.locator('button[name=entry][value="bedtime"]').click()
    expect_saved(page, "is asked from now on: Morning.")
    assert fits_its_screen(page)

    assert person.own_questions.get().gallery == "bedtime"
    expect(page.locator("#bedtime").get_by_role("link", name="Yours")).to_be_visible()
    page.goto(MORNING)
    unfold(page)
    expect(page.get_by_text("When did you go to bed last night?").first).to_be_visible()


@pytest.mark.matrix
@each_screen
@with_and_without
def test_leaving_out_folding_away_and_moving(open_page, person, screen, java_script):
    page = open_page(screen, java_script=java_script)
    page.goto(f"{PAGE}?check_in=midday")
    assert names_in(page, "first") == ["focus_level", "energy_level", "rumination_level"]

    choose_place(page, "rumination_level", "off")
    expect_saved(page, "Answers you gave stay as they are.")
    choose_place(page, "energy_level", "folded")
    expect_saved(page, "Answers you gave stay as they are.")
    choose_place(page, "lunch", "first")
    expect_saved(page, "Answers you gave stay as they are.")
    press(page, "Move up: Lunch")
    expect_saved(page, "Answers you gave stay as they are.")
    assert fits_its_screen(page)

    assert names_in(page, "first") == ["lunch", "focus_level"]
    assert names_in(page, "off") == ["rumination_level"]
    page.goto(f"/logs/{DAY}/midday/")
    expect(page.locator("#field-rumination_level")).to_have_count(0)
    expect(field(page, "lunch")).to_be_visible()
    page.goto(f"{PAGE}?check_in=midday")
    press(page, "Back to the usual questions")
    expect_saved(page, "The usual questions are back.")
    assert names_in(page, "first") == ["focus_level", "energy_level", "rumination_level"]


def test_what_depends_on_a_question_moves_with_it(own_page):
    own_page.goto(f"{PAGE}?check_in=midday")
    choose_place(own_page, "had_emotional_event", "first")
    expect_saved(own_page, "Answers you gave stay as they are.")

    own_page.goto(f"/logs/{DAY}/midday/")
    expect(field(own_page, "emotional_event")).to_be_hidden()
    tap(own_page, "had_emotional_event", "true")
    expect(field(own_page, "emotional_event")).to_be_visible()
    expect(own_page.locator("details[data-more] #field-emotional_event")).to_have_count(0)


@with_and_without
def test_a_check_in_is_switched_off_and_a_day_has_four(open_page, person, java_script):
    page = open_page(java_script=java_script)
    page.goto(f"{PAGE}?check_in=medication")
    press(page, "Switch it off")
    expect_saved(page, "Medication is off.")

    page.goto("/")
    expect(page.get_by_text("0 of 4")).to_be_visible()
    expect(page.get_by_role("link", name="Medication", exact=True)).to_have_count(0)
    page.goto(f"{PAGE}?check_in=medication")
    press(page, "Switch it on")
    expect_saved(page, "Medication is on.")


@with_and_without
def test_an_archived_question_is_not_asked_and_its_answers_show(open_page, person, questions, java_script):
    page = open_page(java_script=java_script)
    line = questions["line"]
    page.goto(EVENING)
    answer(page, {line.name: "It was loud"})
    press(page, "Save")
    page.goto(line.get_absolute_url())
    press(page, "Archive it")
    expect_saved(page, "is archived. Its answers stay.")

    page.goto(EVENING)
    expect(field(page, line.name)).to_have_count(0)
    page.goto(f"/logs/{DAY}/")
    expect(page.get_by_text("It was loud")).to_be_visible()
    page.goto(line.get_absolute_url())
    press(page, "Ask it again")
    expect_saved(page, "is asked again.")
    page.goto(EVENING)
    expect(field(page, line.name)).to_have_value("It was loud")


@pytest.mark.matrix
@each_screen
@with_and_without
def test_deleting_says_how_many_answers_go_and_asks(open_page, person, questions, screen, java_script):
    page = open_page(screen, java_script=java_script)
    line = questions["line"]
    page.goto(EVENING)
    answer(page, {line.name: "Gone soon", questions["number"].name: "3"})
    press(page, "Save")
    page.goto(line.get_absolute_url())
    press(page, "Delete it")
    expect(page.get_by_text("1 answer, of 1 day, goes with it, for good.")).to_be_visible()
    assert fits_its_screen(page)
    follow(page, "Keep it")
    press(page, "Delete it")
    press(page, "Delete")
    expect_saved(page, "“My line” is deleted.")

    assert OwnAnswer.objects.get().number == 3
    page.goto(f"/logs/{DAY}/")
    expect(page.get_by_text("Gone soon")).to_have_count(0)
