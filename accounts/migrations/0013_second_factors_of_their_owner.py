# Secrets of second factors are bound to their owner, and passkeys get a seal. Rows that are so already stay as they
# are, so that it can be repeated; a row that is used meanwhile is read again.

import logging

from django.db import migrations

from encryption import cipher
from encryption.mfa_secrets import COLUMN, NAMES, SEAL, TABLE, fingerprint, associated_data_of

logger = logging.getLogger(__name__)


def bound(row) -> dict:
    """What the row should hold: each token encrypted for its owner and kind, and the seal of a passkey."""
    where = associated_data_of(row.user_id, row.type)
    data = dict(row.data)
    if row.type == "webauthn":
        data.setdefault(SEAL, cipher.encrypt(fingerprint(data), *where))
    for name in NAMES:
        if name in data and not is_readable(data[name], where):
            data[name] = cipher.encrypt(cipher.decrypt(data[name], TABLE, COLUMN), *where)
    return data


def unbound(row) -> dict:
    """What the row held before."""
    where = associated_data_of(row.user_id, row.type)
    data = {name: value for name, value in row.data.items() if name != SEAL}
    for name in NAMES:
        if name in data and not is_readable(data[name], (TABLE, COLUMN)):
            data[name] = cipher.encrypt(cipher.decrypt(data[name], *where), TABLE, COLUMN)
    return data


def is_readable(token: str, where: tuple[str, ...]) -> bool:
    try:
        cipher.decrypt(token, *where)
    except cipher.CannotDecryptError:
        return False
    return True


def each_row(change):
    def run(apps, schema_editor):
        rows = apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias)
        for pk in list(rows.values_list("pk", flat=True)):
            while row := rows.filter(pk=pk).first():
                try:
                    new = change(row)
                except cipher.CannotDecryptError as error:
                    logger.error("mfa_authenticator: row %s is left as it is: %s.", pk, error)
                    break
                if new == row.data or rows.filter(pk=pk, data=row.data).update(data=new):
                    break

    return run


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_security_event_kinds'),
        ('mfa', '0003_authenticator_type_uniq'),
    ]

    operations = [migrations.RunPython(each_row(bound), each_row(unbound), elidable=True)]
