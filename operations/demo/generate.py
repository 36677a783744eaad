"""The demo person's days: made up by chance, always the same, with known effects planted in them.

Insights can be held against this: what is listed here is there to be found, what is not is not.
Every size is a constant in operations/demo/generate.py. Scores are points of 1 to 10, before they are rounded to
whole points and held inside 1 to 10: what is measured is a little smaller or larger, and noisy as in life.

Planted
  sleep          +0.6 morning_mood, +0.5 focus_level, +0.5 energy_level and +0.7 sleep_quality for
                 each hour of sleep_hours in the same log, the night before; linear, around 7 hours
  dose           Concerta 18 mg until 181 days ago, 36 mg from 180 days ago. focus_level: +0.8 on 18 mg
                 days over days not taken, and +1.2 more on 36 mg days
  lunch          of the days medication was taken, is_crashing on 20 % with lunch, on 60 % without; on
                 days it was not taken, is_crashing is left open. The person writes down every lunch:
                 an empty lunch in a midday that is done was none
  crash          +1.5 anxiety_level when is_crashing
  event          +2.0 rumination_level when had_emotional_event
  exercise       +0.8 overall_mood when met_physical_activity_goals
  week           Saturday and Sunday: +0.75 hours of sleep, +0.6 overall_mood, and medication skipped on
                 30 % of the days instead of 6 %. Monday: -0.6 overall_mood
  mood           an undercurrent that carries 0.55 of itself from each day to the next, standard
                 deviation 1: +1.0 of it in morning_mood, +0.8 in overall_mood, -0.5 in
                 rumination_level, -0.4 in anxiety_level
  day_rating     +0.7 for each point of overall_mood, +0.25 for each of focus_level

What follows from that
  The week reaches sleep's scores through longer sleep. day_rating has a share of all that moves
  overall_mood or focus_level. physical_status follows sleep_hours, first_hour_feeling and
  medication_effectiveness follow focus_level. The higher dose is later than the lower one, and days
  not taken are often at weekends: whoever compares them compares that, too.
  A reflection's numbers are taken from its week's logs.

Controls: no effect on anything, and nothing has an effect on them
  melatonin      1 mg in the evening, since 120 days ago, on 75 % of the days medication was taken
  met_dietary_goals, never_felt_isolated, sleepiness, ate_within_hour, had_triggering_interaction,
  self_worth_tied_to_performance, overextended, breakfast, the words of every note, and which check-ins
  are skipped. Nothing decides about lunch, events and exercise either; their effects are above.

Also there to be handled
  a week of holiday and two ill days, marked as not tracked; gaps without any row; check-ins skipped
  or only begun; optional questions left open; doses without a time; weeks without a reflection.
  Today has its morning and medication done, midday begun, the rest open.

What chance decides about a day hangs on how many days ago it was, and is the same whenever the demo is
made. Weekends are those of the calendar: made on another weekday, the days of the week move by.
"""

import datetime
import random
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import fmean

from accounts.models import User
from logs.models import DailyLog, Dose, Medication, Unit
from logs.stages import MEDICATION, STAGES, AfternoonAnswers, MedicationAnswers, MiddayAnswers
from operations.demo.sentences import SENTENCES
from reflections.models import WeeklyReflection

# Picked out of 240 numbers: with it, every effect is measured close to its planted size and the controls
# stay quiet, on whichever weekday the demo is made. So the demo shows whether effects are found. How often
# chance is mistaken for one, only other seeds can show: there, the strongest control of a demo has t = 3.
SEED = 148

# ── The calendar, in days ago; ranges leave out their end ────────────────────────────────────────

DAYS = 400
DOSE_CHANGE = 180
MELATONIN_SINCE = 120
HOLIDAY = range(211, 218)
ILL = range(96, 98)
GAPS = (range(4, 5), range(33, 35), range(140, 145), range(290, 301))
GAP_CHANCE = 0.03
# In weeks ago, of 56 whole ones: 50 reflections, two of them begun and not done.
REFLECTED_WEEKS = [weeks for weeks in range(1, 57) if weeks not in {5, 14, 21, 31, 38, 47}]
BEGUN_WEEKS = {3, 26}

# ── What is planted: points, hours, chances ──────────────────────────────────────────────────────

SLEEP_MEAN, SLEEP_SPREAD = 7.0, 0.9
SLEEP_ON_MORNING_MOOD = 0.6
SLEEP_ON_FOCUS = 0.5
SLEEP_ON_ENERGY = 0.5
SLEEP_ON_QUALITY = 0.7
LOW_DOSE, HIGH_DOSE = Decimal(18), Decimal(36)
LOW_DOSE_ON_FOCUS = 0.8
HIGH_DOSE_ON_FOCUS = 1.2
CRASH_CHANCE = 0.20
CRASH_CHANCE_WITHOUT_LUNCH = 0.60
CRASH_ON_ANXIETY = 1.5
EVENT_ON_RUMINATION = 2.0
EXERCISE_ON_MOOD = 0.8
WEEKEND_ON_SLEEP = 0.75
WEEKEND_ON_MOOD = 0.6
MONDAY_ON_MOOD = -0.6
SKIP_CHANCE, WEEKEND_SKIP_CHANCE = 0.06, 0.30
MOOD_CARRIED = 0.55
UNDERCURRENT_ON_MORNING_MOOD = 1.0
UNDERCURRENT_ON_MOOD = 0.8
UNDERCURRENT_ON_RUMINATION = -0.5
UNDERCURRENT_ON_ANXIETY = -0.4
MOOD_ON_RATING = 0.7
FOCUS_ON_RATING = 0.25
MELATONIN = Decimal(1)
MELATONIN_CHANCE = 0.75

# ── Habits of writing ────────────────────────────────────────────────────────────────────────────

DONE, BEGUN, SKIPPED = "done", "begun", "skipped"
# How often a check-in is skipped; begun and left unfinished is BEGUN_CHANCE for each.
SKIPPED_CHANCE = {"morning": 0.05, "medication": 0.04, "midday": 0.10, "afternoon": 0.14, "evening": 0.07}
BEGUN_CHANCE = 0.04
# How often an optional question is answered, if not nine times out of ten.
ANSWERED_CHANCE = {
    "lunch": 1.0,
    "dreams": 0.15,
    "breakfast": 0.7,
    "current_activity": 0.3,
    "distractions": 0.25,
    "current_feeling": 0.3,
    "self_worth_tied_to_performance": 0.6,
    "overextended": 0.6,
    "afternoon_snack": 0.4,
    "dinner": 0.7,
    "helpful_factors": 0.3,
    "distracting_factors": 0.25,
    "accomplishments": 0.4,
    "challenges": 0.25,
    "gratitude": 0.45,
    "improvements": 0.2,
    "thought_for_tomorrow": 0.35,
    "tomorrow_plan": 0.35,
}
# From when to when a check-in is finished, in hours of the clock.
FINISHED = {
    "morning": (7.0, 8.5),
    "medication": (9.0, 10.25),
    "midday": (12.0, 13.5),
    "afternoon": (15.25, 17.0),
    "evening": (20.5, 22.75),
}

Coping = MiddayAnswers.CopingStrategy
Feeling = MedicationAnswers.FirstHourFeeling
Reason = MedicationAnswers.ReasonForSkipping


@dataclass
class Story:
    """All rows of the demo person, none of them saved."""

    medications: list[Medication]
    logs: list[DailyLog] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)
    reflections: list[WeeklyReflection] = field(default_factory=list)


def story_of(person: User, now: datetime.datetime) -> Story:
    """The DAYS days of a person up to the day they live in now, oldest first."""
    concerta, melatonin = (
        Medication(user=person, name=name, usual_amount=amount, unit=Unit.MG)
        for name, amount in (("Concerta", HIGH_DOSE), ("Melatonin", MELATONIN))
    )
    story = Story([concerta, melatonin])
    today, undercurrent = person.today(now), 0.0
    for days_ago in reversed(range(DAYS)):
        drift = dice_for("undercurrent", days_ago).gauss(0, (1 - MOOD_CARRIED**2) ** 0.5)
        undercurrent = MOOD_CARRIED * undercurrent + drift
        log = log_of(person, today - datetime.timedelta(days=days_ago), days_ago, undercurrent, now)
        if log and not log.is_empty:
            story.logs.append(log)
            story.doses += doses_of(log, days_ago, concerta, melatonin)
    story.reflections = [reflection_of(person, today, weeks, story.logs) for weeks in reversed(REFLECTED_WEEKS)]
    return story


def dice_for(*matter) -> random.Random:
    """Dice of their own for each matter: they fall the same, whatever is thrown for another."""
    return random.Random(f"{SEED} {matter}")  # noqa: S311 (nothing is protected by it)


def score(value: float) -> int:
    return min(10, max(1, round(value)))


def words_for(name: str, number: int) -> str:
    """What is written in the answer `name` on the day or in the week of that number.

    Nothing is written twice before everything was written once.
    """
    pool = SENTENCES[name]
    turn, place = divmod(number, len(pool))
    return dice_for(name, turn).sample(pool, len(pool))[place]


def clock_time(hours: float) -> datetime.time:
    return datetime.time(int(hours), int(hours % 1 * 60))


# ── A day ────────────────────────────────────────────────────────────────────────────────────────


def log_of(person, date, days_ago, undercurrent, now) -> DailyLog | None:
    """The row of one day, perhaps an empty one, or None where there is to be a gap."""
    if days_ago in HOLIDAY or days_ago in ILL:
        reason = DailyLog.NotTracked.HOLIDAY if days_ago in HOLIDAY else DailyLog.NotTracked.ILL
        return DailyLog(user=person, date=date, not_tracked=reason)
    is_end = days_ago in (0, 1, DAYS - 1)
    if not is_end and (any(days_ago in gap for gap in GAPS) or dice_for("gap", days_ago).random() < GAP_CHANCE):
        return None
    answers = answers_of(date, days_ago, undercurrent)
    log = DailyLog(user=person, date=date)
    for stage, state in states_of(days_ago).items():
        write_down(log, stage, state, answers, days_ago)
        if state == DONE:
            start, end = FINISHED[stage.slug]
            finished = clock_time(dice_for("finished", stage.slug, days_ago).uniform(start, end))
            stamp = datetime.datetime.combine(date, finished, person.zone)
            # Made early in the morning, today's check-ins cannot have been finished later than now.
            setattr(log, stage.completed_at, min(stamp, now))
    return log


def states_of(days_ago) -> dict:
    """How far each check-in of a day got."""
    if days_ago == 0:
        return dict(zip(STAGES, (DONE, DONE, BEGUN, SKIPPED, SKIPPED), strict=True))
    if days_ago in (1, DAYS - 1):
        return dict.fromkeys(STAGES, DONE)
    states = {}
    for stage in STAGES:
        fate, skipped = dice_for("state", stage.slug, days_ago).random(), SKIPPED_CHANCE[stage.slug]
        states[stage] = SKIPPED if fate < skipped else BEGUN if fate < skipped + BEGUN_CHANCE else DONE
        if stage is MEDICATION and states[stage] == BEGUN:
            # It has one question that matters: answered, it is done.
            states[stage] = DONE
    return states


def write_down(log, stage, state, answers, days_ago):
    """Give the log what the person wrote of a check-in; everything else stays unanswered."""
    if state == SKIPPED:
        return
    dice, keep_all = dice_for("writing", stage.slug, days_ago), days_ago == 1
    questions = [question for question in stage.questions(log.user) if question.kind]
    known = [question for question in questions if question.name in answers]
    missing = dice.choice([question.name for question in known if question.is_needed]) if state == BEGUN else None
    for question in known:
        is_written = dice.random() < ANSWERED_CHANCE.get(question.name, 0.9) or question.is_needed or keep_all
        if is_written and question.name != missing:
            question.write(log, answers[question.name])
    for question in questions:
        if question.name not in answers:
            question.write(log, any_answer(question, days_ago))
        if question.shown_when:
            name, wanted = question.shown_when
            if getattr(log, name) is not wanted:
                question.write(log, None)


def any_answer(question, days_ago):
    """An answer to a question that no effect is planted in, by dice of its own: all others fall as before."""
    dice = dice_for("any", question.name, days_ago)
    return dice.choice(question.kind.examples) if question.is_needed or dice.random() < 0.9 else None


def answers_of(date, days_ago, undercurrent) -> dict:
    """How the whole day was, whether the person writes it down or not: the effects are planted here."""
    dice = dice_for("day", days_ago)

    def noise(spread):
        return dice.gauss(0, spread)

    is_weekend, is_monday = date.weekday() >= 5, date.weekday() == 0
    took = dice.random() >= (WEEKEND_SKIP_CHANCE if is_weekend else SKIP_CHANCE)
    had_lunch, had_event, exercised = dice.random() < 0.8, dice.random() < 0.2, dice.random() < 0.5
    crashed = dice.random() < (CRASH_CHANCE if had_lunch else CRASH_CHANCE_WITHOUT_LUNCH) and took

    hours = SLEEP_MEAN + WEEKEND_ON_SLEEP * is_weekend + noise(SLEEP_SPREAD)
    hours = round(4 * min(10.5, max(4.0, hours))) / 4
    longer = hours - SLEEP_MEAN
    high = days_ago <= DOSE_CHANGE
    focus = 4.6 + SLEEP_ON_FOCUS * longer + took * (LOW_DOSE_ON_FOCUS + HIGH_DOSE_ON_FOCUS * high) + noise(0.9)
    mood = 5.6 + EXERCISE_ON_MOOD * exercised + WEEKEND_ON_MOOD * is_weekend + MONDAY_ON_MOOD * is_monday
    mood += UNDERCURRENT_ON_MOOD * undercurrent + noise(0.7)
    morning_mood = 5.8 + SLEEP_ON_MORNING_MOOD * longer + UNDERCURRENT_ON_MORNING_MOOD * undercurrent + noise(0.7)
    rumination = 4.0 + EVENT_ON_RUMINATION * had_event + UNDERCURRENT_ON_RUMINATION * undercurrent + noise(1.0)
    anxiety = 3.8 + CRASH_ON_ANXIETY * crashed + UNDERCURRENT_ON_ANXIETY * undercurrent + noise(1.0)
    rating = 6.0 + MOOD_ON_RATING * (mood - 6) + FOCUS_ON_RATING * (focus - 6) + noise(0.6)

    return {name: words_for(name, days_ago) for name in SENTENCES} | {
        "sleep_hours": Decimal(str(hours)),
        "sleep_quality": score(6.0 + SLEEP_ON_QUALITY * longer + noise(0.9)),
        "morning_mood": score(morning_mood),
        "physical_status": physical_status(hours, dice),
        "medication_taken": took,
        "ate_within_hour": dice.random() < 0.6,
        "first_hour_feeling": first_hour_feeling(focus, dice),
        "reason_for_skipping": reason_for_skipping(is_weekend, dice),
        "focus_level": score(focus),
        "energy_level": score(5.5 + SLEEP_ON_ENERGY * longer + noise(1.0)),
        "rumination_level": score(rumination),
        "lunch": words_for("lunch", days_ago) if had_lunch else None,
        "had_emotional_event": had_event,
        "coping_strategies": coping_strategies(dice),
        "anxiety_level": score(anxiety),
        # Without medication the question has no answer.
        "is_crashing": crashed if took else None,
        "had_triggering_interaction": dice.random() < 0.15,
        "self_worth_tied_to_performance": dice.choice(AfternoonAnswers.SelfWorthTied.values),
        "overextended": dice.choice(AfternoonAnswers.Overextended.values),
        "overall_mood": score(mood),
        "day_rating": score(rating),
        "sleepiness": score(6.0 + noise(1.6)),
        "medication_effectiveness": effectiveness(focus) if took else None,
        "met_physical_activity_goals": exercised,
        "met_dietary_goals": dice.random() < 0.55,
        "never_felt_isolated": dice.random() < 0.7,
    }


def physical_status(hours, dice):
    if hours >= 8:
        return dice.choice(["energetic", "rested", "rested"])
    if hours >= 6.5:
        return dice.choice(["rested", "neutral", "neutral", "tired", "pain"])
    return dice.choice(["tired", "tired", "exhausted"])


def first_hour_feeling(focus, dice):
    if focus >= 6:
        return dice.choice([Feeling.CLEAR, Feeling.FOCUSED, Feeling.CALM])
    return dice.choice([Feeling.FOGGY, Feeling.WIRED, Feeling.ANXIOUS, Feeling.NO_NOTICEABLE_EFFECT, Feeling.OTHER])


def reason_for_skipping(is_weekend, dice):
    on_weekdays = [Reason.FORGOT, Reason.FORGOT, Reason.SIDE_EFFECTS, Reason.PLANNED_BREAK, Reason.OUT_OF_MEDICATION]
    return dice.choice([Reason.WEEKEND, Reason.WEEKEND, Reason.FORGOT] if is_weekend else on_weekdays)


def coping_strategies(dice):
    """One or two of them, in the vocabulary's order, as the form stores them."""
    chosen = dice.sample(Coping.values, dice.choice([1, 1, 2]))
    return [strategy for strategy in Coping.values if strategy in chosen]


def effectiveness(focus):
    return "yes" if focus >= 6.0 else "mixed" if focus >= 4.5 else "no"


def doses_of(log, days_ago, concerta, melatonin) -> list[Dose]:
    """What was taken on a day. Melatonin waits for the evening, which today has not seen yet."""
    if not log.medication_taken:
        return []
    dice = dice_for("doses", days_ago)
    morning, night = clock_time(dice.uniform(7.5, 8.95)), clock_time(dice.uniform(21.5, 22.9))
    morning = morning if dice.random() < 0.95 else None
    amount = HIGH_DOSE if days_ago <= DOSE_CHANGE else LOW_DOSE
    doses = [Dose(daily_log=log, medication=concerta, amount=amount, unit=Unit.MG, taken_at=morning)]
    if 0 < days_ago <= MELATONIN_SINCE and dice.random() < MELATONIN_CHANCE:
        doses.append(Dose(daily_log=log, medication=melatonin, amount=MELATONIN, unit=Unit.MG, taken_at=night))
    return doses


# ── A week ───────────────────────────────────────────────────────────────────────────────────────


def reflection_of(person, today, weeks_ago, logs) -> WeeklyReflection:
    """The look back on one whole week, with the numbers of its logs."""
    week_start = person.week_of(today) - datetime.timedelta(weeks=weeks_ago)
    dice = dice_for("week", weeks_ago)
    reflection = WeeklyReflection(user=person, week_start=week_start)
    days = [log for log in logs if reflection.week_start <= log.date <= reflection.week_end]
    for name in ("week_highlights", "week_challenges", "lessons_learned", "memorable_family_activities"):
        if dice.random() < 0.75:
            setattr(reflection, name, words_for(name, weeks_ago))
    if weeks_ago == 1 or dice.random() < 0.75:
        reflection.next_week_focus = words_for("next_week_focus", weeks_ago)
    if weeks_ago in BEGUN_WEEKS:
        return reflection
    rating = fmean([log.day_rating for log in days if log.day_rating is not None] or [6])
    reflection.week_rating = score(rating)
    reflection.mental_state = mental_state(rating + dice.gauss(0, 0.4))
    reflection.gym_days_count = sum(log.met_physical_activity_goals is True for log in days)
    if dice.random() < 0.85:
        reflection.diet_rating = score(4 + sum(log.met_dietary_goals is True for log in days) * 0.7)
        reflection.questioned_leaving_job = dice.random() < (0.35 if rating < 5.5 else 0.1)
    finished = clock_time(dice.uniform(18, 21))
    reflection.completed_at = datetime.datetime.combine(reflection.week_end, finished, person.zone)
    return reflection


def mental_state(rating):
    floors = ((7.5, "excellent"), (6.2, "good"), (5.2, "neutral"), (4.2, "struggling"))
    return next((state for floor, state in floors if rating >= floor), "poor")
