# Each medication gets its UUID; names are encrypted and found by a hash; notes, bound to their person so far, are
# bound to the UUID too. Interrupted, it goes on where it stopped: docs/decisions/0012-private-text.md

import logging
import unicodedata

from django.core.management.base import CommandError
from django.db import migrations

from encryption import blind_index, cipher
from encryption.reencrypt import EncryptedTable, Index, TableRewrite
from logs.fields import RandomUUID

logger = logging.getLogger(__name__)

BATCH = 500


def folded(name):
    name = unicodedata.normalize('NFKC', name).casefold()  # at most 100 characters
    return ' '.join(unicodedata.normalize('NFKC', name).split())


TABLE = EncryptedTable(
    'logs_medication', ('name', 'note'), ('user_id', 'uuid'), (Index('name_key', 'name', ('user_id',), folded),)
)


def make_uuids(apps, schema_editor):
    rows = apps.get_model('logs', 'Medication').objects.using(schema_editor.connection.alias).filter(uuid=None)
    while keys := list(rows.order_by('pk').values_list('pk', flat=True)[:BATCH]):
        rows.filter(pk__in=keys).update(uuid=RandomUUID())


def bind_to_uuid(apps, schema_editor):
    def bound(stored, where):
        if not cipher.is_token(stored):
            return cipher.encrypt(stored, *where)
        try:
            cipher.decrypt(stored, *where)
        except cipher.InvalidCiphertextError:
            return cipher.encrypt(cipher.decrypt(stored, *where[:-1]), *where)
        return stored

    def hashed(stored, text, where):
        return blind_index.hash_of(text, *where)

    outcome = TableRewrite(schema_editor.connection, TABLE, bound, None, hashed=hashed).run()
    for reason, texts in outcome.unreadable.items():
        logger.error('logs_medication: %d texts are left as they are: %s.', texts, reason)
    if outcome.duplicates:
        logger.error('logs_medication: %d names are in a list twice, see docs/private-text.md.', outcome.duplicates)


def bind_to_person(apps, schema_editor):
    """Store names as they were written, and bind notes to their person alone."""

    def unbound(stored, where):
        if not cipher.is_token(stored):
            return stored
        try:
            text = cipher.decrypt(stored, *where)
        except cipher.InvalidCiphertextError:
            cipher.decrypt(stored, *where[:-1])
            return stored
        return text if where[1] == 'name' else cipher.encrypt(text, *where[:-1])

    outcome = TableRewrite(
        schema_editor.connection, TABLE, unbound, None, hashed=lambda stored, text, where: text
    ).run()
    for reason, texts in outcome.unreadable.items():
        raise CommandError(f'logs_medication: {texts} texts cannot be decrypted: {reason}.')


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('logs', '0005_medication_uuid'),
    ]

    operations = [
        migrations.RunPython(make_uuids, migrations.RunPython.noop),
        migrations.RunPython(bind_to_uuid, bind_to_person),
    ]
