from collections import Counter

import psycopg
import pytest

from testing import drill
from testing.postgres import throwaway_cluster

pytestmark = pytest.mark.once


@pytest.mark.thorough
def test_everything_comes_back(capsys):
    """Takes some 20 s: it starts four servers of PostgreSQL and three of Brain Log."""
    code = drill.main()

    lines = capsys.readouterr().out.splitlines()
    assert code == 0, lines
    assert [line[:2] for line in lines if line[:1].isdigit() and line[1] == "."] == [f"{n}." for n in range(1, 8)]
    last = next(line for line in lines if line.startswith("7."))
    assert "tables are owner's, the site works as brain_log_app; brainlog-" in last and " is good: " in last
    assert lines[-1].startswith("Nothing was lost.")


@pytest.mark.thorough
def test_a_recovery_that_goes_too_far_is_noticed(monkeypatch, capsys):
    """To the end of the log instead of 10:30: everything is deleted again."""
    monkeypatch.setattr(drill, "RECOVERY", "restore_command = 'cp {wal}/%f %p'")
    monkeypatch.setattr(drill, "disaster", lambda: None)

    assert drill.main() == 1
    assert "LOST: " in capsys.readouterr().out


def test_a_site_that_could_do_more_than_it_should_is_noticed():
    """As if somebody had given it the owner's URL."""
    with throwaway_cluster() as cluster:
        url = drill.create_owned_database(cluster)
        with psycopg.connect(url, application_name="brainlog", autocommit=True) as site:
            site.execute("CREATE TABLE logs ()")

            with pytest.raises(drill.Lost, match=r"^Tables .* the site is connected as \[\('owner',\)\]\.$"):
                drill.who_may_what(cluster)


def test_a_row_that_is_missing_or_changed_is_lost():
    before = {"logs": (["id", "mood"], Counter({"(1, 5)": 1, "(2, 6)": 1}))}

    assert drill.compared(before, before) == "2 rows of 1 tables, every one as it was"
    for rows in ({"(1, 5)": 1}, {"(1, 5)": 1, "(2, 7)": 1}):
        with pytest.raises(drill.Lost, match="^1 rows of logs are not there as they were.$"):
            drill.compared(before, {"logs": (["id", "mood"], Counter(rows))})
