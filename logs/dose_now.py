"""A dose from Today, recorded by one tap."""

import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone

from brainlog.database.retry import retry_on_conflict
from logs.doses import now_of, usual_or_last_dose
from logs.models import DailyLog, Dose
from logs.question_lists import is_done
from logs.recording import Recorder
from logs.saving import Change, save_answers
from logs.stages import MEDICATION


class RecordedAlreadyError(Exception):
    """The day has a dose of the medication that the page did not show: a second tap, or one in another tab."""

    def __init__(self, dose: Dose):
        super().__init__()
        self.dose = dose


class DayFullError(Exception):
    """The day has no room for another dose."""


class AmountUnknownError(Exception):
    """The medication has neither a usual amount nor a dose."""


def doses_shown(shown: str, day: datetime.date) -> int:
    """How many doses of a medication a page showed for the day, see MedicationLine.shown: none, if of another day."""
    date, _slash, number = shown.partition("/")
    return int(number) if date == str(day) and number in map(str, range(Dose.MOST_PER_DAY + 1)) else 0


@retry_on_conflict
def record_dose_now(person, pk: int, shown: str) -> tuple[Dose, Change]:
    """Store that a person takes one of their medications now, as its usual or last dose, and that the day had a dose.

    Only if the day has no more doses of it than the page has `shown`: a form that is sent twice stores one dose.
    Returns the dose, and what undoes it.
    Raises Http404, RecordedAlreadyError, DayFullError, AmountUnknownError.
    """
    day = person.today()
    log = person.daily_logs.select_for_update().filter(date=day).first() or DailyLog(user=person, date=day)
    # Locked, so that a merge waits and then moves this dose too.
    medication = get_object_or_404(person.medications.select_for_update(no_key=True), pk=pk)
    stored = list(log.own_doses()) if log.pk else []
    of_it = [dose for dose in stored if dose.medication_id == medication.pk]
    if len(of_it) > doses_shown(shown, day):
        raise RecordedAlreadyError(of_it[-1])
    if len(stored) >= Dose.MOST_PER_DAY:
        raise DayFullError
    amount, unit = usual_or_last_dose(medication)
    if amount is None:
        raise AmountUnknownError
    dose = Dose(daily_log=log, medication=medication, amount=amount, unit=unit, taken_at=now_of(person))
    wanted = {"medication_taken": True, "reason_for_skipping": None, "doses": [*stored, dose]}
    answers = {
        question: wanted[question.name]
        for question in MEDICATION.questions(person)
        if question.name in wanted and not question.are_same(wanted[question.name], question.read(log))
    }
    questions = MEDICATION.questions(person)
    asked = [question for question in questions if question.is_asked]
    is_done_now = is_done(asked, lambda question: wanted.get(question.name, question.read(log)))
    done_at = log.medication_completed_at or (timezone.now() if is_done_now else None)
    recorder = Recorder(MEDICATION.part, questions, {question.name for question in answers})
    change = save_answers(log, answers, {MEDICATION.completed_at: done_at}, [recorder])
    person.answers_changed()
    return dose, change
