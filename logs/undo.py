"""A deleted day in an envelope: nothing of it stays on the server, the person's page carries it back."""

from django.core import serializers, signing
from django.core.serializers.base import DeserializationError
from django.db import IntegrityError, transaction

from brainlog.transactions import retried
from logs.models import DailyLog, Dose

MINUTES = 10


class CannotRestoreError(Exception):
    """The envelope is too old, or is not this person's."""


class LoggedAgainError(Exception):
    """The day has a row again. Once that is gone, the envelope is good."""


def seal(log: DailyLog) -> str:
    """The day and its doses as signed text, private texts encrypted. Costs a query for the doses."""
    rows = serializers.serialize("json", [log, *log.doses.all()])
    return signing.dumps([log.user_id, rows], salt="logs.undo", compress=True)


@retried
def restore(envelope: str, user) -> DailyLog:
    """Put a sealed day of this person back as it was. Raises CannotRestoreError, LoggedAgainError."""
    try:
        owner, rows = signing.loads(envelope, salt="logs.undo", max_age=MINUTES * 60)
        if owner != user.pk:
            raise CannotRestoreError
        with transaction.atomic():
            log, *doses = (row.object for row in serializers.deserialize("json", rows))
            stamps = {"created_at": log.created_at, "updated_at": log.updated_at}
            log.save(force_insert=True)
            DailyLog.objects.filter(pk=log.pk).update(**stamps)
            Dose.objects.bulk_create(doses)
    except (signing.BadSignature, DeserializationError) as error:
        raise CannotRestoreError from error
    except IntegrityError as error:
        raise LoggedAgainError from error
    user.answers_changed()
    return log
