"""manage.py dbreport on both databases."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from logs.tests.factories import make_full_log, make_medication
from operations.database.stats import unused_indexes, with_growth
from operations.models import DatabaseReport
from reflections.tests.factories import make_reflection

pytestmark = pytest.mark.django_db

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="is about SQLite")
CANARY = "kanarienvogel"


def report(*arguments) -> str:
    output = StringIO()
    call_command("dbreport", *arguments, stdout=output)
    return output.getvalue()


def statistics() -> dict:
    return json.loads(report("--json"))


def test_text():
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
        for section in ("Connections", "Open transactions, oldest first", "Waiting for locks", "Replicas"):
            assert section in lines
        assert "Connection pools of the process that made this report (for the web processes see /metrics)" in lines
        assert "are the server's counts (pg_stat_database)" in text.partition("Connections\n")[0]


def test_json():
    found = statistics()

    assert found["vendor"] == connection.vendor
    assert found["database"]["bytes"] > 100_000
    table = next(row for row in found["tables"] if row["table"] == "accounts_user")
    assert isinstance(table["bytes"], int)
    assert table["bytes"] > table["index_bytes"] > 0
    index = next(row for row in found["indexes"] if row["table"] == "logs_dailylog" and row["enforces"])
    assert index["bytes"] > 0
    assert found["missing"] == ({"statements": "not installed"} if connection.vendor == "postgresql" else {})


def test_growth_since_the_last_report():
    first = statistics()
    person = make_full_log().user
    for number in range(40):
        make_medication(person, f"Medication {number}", note="x" * 2000)

    second = statistics()

    assert first["since"] is None
    assert {row["growth"] for row in first["tables"]} == {None}
    assert second["since"] is not None
    growth = {row["table"]: row["growth"] for row in second["tables"]}
    assert growth["logs_medication"] >= 40 * 2000 or connection.vendor == "postgresql"  # which compresses
    assert growth["logs_medication"] > 0 == growth["auth_group"]
    assert second["database"]["growth"] >= growth["logs_medication"]
    assert "Growth is since the report of" in report()


def test_a_new_table_has_no_growth():
    now = {"database": {"bytes": 5}, "tables": [{"table": "new", "bytes": 5}, {"table": "old", "bytes": 9}]}
    before = {"database": {"bytes": 7}, "tables": [{"table": "old", "bytes": 4}]}

    found = with_growth(now, before)

    assert found["tables"] == [
        {"table": "new", "bytes": 5, "growth": None},
        {"table": "old", "bytes": 9, "growth": 5},
    ]
    assert found["database"]["growth"] == -2


def test_a_report_is_stored_unless_no_store_is_given():
    report("--no-store")
    report("--no-store", "--json")
    assert not DatabaseReport.objects.exists()

    report()
    assert DatabaseReport.objects.get().figures["vendor"] == connection.vendor


def test_reports_contain_no_answers():
    person = make_full_log(dreams=CANARY, dinner=CANARY).user
    make_medication(person, CANARY)
    make_reflection(person, week_highlights=CANARY)

    with CaptureQueriesContext(connection) as queries:
        printed = report() + report("--json")

    assert CANARY not in printed + json.dumps(DatabaseReport.objects.first().figures)
    # The rows are counted, the texts are not read.
    assert [query["sql"] for query in queries if "dreams" in query["sql"]] == []


def test_unique_indexes_are_never_unused():
    found = {
        "indexes": [
            {"index": "a", "scans": 0, "enforces": True},
            {"index": "b", "scans": 0, "enforces": False},
            {"index": "c", "scans": 3, "enforces": False},
        ]
    }

    assert [row["index"] for row in unused_indexes(found)] == ["b"]


@on_sqlite
def test_sqlite_rows_and_quick_check():
    make_full_log()

    found = statistics()

    rows = {row["table"]: row["rows"] for row in found["tables"]}
    assert (rows["logs_dailylog"], rows["accounts_user"], rows["logs_dose"]) == (1, 1, 0)
    assert found["database"]["quick_check"] == "ok"
    assert found["database"]["journal_mode"] == "wal"


@on_sqlite
def test_a_damaged_file_is_an_error(monkeypatch):
    def broken(alias):
        return collect(alias) | {"database": {"bytes": 1, "quick_check": "row 3 missing from index x"}}

    from operations.management.commands import dbreport

    collect = dbreport.collect
    monkeypatch.setattr(dbreport, "collect", broken)

    with pytest.raises(CommandError, match="damaged: restore a backup"):
        report()
