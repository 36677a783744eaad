"""Answers of the demo person: pseudo-random, the same each time, with known effects planted in them.

Statistics over answers can be tested with this data: they should find the effects listed here, and no others.
The size of each effect is a constant in operations/demo/effects.py. Scores are in points from 1 to 10. They
are rounded and limited to that range after the effects are added, so measured effects differ a little from
the planted ones, and are noisy.

Planted effects
  sleep          +0.6 morning_mood, +0.5 focus_level, +0.5 energy_level and +0.7 sleep_quality for
                 each hour of sleep_hours in the same log, the night before; linear, around 7 hours
  dose           Concerta 18 mg until 181 days ago, 36 mg from 180 days ago. focus_level: +0.8 on 18 mg
                 days compared with days without, and another +1.2 on 36 mg days
  lunch          on days with medication, is_crashing on 20 % with lunch, on 60 % without; on days
                 without medication, is_crashing has no answer. The person writes down every lunch:
                 an empty lunch in a completed midday check-in means that there was none
  crash          +1.5 anxiety_level when is_crashing
  event          +2.0 rumination_level when had_emotional_event
  exercise       +0.8 overall_mood when met_physical_activity_goals
  week           Saturday and Sunday: +0.75 hours of sleep, +0.6 overall_mood, and medication skipped on
                 30 % of the days instead of 6 %. Monday: -0.6 overall_mood
  mood           a latent mood with a standard deviation of 1 and an autocorrelation of 0.55 from day to
                 day: +1.0 of it in morning_mood, +0.8 in overall_mood, -0.5 in rumination_level, -0.4 in
                 anxiety_level
  day_rating     +0.7 for each point of overall_mood, +0.25 for each of focus_level
  starting       an own question ("Could you start the thing you meant to start?"): +0.7 for each point of
                 focus_level, rounded as it is stored

Consequences of these effects
  The week affects the scores that depend on sleep through longer sleep. day_rating depends on everything that
  affects overall_mood or focus_level. physical_status follows sleep_hours; first_hour_feeling and
  medication_effectiveness follow focus_level. The higher dose is later than the lower one, and days without
  medication are often at weekends: comparisons of doses are confounded by both. starting depends
  on everything that affects focus_level: sleep and medication.
  The numbers in a reflection are computed from the logs of its week.

Controls: independent of everything else
  events         what happened (operations/demo/events.py): none changes an answer, but of the holiday and of the
                 flu the days are not tracked
  appointments   two past and one coming (operations/demo/appointments.py)
  schedules      Concerta is taken daily, melatonin as needed
  melatonin      1 mg in the evening, since 120 days ago, on 75 % of the days with medication
  met_dietary_goals, never_felt_isolated, sleepiness, ate_within_hour, had_triggering_interaction,
  self_worth_tied_to_performance, overextended, breakfast, the text of every note, which check-ins are
  skipped, and which days are filled in on the morning after (5 %). Lunch, events and exercise do not
  depend on anything either; their effects are listed above.
  Three own questions: cups of coffee (caffeine), contact with other people (social_contact), outside before
  noon.

Own questions
  Asked since 200 days ago, at midday (outside) and in the evening (the others); the days before did not ask
  them, and their records do not name them. starting is asked first: an evening is not done without its answer.
  The others are folded away, and answered on 90 % of the days.

Special cases in the data
  A week of holiday and two days of illness, marked as not tracked; days without a row; check-ins that were
  skipped or only begun; optional questions without an answer; doses without a time; weeks without a
  reflection. Today has its morning and medication check-ins done, midday begun, the others open.

The random numbers of a day depend only on how many days ago it was, so they are the same whenever the demo
is made. Weekends are those of the calendar: made on another day of the week, the effects of the week are on
other days.
"""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import fmean
from uuid import UUID

from accounts.models import User
from logs.models import DailyLog, Dose, Medication, OwnAnswer, OwnQuestion, QuestionSet, Unit
from logs.parts import Part
from logs.question_lists import QUESTION_LISTS
from logs.questions import Question, RowQuestion
from logs.recording import Record
from logs.stages import MEDICATION, STAGES
from operations.demo.effects import (
    DOSE_CHANGE,
    HIGH_DOSE,
    LOW_DOSE,
    MOOD_AUTOCORRELATION,
    answers_of,
    own_answers_of,
    rng_for,
    sentence_for,
    to_score,
)
from operations.demo.own_questions import OWN_QUESTIONS_SINCE
from reflections.models import QUESTIONS, WEEK, WeeklyReflection

# ── The calendar, in days ago; ranges exclude their end ────────────────────────────────────────

DAYS = 400
MELATONIN_SINCE = 120
HOLIDAY = range(211, 218)
ILL = range(96, 98)
GAPS = (range(4, 5), range(33, 35), range(140, 145), range(290, 301))
GAP_CHANCE = 0.03
# In weeks ago, of 56 complete weeks: 50 reflections, two of them begun but not completed.
REFLECTED_WEEKS = [weeks for weeks in range(1, 57) if weeks not in {5, 14, 21, 31, 38, 47}]
BEGUN_WEEKS = {3, 26}

# A control: its dose, and the probability that it is taken on a day with medication.
MELATONIN = Decimal(1)
MELATONIN_CHANCE = 0.75

# ── Completeness ─────────────────────────────────────────────────────────────────────────────────

DONE, BEGUN, SKIPPED = "done", "begun", "skipped"
# Probability that a check-in is skipped. BEGUN_CHANCE is the probability that it is begun and not completed.
SKIPPED_CHANCE = {"morning": 0.05, "medication": 0.04, "midday": 0.10, "afternoon": 0.14, "evening": 0.07}
BEGUN_CHANCE = 0.04
# Probability that an optional question is answered, where it is not 0.9.
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
# Earliest and latest hour of the day at which a check-in is completed.
COMPLETION_HOURS = {
    "morning": (7.0, 8.5),
    "medication": (9.0, 10.25),
    "midday": (12.0, 13.5),
    "afternoon": (15.25, 17.0),
    "evening": (20.5, 22.75),
}
# A day that is filled in later is answered on the morning after, within the hour that begins then.
RECALLED_CHANCE, FIRST_RECALLED_HOUR = 0.05, 6.0
ONE_MINUTE = datetime.timedelta(minutes=1)


@dataclass
class DemoData:
    """All rows of the demo person. Not yet saved, but for the own questions: their keys are in the other rows."""

    own_questions: dict[str, OwnQuestion]
    medications: list[Medication]
    logs: list[DailyLog] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)
    own_answers: list[OwnAnswer] = field(default_factory=list)
    reflections: list[WeeklyReflection] = field(default_factory=list)
    question_sets: dict[UUID, QuestionSet] = field(default_factory=dict)

    def record(self, part: Part, row, questions, answered_at: datetime.datetime, *, is_recalled=False):
        """Record of a part of a row, if it has answers, what it asked and when it was answered: all at once."""
        answered = frozenset(question.name for question in questions if question.is_answered(row))
        if answered:
            names = [question.name for question in questions if not question.is_left_out(row)]
            asked = QuestionSet.of(row.user_id, names)
            self.question_sets[asked.pk] = asked
            offset = row.user.local_time(answered_at).utcoffset() // ONE_MINUTE
            recalled = answered if is_recalled else frozenset()
            Record(answered_at, offset, recalled, asked.pk).write(part, row)


def make_demo_data(person: User, now: datetime.datetime, own_questions: dict[str, OwnQuestion]) -> DemoData:
    """Make the logs of the last DAYS days up to the person's current day, oldest first, and all other rows.

    The days ask the usual questions and the own ones, whatever the person chose since.
    """
    today, latent_mood = person.today(now), 0.0
    schedules = (
        ("Concerta", HIGH_DOSE, Medication.Schedule.DAILY, "08:15", DAYS - 1),
        ("Melatonin", MELATONIN, Medication.Schedule.AS_NEEDED, "22:00", MELATONIN_SINCE),
    )
    concerta, melatonin = (
        Medication(
            user=person,
            name=name,
            usual_amount=amount,
            unit=Unit.MG,
            schedule=schedule,
            usual_times=times,
            since=today - datetime.timedelta(days=days_ago),
        )
        for name, amount, schedule, times, days_ago in schedules
    )
    data = DemoData(own_questions, [concerta, melatonin])
    own = {key: RowQuestion(question) for key, question in own_questions.items()}
    for days_ago in reversed(range(DAYS)):
        # The topic is part of the seed: with another one, all moods would change.
        drift = rng_for("undercurrent", days_ago).gauss(0, (1 - MOOD_AUTOCORRELATION**2) ** 0.5)
        latent_mood = MOOD_AUTOCORRELATION * latent_mood + drift
        asked_of_own = own if days_ago <= OWN_QUESTIONS_SINCE else {}
        log = make_log(person, today - datetime.timedelta(days=days_ago), days_ago, latent_mood, asked_of_own, now)
        if log and not log.is_empty:
            data.logs.append(log)
            data.own_answers += own_answers_with(log)
            log.doses_taken = make_doses(log, days_ago, concerta, melatonin, now)
            data.doses += log.doses_taken
            for stage in STAGES:
                answered_at = answer_time(person, log.date, stage, days_ago, now)
                questions = [*built_in(stage), *own_in(stage, asked_of_own).values()]
                data.record(stage.part, log, questions, answered_at, is_recalled=is_filled_in_later(days_ago))
    data.reflections = [make_reflection(person, today, weeks, data.logs) for weeks in reversed(REFLECTED_WEEKS)]
    for reflection in data.reflections:
        last_evening = datetime.datetime.combine(reflection.week_end, datetime.time(19), person.zone)
        answered_at = reflection.completed_at or last_evening
        data.record(WEEK, reflection, QUESTIONS, answered_at)
    return data


def clock_time(hours: float) -> datetime.time:
    return datetime.time(int(hours), int(hours % 1 * 60))


def built_in(stage) -> tuple[Question, ...]:
    return QUESTION_LISTS[stage.slug].built_in


def own_in(stage, questions: dict[str, RowQuestion]) -> dict[str, RowQuestion]:
    """Those of the own questions that a check-in asks."""
    return {key: question for key, question in questions.items() if question.own.check_in == stage.slug}


# ── A day ────────────────────────────────────────────────────────────────────────────────────────


def make_log(person, date, days_ago, latent_mood, own, now) -> DailyLog | None:
    """Make the row of one day, which may be empty, or None for a day without a row. `own` questions are asked too."""
    if days_ago in HOLIDAY or days_ago in ILL:
        reason = DailyLog.NotTracked.HOLIDAY if days_ago in HOLIDAY else DailyLog.NotTracked.ILL
        return DailyLog(user=person, date=date, not_tracked=reason)
    is_required = days_ago in (0, 1, DAYS - 1)
    if not is_required and (any(days_ago in gap for gap in GAPS) or rng_for("gap", days_ago).random() < GAP_CHANCE):
        return None
    answers = answers_of(date, days_ago, latent_mood)
    own_answers = own_answers_of(answers, days_ago)
    log = DailyLog(user=person, date=date)
    for stage, state in states_of(days_ago).items():
        write_answers(log, stage, state, answers, days_ago)
        write_own_answers(log, own_in(stage, own), state, own_answers, days_ago)
        if state == DONE:
            setattr(log, stage.completed_at, answer_time(person, date, stage, days_ago, now))
    return log


def is_filled_in_later(days_ago: int) -> bool:
    """Whether all check-ins of a day were answered on the morning after."""
    return 1 < days_ago < DAYS - 1 and rng_for("recalled", days_ago).random() < RECALLED_CHANCE


def answer_time(person, date, stage, days_ago, now) -> datetime.datetime:
    """When a check-in was answered, all of it at once."""
    start, end = COMPLETION_HOURS[stage.slug]
    hours = rng_for("finished", stage.slug, days_ago).uniform(start, end)
    if is_filled_in_later(days_ago):
        date, hours = date + datetime.timedelta(days=1), FIRST_RECALLED_HOUR + hours / 24
    # The demo may be made before the completion hours of today: no check-in is completed in the future.
    return min(datetime.datetime.combine(date, clock_time(hours), person.zone), now)


def states_of(days_ago) -> dict:
    """The state of each check-in of a day."""
    if days_ago == 0:
        return dict(zip(STAGES, (DONE, DONE, BEGUN, SKIPPED, SKIPPED), strict=True))
    if days_ago in (1, DAYS - 1):
        return dict.fromkeys(STAGES, DONE)
    states = {}
    for stage in STAGES:
        draw, skipped = rng_for("state", stage.slug, days_ago).random(), SKIPPED_CHANCE[stage.slug]
        states[stage] = SKIPPED if draw < skipped else BEGUN if draw < skipped + BEGUN_CHANCE else DONE
        if stage is MEDICATION and states[stage] == BEGUN:
            # Only one question of this check-in is required, so an answer to it completes the check-in.
            states[stage] = DONE
    return states


def write_answers(log, stage, state, answers, days_ago):
    """Write a check-in's answers to the log, some of them by chance left out."""
    if state == SKIPPED:
        return
    rng, keep_all = rng_for("writing", stage.slug, days_ago), days_ago == 1
    questions = [question for question in built_in(stage) if question.kind]
    known = [question for question in questions if question.name in answers]
    missing = rng.choice([question.name for question in known if question.is_needed]) if state == BEGUN else None
    for question in known:
        is_written = rng.random() < ANSWERED_CHANCE.get(question.name, 0.9) or question.is_needed or keep_all
        if is_written and question.name != missing:
            question.write(log, answers[question.name])
    for question in questions:
        if question.name not in answers:
            question.write(log, any_answer(question, days_ago))
        if question.shown_when:
            name, wanted = question.shown_when
            if getattr(log, name) is not wanted:
                question.write(log, None)


def write_own_answers(log, questions: dict[str, RowQuestion], state, answers, days_ago):
    """Write a check-in's answers to own questions, some of them by chance left out."""
    if state == SKIPPED:
        return
    for key, question in questions.items():
        is_kept = days_ago == 1 or (state == DONE and question.is_needed)
        if rng_for("writing", "own", key, days_ago).random() < 0.9 or is_kept:
            question.write(log, answers[key])


def own_answers_with(log) -> list[OwnAnswer]:
    """The answers to own questions of a log that is not saved yet."""
    answers = [*log.own_answers_by_question.values()]
    for answer in answers:
        answer.daily_log = log
    return answers


def any_answer(question, days_ago):
    """An answer to a question without a planted effect. Its random numbers affect no other answer."""
    rng = rng_for("any", question.name, days_ago)
    return rng.choice(question.kind.examples) if question.is_needed or rng.random() < 0.9 else None


def make_doses(log, days_ago, concerta, melatonin, now) -> list[Dose]:
    """Make the doses of a day, none later than now. Today has no melatonin, which is taken in the evening."""
    if not log.medication_taken:
        return []
    rng = rng_for("doses", days_ago)
    morning, night = clock_time(rng.uniform(7.5, 8.95)), clock_time(rng.uniform(21.5, 22.9))
    morning = not_after(now, log, morning) if rng.random() < 0.95 else None
    amount = HIGH_DOSE if days_ago <= DOSE_CHANGE else LOW_DOSE
    doses = [Dose(daily_log=log, medication=concerta, amount=amount, unit=Unit.MG, taken_at=morning)]
    if 0 < days_ago <= MELATONIN_SINCE and rng.random() < MELATONIN_CHANCE:
        doses.append(Dose(daily_log=log, medication=melatonin, amount=MELATONIN, unit=Unit.MG, taken_at=night))
    return doses


def not_after(now, log, time) -> datetime.time:
    """A time of the day of a log, or the present minute, should that time be still to come."""
    taken_at = min(datetime.datetime.combine(log.date, time, log.user.zone), now)
    return log.user.local_time(taken_at).time().replace(second=0, microsecond=0)


# ── A week ───────────────────────────────────────────────────────────────────────────────────────


def make_reflection(person, today, weeks_ago, logs) -> WeeklyReflection:
    """Make the reflection on one complete week, with numbers computed from its logs."""
    week_start = person.week_of(today) - datetime.timedelta(weeks=weeks_ago)
    rng = rng_for("week", weeks_ago)
    reflection = WeeklyReflection(user=person, week_start=week_start)
    days = [log for log in logs if reflection.week_start <= log.date <= reflection.week_end]
    for name in ("week_highlights", "week_challenges", "lessons_learned", "memorable_family_activities"):
        if rng.random() < 0.75:
            setattr(reflection, name, sentence_for(name, weeks_ago))
    if weeks_ago == 1 or rng.random() < 0.75:
        reflection.next_week_focus = sentence_for("next_week_focus", weeks_ago)
    if weeks_ago in BEGUN_WEEKS:
        return reflection
    rating = fmean([log.day_rating for log in days if log.day_rating is not None] or [6])
    reflection.week_rating = to_score(rating)
    reflection.mental_state = mental_state(rating + rng.gauss(0, 0.4))
    reflection.gym_days_count = sum(log.met_physical_activity_goals is True for log in days)
    if rng.random() < 0.85:
        reflection.diet_rating = to_score(4 + sum(log.met_dietary_goals is True for log in days) * 0.7)
        reflection.questioned_leaving_job = rng.random() < (0.35 if rating < 5.5 else 0.1)
    finished = clock_time(rng.uniform(18, 21))
    reflection.completed_at = datetime.datetime.combine(reflection.week_end, finished, person.zone)
    return reflection


def mental_state(rating):
    floors = ((7.5, "excellent"), (6.2, "good"), (5.2, "neutral"), (4.2, "struggling"))
    return next((state for floor, state in floors if rating >= floor), "poor")
