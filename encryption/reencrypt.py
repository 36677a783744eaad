"""The private texts of a whole table encrypted anew, while people go on reading and writing.

The hashes by which rows are found are computed anew together with the texts that they are made of.

A text is replaced only if it is still the one that was read, so that nothing saved meanwhile is lost;
and only rows that need it are read, so that what was interrupted goes on where it stopped.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.core.management.base import CommandError
from django.db import IntegrityError, OperationalError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from brainlog.database.retry import DEADLOCK_DETECTED, SERIALIZATION_FAILURE
from encryption import blind_index, cipher
from encryption.fields import blind_indexes, place, private_fields

logger = logging.getLogger(__name__)

BATCH = 200  # rows; whoever saves one of them waits until all are written


@dataclass(frozen=True)
class Index:
    """A column of hashes: of which column's texts, bound to which columns, and how a text is folded before."""

    column: str
    of: str
    belong_to: tuple[str, ...]
    fold: Callable[[str], str]


@dataclass(frozen=True)
class EncryptedTable:
    """Where texts are, the columns they are bound to, and the hashes made of them."""

    name: str
    columns: tuple[str, ...]
    belong_to: tuple[str, ...]
    indexes: tuple[Index, ...] = ()

    @classmethod
    def of(cls, model: type[models.Model]) -> "EncryptedTable":
        columns = tuple(field.column for field in private_fields(model))
        indexes = tuple(
            Index(field.column, field.of, field.belongs_to, getattr(model, field.folded_by))
            for field in blind_indexes(model)
        )
        return cls(model._meta.db_table, columns, model.texts_belong_to, indexes)


@dataclass
class Outcome:
    changed: int = 0  # texts
    left: Counter[str] = field(default_factory=Counter)  # texts that cannot be read, by the reason
    taken: int = 0  # hashes left as they are: another row of the same person has that of the same text


def encrypt_all(connection: BaseDatabaseWrapper, table: EncryptedTable, *, plaintext=False, progress=None) -> Outcome:
    """Encrypt every text of the table with the first key. `plaintext`: take what is not encrypted for written."""

    def renewed(stored: str, where: tuple[str, ...]) -> str:
        is_plain = plaintext and not cipher.is_token(stored)
        return cipher.encrypt(stored if is_plain else cipher.decrypt(stored, *where), *where)

    def rehashed(stored: str, text: str, where: tuple[str, ...]) -> str:
        return blind_index.hash_of(text, *where)

    return Replacing(connection, table, renewed, f".{cipher.current_key_id()}.", False, rehashed).run(progress)


def decrypt_all(connection: BaseDatabaseWrapper, table: EncryptedTable) -> Outcome:
    """Store every text of the table as it was written, and in place of a hash what it was made of."""

    def opened(stored: str, where: tuple[str, ...]) -> str:
        return cipher.decrypt(stored, *where) if cipher.is_token(stored) else stored

    return Replacing(connection, table, opened, hashed=lambda stored, text, where: text).run()


def check_all(connection: BaseDatabaseWrapper, table: EncryptedTable, progress=None) -> Outcome:
    """Read every text of the table, and compare the hashes. Changes nothing."""

    def unchanged(stored: str, where: tuple[str, ...]) -> str:
        cipher.decrypt(stored, *where)
        return stored

    def compared(stored: str, text: str, where: tuple[str, ...]) -> str:
        if stored not in blind_index.hashes_of(text, *where):
            raise cipher.NotGenuineError("its hash is that of another text, or was made with a key that is missing")
        return stored

    return Replacing(connection, table, unchanged, None, hashed=compared).run(progress)


def encrypt_in_migration(tables: list[EncryptedTable]) -> Callable:
    """For RunPython: encrypt what was written before private text was."""

    def run(apps, schema_editor):
        for table in tables:
            for reason, texts in encrypt_all(schema_editor.connection, table, plaintext=True).left.items():
                logger.error("%s: %d texts are left as they are: %s.", table.name, texts, reason)

    return run


def decrypt_in_migration(tables: list[EncryptedTable]) -> Callable:
    """For RunPython: the way back. Fails if there is a text that cannot be read."""

    def run(apps, schema_editor):
        for table in tables:
            for reason, texts in decrypt_all(schema_editor.connection, table).left.items():
                raise CommandError(f"{table.name}: {texts} texts cannot be decrypted: {reason}.")

    return run


@dataclass
class Written:
    rows: int = 0
    changed: int = 0  # texts
    taken: int = 0  # hashes


@dataclass
class Replacing:
    """One run over a table: texts and hashes are replaced that have a prefix, or that do not have it.

    The prefix is what follows the version: "." for all that is encrypted, None for everything.
    """

    connection: BaseDatabaseWrapper
    table: EncryptedTable
    replacement: Callable[[str, tuple[str, ...]], str]  # of (stored, place); raises CannotDecryptError
    prefix: str | None = "."
    has_prefix: bool = True
    # Of (stored hash, folded text, place). Without it, hashes stay as they are.
    hashed: Callable[[str, str, tuple[str, ...]], str] | None = None

    def __post_init__(self):
        indexes = self.table.indexes if self.hashed else ()
        versions = dict.fromkeys(self.table.columns, cipher.VERSION)
        versions |= {index.column: blind_index.VERSION for index in indexes}
        # By column, in the order in which they are changed.
        self.prefixes = {
            column: "" if self.prefix is None else f"{version}{self.prefix}" for column, version in versions.items()
        }
        self.indexes = indexes

    def run(self, progress: Callable[[int], None] | None = None) -> Outcome:
        """Go on until nothing is left that can be replaced. `progress` is told how many rows it has been through."""
        outcome, batches, again = Outcome(), 0, True
        while again:
            again, outcome.left, outcome.taken = False, Counter(), 0
            for rows in self.batches():
                changes = {row["id"]: self.changes_of(row, outcome.left) for row in rows}
                done = self.write_all({pk: texts for pk, texts in changes.items() if texts})
                outcome.changed += done.changed
                outcome.taken += done.taken
                # Those saved meanwhile may be by a process that has the keys of before.
                again |= done.rows < sum(map(bool, changes.values()))
                batches += 1
                if progress:
                    progress(batches * BATCH)
        return outcome

    def batches(self) -> Iterator[list[dict]]:
        """Go through the table by its keys, BATCH rows at a time. Yield those of them that have such texts."""
        quote, is_wanted = self.connection.ops.quote_name, "=" if self.has_prefix else "<>"
        owners = (*self.table.belong_to, *(name for index in self.indexes for name in index.belong_to))
        table, names = quote(self.table.name), tuple(dict.fromkeys(("id", *owners, *self.prefixes)))
        # Of a long text, PostgreSQL keeps pieces elsewhere: its beginning is read without them.
        wanted = " OR ".join(f"({quote(c)} <> '' AND substr({quote(c)}, 1, %s) {is_wanted} %s)" for c in self.prefixes)
        parameters = [value for prefix in self.prefixes.values() for value in (len(prefix), prefix)]
        end_of_batch = f"SELECT max(id) FROM (SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT {BATCH}) AS batch"  # noqa: S608 (our own names)
        query = f"SELECT {', '.join(map(quote, names))} FROM {table} WHERE id > %s AND id <= %s AND ({wanted})"  # noqa: S608 (our own names)
        last = 0
        while True:
            with self.connection.cursor() as cursor:
                cursor.execute(end_of_batch, [last])
                [end] = cursor.fetchone()
                if end is None:
                    return
                cursor.execute(f"{query} ORDER BY id", [last, end, *parameters])
                rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            yield rows
            last = end

    def changes_of(self, row: dict, left: Counter[str]) -> dict[str, tuple[str, str]]:
        """Column by column, what is stored and what to store."""
        changes, unreadable = {}, set()
        for column in self.table.columns:
            if not self.is_wanted(column, row[column]):
                continue
            try:
                new = self.replacement(row[column], self.place_of(column, row))
            except cipher.CannotDecryptError as error:
                left[str(error)] += 1
                unreadable.add(column)
            else:
                changes[column] = row[column], new
        for index in self.indexes:
            # A text that cannot be read is counted once.
            if index.of in unreadable or not self.is_wanted(index.column, row[index.column]):
                continue
            try:
                text = self.text_of(index.of, changes, row)
                where = place(self.table.name, index.column, *(row[name] for name in index.belong_to))
                changes[index.column] = row[index.column], self.hashed(row[index.column], index.fold(text), where)
            except cipher.CannotDecryptError as error:
                left[str(error)] += 1
        return {column: (stored, new) for column, (stored, new) in changes.items() if new != stored}

    def is_wanted(self, column: str, stored: str | None) -> bool:
        return bool(stored) and stored.startswith(self.prefixes[column]) == self.has_prefix

    def place_of(self, column: str, row: dict) -> tuple[str, ...]:
        return place(self.table.name, column, *(row[name] for name in self.table.belong_to))

    def text_of(self, column: str, changes: dict[str, tuple[str, str]], row: dict) -> str:
        """A text as it was written. What is not encrypted counts as written if it is to be encrypted now."""
        if column in changes and not cipher.is_token(row[column]):
            return row[column]
        return cipher.decrypt(row[column], *self.place_of(column, row))

    def write_all(self, changes: dict[int, dict[str, tuple[str, str]]]) -> "Written":
        """Write rows in one transaction: none, if it had to give way to another transaction's save."""
        done, hashes = Written(), {index.column for index in self.indexes}
        try:
            with transaction.atomic(using=self.connection.alias):
                for pk, columns in changes.items():
                    try:
                        with transaction.atomic(using=self.connection.alias, savepoint=bool(hashes)):
                            is_written, texts = self.write(pk, columns), columns.keys() - hashes
                    except IntegrityError:
                        if not hashes & columns.keys():
                            raise
                        texts = columns.keys() - hashes
                        is_written = not texts or self.write(pk, {column: columns[column] for column in texts})
                        done.taken += 1
                    done.rows += is_written
                    done.changed += len(texts) * is_written
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in {SERIALIZATION_FAILURE, DEADLOCK_DETECTED}:
                raise
            return Written()
        return done

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
