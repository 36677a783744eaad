"""The private texts of a whole table encrypted anew, while people go on reading and writing.

A text is replaced only if it is still the one that was read, so that nothing saved meanwhile is lost;
and only rows that need it are read, so that what was interrupted goes on where it stopped.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.core.management.base import CommandError
from django.db import OperationalError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from brainlog.transactions import DEADLOCK_DETECTED, SERIALIZATION_FAILURE
from encryption import cipher
from encryption.fields import place, private_fields

logger = logging.getLogger(__name__)

BATCH = 200  # rows; whoever saves one of them waits until all are written


@dataclass(frozen=True)
class Table:
    """Where texts are, and the columns they are bound to."""

    name: str
    columns: tuple[str, ...]
    belong_to: tuple[str, ...]

    @classmethod
    def of(cls, model: type[models.Model]) -> "Table":
        columns = tuple(field.column for field in private_fields(model))
        return cls(model._meta.db_table, columns, model.texts_belong_to)


@dataclass
class Outcome:
    changed: int = 0  # texts
    left: Counter[str] = field(default_factory=Counter)  # texts that cannot be read, by the reason


def encrypt_all(connection: BaseDatabaseWrapper, table: Table, *, plaintext=False, progress=None) -> Outcome:
    """Encrypt every text of the table with the first key. `plaintext`: take what is not encrypted for written."""

    def renewed(stored: str, where: tuple[str, ...]) -> str:
        is_plain = plaintext and not cipher.is_token(stored)
        return cipher.encrypt(stored if is_plain else cipher.decrypt(stored, *where), *where)

    return Replacing(connection, table, renewed, f"{cipher.VERSION}.{cipher.current_key_id()}.", False).run(progress)


def decrypt_all(connection: BaseDatabaseWrapper, table: Table) -> Outcome:
    """Store every text of the table as it was written."""

    def opened(stored: str, where: tuple[str, ...]) -> str:
        return cipher.decrypt(stored, *where) if cipher.is_token(stored) else stored

    return Replacing(connection, table, opened).run()


def check_all(connection: BaseDatabaseWrapper, table: Table, progress=None) -> Outcome:
    """Read every text of the table. Changes nothing."""

    def unchanged(stored: str, where: tuple[str, ...]) -> str:
        cipher.decrypt(stored, *where)
        return stored

    return Replacing(connection, table, unchanged, prefix="").run(progress)


def encrypt_in_migration(tables: list[Table]) -> Callable:
    """For RunPython: encrypt what was written before private text was."""

    def run(apps, schema_editor):
        for table in tables:
            for reason, texts in encrypt_all(schema_editor.connection, table, plaintext=True).left.items():
                logger.error("%s: %d texts are left as they are: %s.", table.name, texts, reason)

    return run


def decrypt_in_migration(tables: list[Table]) -> Callable:
    """For RunPython: the way back. Fails if there is a text that cannot be read."""

    def run(apps, schema_editor):
        for table in tables:
            for reason, texts in decrypt_all(schema_editor.connection, table).left.items():
                raise CommandError(f"{table.name}: {texts} texts cannot be decrypted: {reason}.")

    return run


@dataclass
class Replacing:
    """One run over a table: the texts that begin with a prefix, or those that do not, are replaced."""

    connection: BaseDatabaseWrapper
    table: Table
    replacement: Callable[[str, tuple[str, ...]], str]  # raises CannotDecryptError
    prefix: str = f"{cipher.VERSION}."
    has_prefix: bool = True

    def run(self, progress: Callable[[int], None] | None = None) -> Outcome:
        """Go on until nothing is left that can be replaced. `progress` is told how many rows it has been through."""
        outcome, batches, again = Outcome(), 0, True
        while again:
            again, outcome.left = False, Counter()
            for rows in self.batches():
                changes = {row["id"]: self.changes_of(row, outcome.left) for row in rows}
                written = self.write_all({pk: texts for pk, texts in changes.items() if texts})
                outcome.changed += written
                # Those saved meanwhile may be by a process that has the keys of before.
                again |= written < sum(map(len, changes.values()))
                batches += 1
                if progress:
                    progress(batches * BATCH)
        return outcome

    def batches(self) -> Iterator[list[dict]]:
        """Go through the table by its keys, BATCH rows at a time. Yield those of them that have such texts."""
        quote, columns = self.connection.ops.quote_name, self.table.columns
        table, names = quote(self.table.name), ("id", *self.table.belong_to, *columns)
        is_wanted = "=" if self.has_prefix else "<>"
        # Of a long text, PostgreSQL keeps pieces elsewhere: its beginning is read without them.
        wanted = " OR ".join(f"({quote(c)} <> '' AND substr({quote(c)}, 1, %s) {is_wanted} %s)" for c in columns)
        end_of_batch = f"SELECT max(id) FROM (SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT {BATCH}) AS batch"  # noqa: S608 (our own names)
        query = f"SELECT {', '.join(map(quote, names))} FROM {table} WHERE id > %s AND id <= %s AND ({wanted})"  # noqa: S608 (our own names)
        last = 0
        while True:
            with self.connection.cursor() as cursor:
                cursor.execute(end_of_batch, [last])
                [end] = cursor.fetchone()
                if end is None:
                    return
                cursor.execute(f"{query} ORDER BY id", [last, end, *[len(self.prefix), self.prefix] * len(columns)])
                rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            yield rows
            last = end

    def changes_of(self, row: dict, left: Counter[str]) -> dict[str, tuple[str, str]]:
        """Column by column, what is stored and what to store."""
        changes = {}
        for column in self.table.columns:
            stored = row[column]
            if not stored or stored.startswith(self.prefix) != self.has_prefix:
                continue
            where = place(self.table.name, column, *(row[name] for name in self.table.belong_to))
            try:
                new = self.replacement(stored, where)
            except cipher.CannotDecryptError as error:
                left[str(error)] += 1
            else:
                if new != stored:
                    changes[column] = stored, new
        return changes

    def write_all(self, changes: dict[int, dict[str, tuple[str, str]]]) -> int:
        """Write rows in one transaction. Returns how many texts; none, if it had to give way to somebody's save."""
        try:
            with transaction.atomic(using=self.connection.alias):
                return sum(len(texts) for pk, texts in changes.items() if self.write(pk, texts))
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in {SERIALIZATION_FAILURE, DEADLOCK_DETECTED}:
                raise
            return 0

    def write(self, pk: int, changes: dict[str, tuple[str, str]]) -> bool:
        """Write a row, unless one of these texts is another since it was read."""
        quote = self.connection.ops.quote_name
        to = ", ".join(f"{quote(column)} = %s" for column in changes)
        still = " AND ".join(f"{quote(column)} = %s" for column in changes)
        old, new = zip(*changes.values(), strict=True)
        query = f"UPDATE {quote(self.table.name)} SET {to} WHERE id = %s AND {still}"  # noqa: S608 (our own names)
        with self.connection.cursor() as cursor:
            cursor.execute(query, [*new, pk, *old])
            return cursor.rowcount == 1
