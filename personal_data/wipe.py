from accounts.models import User
from brainlog.database.retry import retry_on_conflict
from brainlog.database.sqlite3.files import erase_deleted_after_commit


@retry_on_conflict
def wipe_all(person: User):
    """Delete all that a person has logged, for good. The account, its settings and its security events stay."""
    # Doses go with their days. Only then can the medications go.
    all_rows = (person.daily_logs, person.medications, person.weekly_reflections)
    if sum(rows.all().delete()[0] for rows in all_rows):
        person.answers_changed()
        erase_deleted_after_commit()
