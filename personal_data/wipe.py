from accounts.models import User
from brainlog.database.retry import retry_on_conflict
from brainlog.database.sqlite3.files import erase_deleted_after_commit
from support.models import SupportPlan


@retry_on_conflict
def wipe_all(person: User):
    """Delete everything that a person has logged. The account, its settings and its security events stay."""
    # Doses are deleted with their days; a medication can be deleted only when it has no doses.
    # Days and weeks refer to sets of questions.
    all_rows = (person.daily_logs, person.medications, person.weekly_reflections, person.question_sets)
    all_rows += (person.reports, person.appointments)
    # A reminder says that something was not logged by then. Times and channels are settings, and stay.
    all_rows += (person.reminder_deliveries,)
    all_rows += (person.events, person.hidden_days)
    all_rows += (person.computations, person.kept_findings, person.guesses)
    all_rows += (SupportPlan.objects.filter(user=person),)
    all_rows += (person.own_questions,)  # After their answers, which are deleted with days and weeks.
    if sum(rows.all().delete()[0] for rows in all_rows):
        User.objects.filter(pk=person.pk).update(has_own_questions=False)
        person.answers_changed()
        erase_deleted_after_commit()
