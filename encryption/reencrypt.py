"""Re-encryption of the private texts of a table, while people go on reading and writing.

The blind indexes of the texts are computed again in the same step.

A text is replaced only if it has not changed since it was read, so that concurrent saves are not lost. Only rows that
need it are read, so that an interrupted run continues where it stopped.
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
from encryption.fields import associated_data, blind_indexes, private_fields

logger = logging.getLogger(__name__)

BATCH = 200  # Rows. A concurrent save of one of them waits until the batch is written.


@dataclass(frozen=True)
class Index:
    """A blind index: the column of its text, the columns of its associated data, and the normalization of the text."""

    column: str
    of: str
    belong_to: tuple[str, ...]
    fold: Callable[[str], str]


@dataclass(frozen=True)
class EncryptedTable:
    """A table with private texts: their columns, the columns of their associated data, and their blind indexes."""

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
    unreadable: Counter[str] = field(default_factory=Counter)  # texts that cannot be decrypted, by the reason
    duplicates: int = 0  # hashes that were kept, because another row of the same person has the new hash already


def encrypt_all(connection: BaseDatabaseWrapper, table: EncryptedTable, *, plaintext=False, progress=None) -> Outcome:
    """Encrypt all texts of the table with the first key. `plaintext` allows texts that are not encrypted yet."""

    def encrypt(stored: str, data: tuple[str, ...]) -> str:
        is_plain = plaintext and not cipher.is_token(stored)
        return cipher.encrypt(stored if is_plain else cipher.decrypt(stored, *data), *data)

    def compute_hash(stored: str, text: str, data: tuple[str, ...]) -> str:
        return blind_index.hash_of(text, *data)

    return TableRewrite(connection, table, encrypt, f".{cipher.current_key_id()}.", False, compute_hash).run(progress)


def decrypt_all(connection: BaseDatabaseWrapper, table: EncryptedTable) -> Outcome:
    """Decrypt all texts of the table, and replace each hash by its normalized text."""

    def decrypt(stored: str, data: tuple[str, ...]) -> str:
        return cipher.decrypt(stored, *data) if cipher.is_token(stored) else stored

    return TableRewrite(connection, table, decrypt, hashed=lambda stored, text, data: text).run()


def check_all(connection: BaseDatabaseWrapper, table: EncryptedTable, progress=None) -> Outcome:
    """Decrypt all texts of the table, and compare the hashes. Changes nothing."""

    def decrypt(stored: str, data: tuple[str, ...]) -> str:
        cipher.decrypt(stored, *data)
        return stored

    def compare_hash(stored: str, text: str, data: tuple[str, ...]) -> str:
        if stored not in blind_index.hashes_of(text, *data):
            raise cipher.InvalidCiphertextError("its hash belongs to another text, or to a missing key")
        return stored

    return TableRewrite(connection, table, decrypt, None, hashed=compare_hash).run(progress)


def encrypt_in_migration(tables: list[EncryptedTable]) -> Callable:
    """Return a function for RunPython that encrypts existing plain texts."""

    def run(apps, schema_editor):
        for table in tables:
            for reason, texts in encrypt_all(schema_editor.connection, table, plaintext=True).unreadable.items():
                logger.error("%s: %d texts were not changed: %s.", table.name, texts, reason)

    return run


def decrypt_in_migration(tables: list[EncryptedTable]) -> Callable:
    """Return a function for RunPython that decrypts all texts. Fails if one cannot be decrypted."""

    def run(apps, schema_editor):
        for table in tables:
            for reason, texts in decrypt_all(schema_editor.connection, table).unreadable.items():
                raise CommandError(f"{table.name}: {texts} texts cannot be decrypted: {reason}.")

    return run


@dataclass
class BatchResult:
    rows: int = 0
    changed: int = 0  # texts
    duplicates: int = 0  # hashes


@dataclass
class TableRewrite:
    """A run over a table that replaces the texts and hashes with a prefix, or those without it.

    The prefix follows the version: "." selects all encrypted texts, None selects all texts.
    """

    connection: BaseDatabaseWrapper
    table: EncryptedTable
    replacement: Callable[[str, tuple[str, ...]], str]  # of (stored, associated data); raises CannotDecryptError
    prefix: str | None = "."
    has_prefix: bool = True
    # Of (stored hash, normalized text, associated data). Without it, hashes are kept.
    hashed: Callable[[str, str, tuple[str, ...]], str] | None = None

    def __post_init__(self):
        indexes = self.table.indexes if self.hashed else ()
        versions = dict.fromkeys(self.table.columns, cipher.VERSION)
        versions |= {index.column: blind_index.VERSION for index in indexes}
        # By column, in the order of the changes.
        self.prefixes = {
            column: "" if self.prefix is None else f"{version}{self.prefix}" for column, version in versions.items()
        }
        self.indexes = indexes

    def run(self, progress: Callable[[int], None] | None = None) -> Outcome:
        """Repeat until nothing is left to replace. Calls `progress` with the number of rows that were examined."""
        outcome, batches, again = Outcome(), 0, True
        while again:
            again, outcome.unreadable, outcome.duplicates = False, Counter(), 0
            for rows in self.batches():
                changes = {row["id"]: self.changes_of(row, outcome.unreadable) for row in rows}
                done = self.write_all({pk: texts for pk, texts in changes.items() if texts})
                outcome.changed += done.changed
                outcome.duplicates += done.duplicates
                # A process with the former keys may have saved rows meanwhile.
                again |= done.rows < sum(map(bool, changes.values()))
                batches += 1
                if progress:
                    progress(batches * BATCH)
        return outcome

    def batches(self) -> Iterator[list[dict]]:
        """Iterate over the table by primary key, BATCH rows at a time. Yields the rows with texts to replace."""
        quote, is_wanted = self.connection.ops.quote_name, "=" if self.has_prefix else "<>"
        owners = (*self.table.belong_to, *(name for index in self.indexes for name in index.belong_to))
        table, names = quote(self.table.name), tuple(dict.fromkeys(("id", *owners, *self.prefixes)))
        # PostgreSQL stores long texts out of line (TOAST) and reads only the first part for this comparison.
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

    def changes_of(self, row: dict, errors: Counter[str]) -> dict[str, tuple[str, str]]:
        """Return the stored and the new value of each column to change."""
        changes, unreadable = {}, set()
        for column in self.table.columns:
            if not self.is_wanted(column, row[column]):
                continue
            try:
                new = self.replacement(row[column], self.associated_data_of(column, row))
            except cipher.CannotDecryptError as error:
                errors[str(error)] += 1
                unreadable.add(column)
            else:
                changes[column] = row[column], new
        for index in self.indexes:
            # An unreadable text is counted once, not again for its hash.
            if index.of in unreadable or not self.is_wanted(index.column, row[index.column]):
                continue
            try:
                text = self.text_of(index.of, changes, row)
                data = associated_data(self.table.name, index.column, *(row[name] for name in index.belong_to))
                changes[index.column] = row[index.column], self.hashed(row[index.column], index.fold(text), data)
            except cipher.CannotDecryptError as error:
                errors[str(error)] += 1
        return {column: (stored, new) for column, (stored, new) in changes.items() if new != stored}

    def is_wanted(self, column: str, stored: str | None) -> bool:
        return bool(stored) and stored.startswith(self.prefixes[column]) == self.has_prefix

    def associated_data_of(self, column: str, row: dict) -> tuple[str, ...]:
        return associated_data(self.table.name, column, *(row[name] for name in self.table.belong_to))

    def text_of(self, column: str, changes: dict[str, tuple[str, str]], row: dict) -> str:
        """Return the text of a column. A plain text is accepted if this run encrypts it."""
        if column in changes and not cipher.is_token(row[column]):
            return row[column]
        return cipher.decrypt(row[column], *self.associated_data_of(column, row))

    def write_all(self, changes: dict[int, dict[str, tuple[str, str]]]) -> BatchResult:
        """Write rows in one transaction. After a conflict with another transaction, nothing is written."""
        done, hashes = BatchResult(), {index.column for index in self.indexes}
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
                        done.duplicates += 1
                    done.rows += is_written
                    done.changed += len(texts) * is_written
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in {SERIALIZATION_FAILURE, DEADLOCK_DETECTED}:
                raise
            return BatchResult()
        return done

    def write(self, pk: int, changes: dict[str, tuple[str, str]]) -> bool:
        """Update a row, unless one of these texts has changed since it was read."""
        quote = self.connection.ops.quote_name
        to = ", ".join(f"{quote(column)} = %s" for column in changes)
        still = " AND ".join(f"{quote(column)} = %s" for column in changes)
        old, new = zip(*changes.values(), strict=True)
        query = f"UPDATE {quote(self.table.name)} SET {to} WHERE id = %s AND {still}"  # noqa: S608 (our own names)
        with self.connection.cursor() as cursor:
            cursor.execute(query, [*new, pk, *old])
            return cursor.rowcount == 1
