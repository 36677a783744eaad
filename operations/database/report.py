"""Formats the statistics of a database as sections of a report, for the terminal and for the admin's page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from operations.database.stats import unused_indexes

UNKNOWN = "–"
TEXT_KINDS = {"text", "time", "yes"}


@dataclass(frozen=True)
class Column:
    """One column of a section: its key in the data, its title, and the kind of its values."""

    name: str
    title: Promise | str
    kind: str = "number"


@dataclass(frozen=True)
class Section:
    name: str
    title: Promise | str
    columns: tuple[Column, ...]
    if_empty: Promise | str


@dataclass(frozen=True)
class ReportTable:
    """A section with its data: titles of columns, whether each holds numbers (aligned right), and rows of texts."""

    title: str
    titles: list[str]
    are_numbers: list[bool]
    rows: list[list[str]]
    note: str = ""

    @property
    def heads(self) -> list[tuple[str, bool]]:
        return list(zip(self.titles, self.are_numbers, strict=True)) if self.titles else []

    @property
    def lines(self) -> list[list[tuple[str, bool]]]:
        return [list(zip(row, self.are_numbers, strict=True)) for row in self.rows]


DATABASE = (
    Column("name", gettext_lazy("name"), "text"),
    Column("server_version", gettext_lazy("version"), "text"),
    Column("bytes", gettext_lazy("size"), "bytes"),
    Column("growth", gettext_lazy("growth since the last report"), "growth"),
    Column("free_bytes", gettext_lazy("free inside the file"), "bytes"),
    Column("log_bytes", gettext_lazy("write-ahead log"), "bytes"),
    Column("journal_mode", gettext_lazy("journal mode"), "text"),
    Column("quick_check", gettext_lazy("quick check"), "text"),
    Column("started_at", gettext_lazy("running since"), "time"),
    Column("connections", gettext_lazy("connections")),
    Column("connections_limit", gettext_lazy("connections allowed")),
    Column("connections_reserved", gettext_lazy("of these, reserved for superusers")),
    Column("cache_hit_ratio", gettext_lazy("cache hit ratio"), "ratio"),
    Column("temp_bytes", gettext_lazy("written to temporary files"), "bytes"),
    Column("commits", gettext_lazy("commits")),
    Column("rollbacks", gettext_lazy("rollbacks")),
    Column("deadlocks", gettext_lazy("deadlocks")),
    Column("conflicts", gettext_lazy("queries cancelled for replication")),
    Column("checksum_failures", gettext_lazy("checksum failures")),
    Column("sessions_abandoned", gettext_lazy("sessions lost by their client")),
    Column("sessions_fatal", gettext_lazy("sessions ended by an error")),
    Column("sessions_killed", gettext_lazy("sessions ended by an operator")),
    Column("counted_since", gettext_lazy("counted since"), "time"),
    Column("transaction_id_age", gettext_lazy("age of the oldest transaction id")),
    Column("behind_primary", gettext_lazy("lag behind its primary"), "seconds"),
)
NONE = gettext_lazy("There are none.")
APPLICATION = Column("application", gettext_lazy("application"), "text")
STATE = Column("state", gettext_lazy("state"), "text")
TABLE = Column("table", gettext_lazy("table"), "text")
SIZE = Column("bytes", gettext_lazy("size"), "bytes")
PROCESS = Column("pid", gettext_lazy("process"), "text")
INDEX = Column("index", gettext_lazy("index"), "text")

SECTIONS = (
    Section("problems", gettext_lazy("Problems"), (Column("text", "", "text"),), NONE),
    Section(
        "backups",
        gettext_lazy("Backups, newest first"),
        (
            Column("archive", gettext_lazy("archive"), "text"),
            Column("made_at", gettext_lazy("made"), "time"),
            SIZE,
            Column("verified_at", gettext_lazy("verified"), "time"),
        ),
        gettext_lazy("None is recorded. manage.py backup makes and records one."),
    ),
    Section(
        "reminders",
        gettext_lazy("Reminders of the last 24 hours"),
        (
            Column("kind", gettext_lazy("channel"), "text"),
            Column("state", gettext_lazy("state"), "text"),
            Column("error", gettext_lazy("failure"), "text"),
            Column("count", gettext_lazy("number")),
        ),
        NONE,
    ),
    Section(
        "computations",
        gettext_lazy("Findings, as last asked for"),
        (
            Column("kind", gettext_lazy("kind"), "text"),
            Column("state", gettext_lazy("state"), "text"),
            Column("count", gettext_lazy("number")),
            Column("oldest", gettext_lazy("oldest asked for"), "time"),
        ),
        NONE,
    ),
    Section(
        "connections",
        gettext_lazy("Connections"),
        (
            APPLICATION,
            STATE,
            Column("count", gettext_lazy("connections")),
            Column("longest", gettext_lazy("longest in this state"), "seconds"),
        ),
        NONE,
    ),
    Section(
        "pools",
        gettext_lazy("Connection pools of the process that made this report (for the web processes see /metrics)"),
        (
            Column("database", gettext_lazy("database"), "text"),
            Column("largest", gettext_lazy("largest size")),
            Column("timeout", gettext_lazy("timeout"), "seconds"),
            Column("in_use", gettext_lazy("in use")),
            Column("available", gettext_lazy("available")),
            Column("waiting", gettext_lazy("waiting for one")),
        ),
        gettext_lazy("None: each thread keeps its own connection. connection_limit in DATABASE_URL creates a pool."),
    ),
    Section(
        "transactions",
        gettext_lazy("Open transactions, oldest first"),
        (
            PROCESS,
            APPLICATION,
            STATE,
            Column("waits_for", gettext_lazy("waits for"), "text"),
            Column("age", gettext_lazy("age"), "seconds"),
        ),
        gettext_lazy("None besides that of this report."),
    ),
    Section(
        "locks",
        gettext_lazy("Waiting for locks"),
        (
            PROCESS,
            APPLICATION,
            Column("mode", gettext_lazy("lock"), "text"),
            TABLE,
            Column("blocked_by", gettext_lazy("blocked by"), "text"),
            Column("waiting", gettext_lazy("waiting for"), "seconds"),
        ),
        NONE,
    ),
    Section(
        "slots",
        gettext_lazy("Replication slots"),
        (
            Column("slot", gettext_lazy("slot"), "text"),
            Column("active", gettext_lazy("active"), "yes"),
            STATE,
            Column("kept_bytes", gettext_lazy("write-ahead log kept"), "bytes"),
        ),
        NONE,
    ),
    Section(
        "replicas",
        gettext_lazy("Replicas"),
        (
            APPLICATION,
            STATE,
            Column("sync_state", gettext_lazy("synchronous"), "text"),
            Column("behind_bytes", gettext_lazy("lag"), "bytes"),
            Column("behind", gettext_lazy("lag, time"), "seconds"),
        ),
        NONE,
    ),
    Section(
        "tables",
        gettext_lazy("Tables"),
        (
            TABLE,
            Column("rows", gettext_lazy("rows")),
            SIZE,
            Column("growth", gettext_lazy("growth"), "growth"),
            Column("index_bytes", gettext_lazy("indexes"), "bytes"),
            Column("dead_rows", gettext_lazy("dead rows")),
            Column("sequential_scans", gettext_lazy("sequential scans")),
            Column("rows_scanned", gettext_lazy("rows read by them")),
            Column("index_scans", gettext_lazy("index scans")),
            Column("vacuumed_at", gettext_lazy("vacuumed"), "time"),
            Column("analyzed_at", gettext_lazy("analyzed"), "time"),
        ),
        NONE,
    ),
    Section(
        "unused",
        gettext_lazy("Unused indexes on this server"),
        (TABLE, INDEX, SIZE),
        gettext_lazy("None: every index that is not unique has been used."),
    ),
    Section(
        "statements",
        gettext_lazy("Statements by total time"),
        (
            Column("calls", gettext_lazy("calls")),
            Column("total_ms", gettext_lazy("total, ms")),
            Column("mean_ms", gettext_lazy("mean, ms")),
            Column("max_ms", gettext_lazy("maximum, ms")),
            Column("rows", gettext_lazy("rows")),
            Column("sql", gettext_lazy("statement"), "text"),
        ),
        gettext_lazy("None recorded: the extension pg_stat_statements records them."),
    ),
    Section(
        "indexes",
        gettext_lazy("Indexes"),
        (
            TABLE,
            INDEX,
            SIZE,
            Column("scans", gettext_lazy("scans")),
            Column("entries_read", gettext_lazy("entries read")),
            Column("enforces", gettext_lazy("unique"), "yes"),
            Column("is_valid", gettext_lazy("valid"), "yes"),
        ),
        NONE,
    ),
)


def report_tables(statistics: dict) -> list[ReportTable]:
    """The tables of the report, one for each section that this database has statistics for."""
    is_postgresql = statistics["vendor"] == "postgresql"
    database = statistics["database"]
    facts = [[capfirst(str(c.title)), format_value(database[c.name], c.kind)] for c in DATABASE if c.name in database]
    note = (
        _("Commits, rollbacks, deadlocks and sessions are the server's counts (pg_stat_database), of all its clients.")
        if is_postgresql
        else ""
    )
    known = statistics | ({"unused": unused_indexes(statistics)} if is_postgresql else {})
    sections = [report_table(section, known) for section in SECTIONS if section.name in known]
    return [ReportTable(_("Database"), [], [False, False], facts, note), *sections]


def report_table(section: Section, statistics: dict) -> ReportTable:
    rows = statistics[section.name]
    columns = [column for column in section.columns if not rows or any(column.name in row for row in rows)]
    note = ""
    if not rows:
        reason = statistics["missing"].get(section.name)
        note = (
            str(section.if_empty) if reason in {None, "not installed"} else _("Unknown: %(error)s.") % {"error": reason}
        )
    return ReportTable(
        str(section.title),
        [str(column.title) for column in columns],
        [column.kind not in TEXT_KINDS for column in columns],
        [[format_value(row.get(column.name), column.kind) for column in columns] for row in rows],
        note,
    )


def missing_sections_note(statistics: dict) -> str:
    """Names the sections that SQLite has no statistics for. Empty on PostgreSQL."""
    if statistics["vendor"] == "postgresql":
        return ""
    return _("Use of indexes, connections, pools, transactions, locks, statements and replicas needs PostgreSQL.")


def format_value(value, kind: str) -> str:
    return UNKNOWN if value is None else FORMATS[kind](value)


def format_text(value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def format_size(value: int) -> str:
    return filesizeformat(value).replace("\xa0", " ")


def format_growth(value: int) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "±") + format_size(abs(value))


def format_duration(value: float) -> str:
    if value < 120:
        return _("%(number)s s") % {"number": number_format(value, 1)}
    minutes, hours = value / 60, value / 3600
    if hours < 2:
        return _("%(number)s min") % {"number": number_format(minutes, 0)}
    if hours < 48:
        return _("%(number)s h") % {"number": number_format(hours, 0)}
    days = round(hours / 24)
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def format_time(value: str) -> str:
    return date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")


def format_number(value: float) -> str:
    return number_format(value, 0 if isinstance(value, int) else 1, use_l10n=True, force_grouping=True)


FORMATS = {
    "text": format_text,
    "number": format_number,
    "bytes": format_size,
    "growth": format_growth,
    "ratio": lambda value: _("%(number)s %%") % {"number": number_format(value * 100, 1)},
    "seconds": format_duration,
    "time": format_time,
    "yes": lambda value: _("yes") if value else _("no"),
}


def as_text(statistics: dict) -> Iterator[str]:
    """The report as lines for a terminal."""
    for table in report_tables(statistics):
        yield table.title
        rows = [table.titles, *table.rows] if table.titles and table.rows else table.rows
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = zip(row, widths, table.are_numbers, strict=True)
            line = "  ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in cells)
            yield f"  {line}".rstrip()
        if table.note:
            yield f"  {table.note}"
        yield ""
    if note := missing_sections_note(statistics):
        yield note
