"""manage.py dbreport on whichever database the tests run on."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from logs.tests.factories import make_full_log, make_medication
from operations.database.stats import grown, unused_indexes
from operations.models import DatabaseReport
from reflections.tests.factories import make_reflection

pytestmark = pytest.mark.django_db

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="is about SQLite")
CANARY = "kanarienvogel"


def report(*arguments) -> str:
    output = StringIO()
    call_command("dbreport", *arguments, stdout=output)
    return output.getvalue()


def figures() -> dict:
    return json.loads(report("--json"))


def test_the_text_is_aligned_and_complete():
    text = report()

    lines = text.splitlines()
    assert lines[0] == "Database"
    assert {"Tables", "Indexes"} <= set(lines)
    heads = next(line for line in lines if line.startswith("  table ") and "rows" in line)
    row = next(line for line in lines if line.startswith("  logs_dailylog "))
    end = heads.index(" rows") + len(" rows")
    assert row[:end].split()[-1] == "0" and row[end - 1] == "0"
    assert "Stored." in lines[-1]
    if connection.vendor == "sqlite":
        assert "needs PostgreSQL." in text
    else:
        for section in ("Connections", "Open transactions, the oldest first", "Waiting for locks", "Replicas"):
            assert section in lines
        assert "Pools of the process that made this report (those of the web processes: /metrics)" in lines
        assert "are the server's counts (pg_stat_database)" in text.partition("Connections\n")[0]


def test_json_has_numbers():
    found = figures()

    assert found["vendor"] == connection.vendor
    assert found["database"]["bytes"] > 100_000
    table = next(row for row in found["tables"] if row["table"] == "accounts_user")
    assert isinstance(table["bytes"], int)
    assert table["bytes"] > table["index_bytes"] > 0
    index = next(row for row in found["indexes"] if row["table"] == "logs_dailylog" and row["enforces"])
    assert index["bytes"] > 0
    assert found["missing"] == ({"statements": "not installed"} if connection.vendor == "postgresql" else {})


def test_growth_is_told_since_the_last_report():
    first = figures()
    person = make_full_log().user
    for number in range(40):
        make_medication(person, f"Medication {number}", note="x" * 2000)

    second = figures()

    assert first["since"] is None
    assert {row["grown"] for row in first["tables"]} == {None}
    assert second["since"] is not None
    growth = {row["table"]: row["grown"] for row in second["tables"]}
    assert growth["logs_medication"] >= 40 * 2000 or connection.vendor == "postgresql"  # which compresses
    assert growth["logs_medication"] > 0 == growth["auth_group"]
    assert second["database"]["grown"] >= growth["logs_medication"]
    assert "Growth is since the report of" in report()


def test_a_new_table_has_not_grown():
    now = {"database": {"bytes": 5}, "tables": [{"table": "new", "bytes": 5}, {"table": "old", "bytes": 9}]}
    before = {"database": {"bytes": 7}, "tables": [{"table": "old", "bytes": 4}]}

    found = grown(now, before)

    assert found["tables"] == [
        {"table": "new", "bytes": 5, "grown": None},
        {"table": "old", "bytes": 9, "grown": 5},
    ]
    assert found["database"]["grown"] == -2


def test_a_report_is_stored_unless_one_asks_not_to():
    report("--no-store")
    report("--no-store", "--json")
    assert not DatabaseReport.objects.exists()

    report()
    assert DatabaseReport.objects.get().figures["vendor"] == connection.vendor


def test_reports_hold_nobodys_answers():
    person = make_full_log(dreams=CANARY, dinner=CANARY).user
    make_medication(person, CANARY)
    make_reflection(person, week_highlights=CANARY)

    with CaptureQueriesContext(connection) as queries:
        told = report() + report("--json")

    assert CANARY not in told + json.dumps(DatabaseReport.objects.first().figures)
    # Counted, but not read.
    assert [query["sql"] for query in queries if "dreams" in query["sql"]] == []


def test_unique_indexes_are_never_called_unused():
    found = {
        "indexes": [
            {"index": "a", "scans": 0, "enforces": True},
            {"index": "b", "scans": 0, "enforces": False},
            {"index": "c", "scans": 3, "enforces": False},
        ]
    }

    assert [row["index"] for row in unused_indexes(found)] == ["b"]


@on_sqlite
def test_sqlite_counts_its_rows_and_checks_itself():
    make_full_log()

    found = figures()

    rows = {row["table"]: row["rows"] for row in found["tables"]}
    assert (rows["logs_dailylog"], rows["accounts_user"], rows["logs_dose"]) == (1, 1, 0)
    assert found["database"]["sound"] == "ok"
    assert found["database"]["journal_mode"] == "wal"


@on_sqlite
def test_a_broken_file_is_a_failure(monkeypatch):
    def broken(alias):
        return gather(alias) | {"database": {"bytes": 1, "sound": "row 3 missing from index x"}}

    from operations.management.commands import dbreport

    gather = dbreport.gather
    monkeypatch.setattr(dbreport, "gather", broken)

    with pytest.raises(CommandError, match="damaged: restore a backup"):
        report()
