"""A deleted day in an envelope: nothing of it stays on the server, the person's page carries it back."""

from django.core import serializers, signing
from django.core.serializers.base import DeserializationError
from django.db import IntegrityError, transaction

from logs.models import DailyLog

MINUTES = 10


class CannotRestoreError(Exception):
    """The envelope is too old, is not this person's, or the day has been logged again since."""


def seal(log: DailyLog) -> str:
    """The day and its doses as signed text. Costs a query for the doses."""
    rows = serializers.serialize("json", [log, *log.doses.all()])
    return signing.dumps([log.user_id, rows], salt="logs.undo", compress=True)


@transaction.atomic
def restore(envelope: str, user) -> DailyLog:
    """Put a sealed day of this person back as it was."""
    try:
        owner, rows = signing.loads(envelope, salt="logs.undo", max_age=MINUTES * 60)
        if owner != user.pk:
            raise CannotRestoreError
        with transaction.atomic():
            restored = list(serializers.deserialize("json", rows))
            for row in restored:
                row.save(force_insert=True)
    except (signing.BadSignature, DeserializationError, IntegrityError) as error:
        raise CannotRestoreError from error
    return restored[0].object
