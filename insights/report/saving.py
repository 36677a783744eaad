"""Keeps a report as it was made."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from brainlog.database.retry import retry_on_conflict
from insights.models import Report
from insights.report.contents import Contents
from logs.question_changes import locked


@retry_on_conflict
def save(person, contents: Contents) -> Report:
    """Store it, encrypted, as data. Raises ValidationError if there is no room."""
    if locked(person).reports.count() >= Report.MOST_STORED:
        message = gettext("There is no room for more than %(most)d reports. Delete one that you no longer need.")
        raise ValidationError(message % {"most": Report.MOST_STORED}, code="too_many")
    report = Report(user=person, first=contents.first, last=contents.last, content_json=contents.to_json())
    report.title = contents.header.appointment[: Report._meta.get_field("title").max_length] or contents.header.title
    report.save(force_insert=True)
    return report
