"""Ready-made questions that a person can add to their own with one tap, in groups that help to find one.

An entry is asked only of a person who has added it. That keeps "not asked" apart from "no": a day on which a question
was not asked has no answer and is part of no number, while "no", "none" and 0 are answers like any other. So entries
about complaints have a "none" to choose, and counts begin at 0.

Limits refuse typing errors, such as 8000 for 80, and no answer that can be true; they say nothing about what is good.
Steps are as fine as people count. A count whose question names what is counted has no unit.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from logs.fields import Direction

BETTER, WORSE, NEITHER = Direction.BETTER, Direction.WORSE, Direction.NEITHER

# The names of check-ins in addresses, and of the weekly reflection.
MORNING, EVENING, WEEK = "morning", "evening", "week"


@dataclass(frozen=True)
class Entry:
    """A ready-made question. Once added it is the person's own, to be reworded like any other.

    `key` is stored with the question and never changes: by it, a report finds a question whatever it is called.
    `why` is why a person may want it. `ends` are the words at 1 and at 10 of a score.
    """

    key: str
    label: str
    kind: str
    check_in: str
    why: str
    ends: tuple[str, str] = ("", "")
    unit: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    step: Decimal | None = None
    choices: tuple[str, ...] = ()
    direction: Direction = NEITHER
    is_first: bool = False


@dataclass(frozen=True)
class Group:
    """Entries under one title."""

    key: str
    title: str
    entries: tuple[Entry, ...]


STRENGTHS = (_("none"), _("mild"), _("moderate"), _("severe"))
COSTS = (_("nothing"), _("some"), _("a lot"))


def count(most: int, step: str = "1") -> dict:
    """The limits of a count from 0."""
    return {"least": Decimal(0), "most": Decimal(most), "step": Decimal(step)}


def minutes(most: int) -> dict:
    return count(most) | {"unit": _("min")}


SLEEP = (
    Entry(
        "bedtime",
        _("When did you go to bed last night?"),
        "time",
        MORNING,
        _("To see beside your sleep when your nights begin."),
    ),
    Entry(
        "waking_time",
        _("When did you wake up today?"),
        "time",
        MORNING,
        _("To see when your days begin, on work days and on free days."),
    ),
    Entry(
        "time_to_fall_asleep",
        _("How long did it take you to fall asleep?"),
        "number",
        MORNING,
        _("Hours of sleep do not show how long you lay awake first."),
        **minutes(720),
        direction=WORSE,
    ),
    Entry(
        "night_wakings",
        _("How often did you wake up in the night?"),
        "number",
        MORNING,
        _("Hours of sleep do not show whether a child, pain or noise woke you."),
        **count(100),
        direction=WORSE,
    ),
    Entry(
        "less_sleep_more_energy",
        _("Did you sleep less than usual and still feel full of energy?"),
        "yes_no",
        MORNING,
        _("Such mornings are easily forgotten, and some people want to look back on them."),
    ),
    Entry(
        "evening_screen_time",
        _("How long did you look at a screen in the two hours before bed?"),
        "number",
        MORNING,
        _("To look at evenings with and without screens beside how you slept."),
        **minutes(120),
    ),
    Entry(
        "nap",
        _("How long did you nap today?"),
        "number",
        EVENING,
        _("Sleep in the day is not part of the hours you enter in the morning."),
        **minutes(720),
    ),
)

MEDICATION = (
    Entry(
        "medication_working",
        _("When did you notice your medication working?"),
        "time",
        EVENING,
        _("To see how long after a dose you notice it."),
    ),
    Entry(
        "medication_wearing_off",
        _("When did you notice your medication wearing off?"),
        "time",
        EVENING,
        _("To see whether it is about the same hour each day."),
    ),
    Entry(
        "wearing_off_hardness",
        _("How hard was the stretch when your medication wore off?"),
        "choice",
        EVENING,
        _("The hour alone does not say how hard it was."),
        choices=(_("not hard"), _("a little hard"), _("hard"), _("it stopped me")),
        direction=WORSE,
    ),
    Entry(
        "side_effects_in_the_way",
        _("How much did side effects get in the way this week, from 0 (not at all) to 6 (all the time)?"),
        "number",
        WEEK,
        _("One number for the week, where single side effects would be too many questions."),
        **count(6),
        direction=WORSE,
    ),
    Entry(
        "for_appointment",
        _("What would you like to bring up at your next appointment?"),
        "note",
        WEEK,
        _("Thoughts from the weeks before are easily forgotten by then."),
    ),
)


def complaint(key: str, label: str, why: str) -> Entry:
    """How strong a complaint was on a day."""
    return Entry(key, label, "choice", EVENING, why, choices=STRENGTHS, direction=WORSE)


SIDE_EFFECTS = (
    complaint(
        "headache", _("Did you have a headache today?"), _("To see on which days it comes, and how strong it is.")
    ),
    complaint("dry_mouth", _("Did you have a dry mouth today?"), _("To see since when you have it, and how often.")),
    complaint("stomach_ache", _("Did you have a stomach ache today?"), _("To look at it beside meals and doses.")),
    complaint(
        "racing_heart",
        _("Did your heart race today?"),
        _("To have the days at hand when you want to talk about it."),
    ),
    complaint("jitteriness", _("Did you feel jittery today?"), _("To look at it beside doses, coffee and sleep.")),
    complaint(
        "irritability",
        _("Did you feel irritable today?"),
        _("Irritable hours are easily forgotten once they are over."),
    ),
    complaint(
        "feeling_flat",
        _("Did you feel flat today, as if nothing reached you?"),
        _("Mood can be fine while everything feels far away: this asks about that."),
    ),
    complaint("tics", _("Did you have tics today?"), _("To see in which weeks there are more or fewer.")),
    complaint("sweating", _("Did you sweat more than usual today?"), _("To see whether it comes on some days or all.")),
    complaint(
        "sexual_difficulty",
        _("Did you have difficulty with sex or desire today?"),
        _("It can be hard to bring up, and easier with something written."),
    ),
    complaint("dizziness", _("Did you feel dizzy today?"), _("To look at it beside doses, meals and water.")),
    Entry(
        "side_effect_times",
        _("When did side effects bother you today?"),
        "several",
        EVENING,
        _("To see whether they keep to certain hours."),
        choices=(
            _("in the night"),
            _("in the morning"),
            _("around midday"),
            _("in the afternoon"),
            _("in the evening"),
        ),
    ),
    Entry(
        "pain",
        _("How strong was your pain today?"),
        "score",
        EVENING,
        _("To look at it beside mood, sleep and what you did."),
        ends=(_("none"), _("very strong")),
        direction=WORSE,
    ),
    Entry(
        "pain_places",
        _("Where did it hurt today?"),
        "several",
        EVENING,
        _("To see whether it stays in one place or moves."),
        choices=(
            *(_("head"), _("neck"), _("shoulders"), _("chest"), _("belly"), _("back")),
            *(_("arms"), _("hands"), _("hips"), _("legs"), _("feet"), _("elsewhere")),
        ),
    ),
    Entry(
        "migraine",
        _("Did you have a migraine today?"),
        "yes_no",
        EVENING,
        _("To count the days without going by memory."),
        direction=WORSE,
    ),
)

BODY = (
    Entry(
        "weight_kg",
        _("How much do you weigh, in kilograms?"),
        "number",
        WEEK,
        _("Once a week is enough to see which way it goes."),
        unit=_("kg"),
        least=Decimal(10),
        most=Decimal(700),
    ),
    Entry(
        "weight_lb",
        _("How much do you weigh, in pounds?"),
        "number",
        WEEK,
        _("Once a week is enough to see which way it goes."),
        unit=_("lb"),
        least=Decimal(20),
        most=Decimal(1500),
    ),
    Entry(
        "blood_pressure",
        _("What was your blood pressure?"),
        "two_numbers",
        WEEK,
        _("To have the numbers at hand for an appointment, as you read them."),
        unit=_("mmHg"),
        least=Decimal(10),
        most=Decimal(400),
        step=Decimal(1),
    ),
    Entry(
        "blood_pressure_time",
        _("When was your blood pressure taken?"),
        "time",
        WEEK,
        _("To see beside it how long after a dose it was."),
    ),
    Entry(
        "blood_pressure_arm",
        _("On which arm was your blood pressure taken?"),
        "choice",
        WEEK,
        _("Numbers from both arms can differ."),
        choices=(_("left"), _("right")),
    ),
    Entry(
        "blood_pressure_at_rest",
        _("Had you been sitting quietly before your blood pressure was taken?"),
        "yes_no",
        WEEK,
        _("Numbers after the stairs and numbers after a rest can differ."),
    ),
    Entry(
        "pulse",
        _("What was your pulse?"),
        "number",
        WEEK,
        _("A device for blood pressure shows it too, so you can note both at once."),
        unit=_("bpm"),
        least=Decimal(20),
        most=Decimal(350),
        step=Decimal(1),
    ),
    Entry(
        "period_day",
        _("Which day of your period is it (0 if none)?"),
        "number",
        MORNING,
        _("To look at mood, sleep and energy along the cycle."),
        **count(366),
    ),
)

FOOD = (
    Entry(
        "appetite",
        _("How was your appetite today?"),
        "choice",
        EVENING,
        _("To see whether it goes up or down over the weeks."),
        choices=(_("none"), _("much less than usual"), _("less than usual"), _("as usual"), _("more than usual")),
    ),
    Entry(
        "meals",
        _("How many meals did you eat today?"),
        "number",
        EVENING,
        _("A busy day can pass without one."),
        **count(20),
    ),
    Entry(
        "water",
        _("How many glasses of water did you drink today?"),
        "number",
        EVENING,
        _("On a full day it is easy to lose count."),
        **count(100),
    ),
    Entry(
        "caffeine",
        _("How many cups of coffee or other drinks with caffeine did you have today?"),
        "number",
        EVENING,
        _("To look at it beside sleep and restlessness."),
        **count(50, step="0.5"),
    ),
    Entry(
        "alcohol",
        _("How many drinks with alcohol did you have today?"),
        "number",
        EVENING,
        _("To look at it beside sleep and the next morning."),
        **count(100, step="0.5"),
    ),
    Entry(
        "nicotine",
        _("How often did you smoke, vape or use other nicotine today?"),
        "number",
        EVENING,
        _("To see how it changes over the weeks, with or without a goal."),
        **count(1000),
    ),
    Entry(
        "cannabis",
        _("Did you use cannabis today?"),
        "yes_no",
        EVENING,
        _("To look at it beside sleep, mood and focus."),
    ),
)

MIND = (
    Entry(
        "starting",
        _("Could you start the thing you meant to start?"),
        "score",
        EVENING,
        _("Starting can be hard even when focus is good, so it is a question of its own."),
        ends=(_("not at all"), _("with ease")),
        direction=BETTER,
    ),
    Entry(
        "impulsivity",
        _("How impulsive were you today?"),
        "score",
        EVENING,
        _("To look at it beside sleep, stress and doses."),
        ends=(_("not at all"), _("very")),
        direction=WORSE,
    ),
    Entry(
        "sensory_overload",
        _("How much did sounds, light, touch or crowds overwhelm you today?"),
        "score",
        EVENING,
        _("To see which days and places are too much for you."),
        ends=(_("not at all"), _("completely")),
        direction=WORSE,
    ),
)

DAY = (
    Entry(
        "exercise",
        _("How long did you exercise today?"),
        "number",
        EVENING,
        _("The evening asks whether you moved as much as you wanted, and this asks how long."),
        **minutes(1440),
        direction=BETTER,
    ),
    Entry(
        "time_outside",
        _("How long were you outside today?"),
        "number",
        EVENING,
        _("To look at days outside and days indoors beside how you felt."),
        **minutes(1440),
        direction=BETTER,
    ),
    Entry(
        "work_stress",
        _("How stressful was work or school today?"),
        "score",
        EVENING,
        _("To know which days were under pressure when you look back."),
        ends=(_("not at all"), _("extremely")),
        direction=WORSE,
    ),
    Entry(
        "cost_at_work",
        _("How much did today cost you at work or school?"),
        "choice",
        EVENING,
        _("A day can go well there and still cost a lot."),
        choices=COSTS,
        direction=WORSE,
    ),
    Entry(
        "cost_at_home",
        _("How much did today cost you at home?"),
        "choice",
        EVENING,
        _("What a day takes out of you may show only once you are home."),
        choices=COSTS,
        direction=WORSE,
    ),
    Entry(
        "unusual_event",
        _("What unusual thing happened today?"),
        "line",
        EVENING,
        _("Months later, it helps you to understand an odd day."),
    ),
    Entry(
        "unusual_event_feeling",
        _("How was the unusual thing that happened, from −3 (very bad) to 3 (very good)?"),
        "number",
        EVENING,
        _("Good surprises move a day too, not only bad ones."),
        least=Decimal(-3),
        most=Decimal(3),
        step=Decimal(1),
        direction=BETTER,
    ),
)

PEOPLE = (
    Entry(
        "social_contact",
        _("How much contact with other people did you have today?"),
        "choice",
        EVENING,
        _("Some people want more of it and some less: to see what suits you."),
        choices=(_("none"), _("a little"), _("some"), _("a lot")),
    ),
    Entry(
        "feeling_supported",
        _("How supported did you feel by other people today?"),
        "score",
        EVENING,
        _("Being among people and feeling supported are two things."),
        ends=(_("not at all"), _("fully")),
        direction=BETTER,
    ),
    Entry(
        "cost_with_people",
        _("How much did today cost you with other people?"),
        "choice",
        EVENING,
        _("Time with people can give and take: this asks what it took."),
        choices=COSTS,
        direction=WORSE,
    ),
)

GROUPS = (
    Group("sleep", _("Sleep"), SLEEP),
    Group("medication", _("Medication"), MEDICATION),
    Group("side_effects", _("Side effects and other complaints"), SIDE_EFFECTS),
    Group("body", _("Body"), BODY),
    Group("food", _("Food, drink and substances"), FOOD),
    Group("mind", _("Mind"), MIND),
    Group("day", _("The day"), DAY),
    Group("people", _("People"), PEOPLE),
)
ENTRY_BY_KEY = {entry.key: entry for group in GROUPS for entry in group.entries}
