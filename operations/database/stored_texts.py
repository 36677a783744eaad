"""Checks a sample of the private texts in a database: whether they are encrypted, with configured keys.

A migration that was only marked as applied, or another program that writes to the database, leaves texts in clear, and
no other check finds them. No finding contains a text.
"""

import random
from collections import Counter
from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db.models import QuerySet

from encryption import cipher
from encryption.fields import Sealed, private_fields
from encryption.mfa_secrets import COLUMN, NAMES, TABLE, place_of
from operations.database.findings import ERROR, OK, WARNING, Finding

# Rows of each table: a few pages of its index, whatever its size, and less than a second of decrypting. The oldest rows
# are from before a migration that did not run, the newest from the running code, and the probes from between.
ROWS_AT_EACH_END, PROBES, ROWS_AT_EACH_PROBE = 200, 20, 10

IN_CLEAR, NO_KEY, NOT_GENUINE = "in clear", "under an unknown key", "not genuine"
UNBOUND = "bound to no owner"
REMEDIES = {
    IN_CLEAR: "are not encrypted; add the word plaintext to FIELD_ENCRYPTION_KEYS and run manage.py rotate_field_keys",
    NO_KEY: "are encrypted with a key that FIELD_ENCRYPTION_KEYS lacks; restore it before it is lost",
    UNBOUND: "are not bound to their owner: accounts.0013 was marked as applied and did not run; run manage.py migrate "
    "accounts 0012 --fake, then manage.py migrate",
    NOT_GENUINE: "cannot be decrypted: altered, moved from another row, or under another key of the same id",
}
SECRETS = f"{Authenticator._meta.db_table}.data"
NOT_WRITTEN_HERE = (
    "are not encrypted: Brain Log did not write them and does not accept them; delete those rows, and find out who "
    "wrote them"
)


def problems(connection, unmigrated: set[str]) -> Iterator[Finding]:
    """Check a sample of each table, except in apps with migrations that are not applied."""
    checked, faults = 0, Counter()
    for column, fault in sampled_texts(connection, unmigrated):
        checked += 1
        if fault:
            faults[column, fault] += 1
    for (column, fault), texts in sorted(faults.items()):
        if (column, fault) == (SECRETS, IN_CLEAR):
            # An error even with plaintext among the keys: Brain Log has always encrypted these.
            yield ERROR, f"{column}: {texts} texts {NOT_WRITTEN_HERE}"
            continue
        is_allowed = fault == IN_CLEAR and settings.FIELD_ENCRYPTION_READS_PLAINTEXT
        text = "are not encrypted, which plaintext in FIELD_ENCRYPTION_KEYS allows; manage.py rotate_field_keys"
        yield WARNING if is_allowed else ERROR, f"{column}: {texts} texts {text if is_allowed else REMEDIES[fault]}"
    if not faults:
        extent = "the oldest, the newest and some in between; manage.py rotate_field_keys --check reads all"
        yield OK, f"{checked} texts were checked, and all are encrypted with configured keys ({extent})"


def sampled_texts(connection, unmigrated: set[str]) -> Iterator[tuple[str, str]]:
    """Yield "table.column" and the fault, or '', for each text of the sample."""
    for model in apps.get_models():
        fields = private_fields(model)
        if not fields or model._meta.app_label in unmigrated:
            continue
        names = list(dict.fromkeys(["pk", *model.texts_belong_to, *(field.attname for field in fields)]))
        for values in sampled(connection, model._base_manager.values_list(*names)):
            row = model(**dict(zip(names, values, strict=True)))
            for field in fields:
                stored = row.__dict__[field.attname]
                if isinstance(stored, Sealed):
                    yield f"{model._meta.db_table}.{field.column}", fault_of(stored.token, field.place_of(row))
    if Authenticator._meta.app_label not in unmigrated:
        secrets = Authenticator._base_manager.values_list("pk", "user_id", "type", "data")
        for _, user_id, kind, data in sampled(connection, secrets):
            for text in (data[name] for name in NAMES if isinstance(data.get(name), str)):
                fault = fault_of(text, place_of(user_id, kind))
                if fault == NOT_GENUINE and not fault_of(text, (TABLE, COLUMN)):
                    fault = UNBOUND
                yield SECRETS, fault


def fault_of(stored: str, place: tuple[str, ...]) -> str:
    """The fault of a stored text, or ''."""
    token = cipher.TOKEN.fullmatch(stored)
    if not token:
        return IN_CLEAR
    if token[2] not in settings.FIELD_ENCRYPTION_KEYS:
        return NO_KEY
    try:
        cipher.decrypt(stored, *place)
    except cipher.NotGenuineError:
        return NOT_GENUINE
    return ""


def sampled(connection, rows: QuerySet) -> Iterator[tuple]:
    """Rows from both ends of a table and from between, each once. Their first value is the primary key."""
    newest = fetched(connection, rows.order_by("-pk")[:ROWS_AT_EACH_END])
    oldest = fetched(connection, rows.order_by("pk")[:ROWS_AT_EACH_END])
    chosen = {row[0]: row for row in [*newest, *oldest]}
    if newest and oldest and oldest[-1][0] < newest[-1][0]:
        for _ in range(PROBES):
            start = random.randint(oldest[-1][0], newest[-1][0])  # noqa: S311 (a sample, no secret)
            chosen |= {
                row[0]: row
                for row in fetched(connection, rows.filter(pk__gte=start).order_by("pk")[:ROWS_AT_EACH_PROBE])
            }
    yield from chosen.values()


def fetched(connection, rows: QuerySet) -> list[tuple]:
    """The rows, read over this connection: using() takes only connections that are registered under an alias."""
    return list(rows.query.get_compiler(connection=connection).results_iter())
