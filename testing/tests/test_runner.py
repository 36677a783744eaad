import tomllib
from collections import Counter
from types import SimpleNamespace

import pytest

import conftest
import testing.__main__ as runner
from testing.gunicorn import ROOT
from testing.postgres import PostgresMissing

pytestmark = pytest.mark.once


@pytest.fixture
def machine(monkeypatch):
    """Run the runner on a machine that has PostgreSQL and Chromium or not, with pytest's results given."""

    def main(codes, postgres=True, chromium=True, programs=(), arguments=("-k", "midday")):
        calls = []

        class Pytest:
            def __init__(self, command, env, **outputs):
                self.code = codes[len(calls)]
                calls.append((command, env))

            def wait(self):
                return self.code

            poll = wait

        def no_postgres():
            raise PostgresMissing

        monkeypatch.setattr(runner.signal, "signal", lambda *arguments: None)
        monkeypatch.setattr(runner.subprocess, "Popen", Pytest)
        monkeypatch.setattr(
            runner.programs, "missing_programs", lambda: [f"No {name}: apt-get install {name}." for name in programs]
        )
        monkeypatch.setattr(runner.chromium, "find_chromium", lambda: "chromium" if chromium else None)
        monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
        monkeypatch.setenv("DATABASE_URL", "postgres://production/")
        if postgres:
            monkeypatch.setenv("TEST_DATABASE_URL", "postgres://tests/")
        monkeypatch.setattr(runner.postgres, "find_binaries", no_postgres)
        return runner.main(list(arguments)), calls

    monkeypatch.delenv("CI", raising=False)
    return main


def test_it_runs_everything_on_both_databases(machine, capsys):
    code, calls = machine([0, 0])
    assert code == 0
    assert [environment.get("DATABASE_URL") for _, environment in calls] == [None, "postgres://tests/"]
    on_sqlite, on_postgresql = (command for command, _ in calls)
    for command in (on_sqlite, on_postgresql):
        assert command[-3:-1] == ["-k", "midday"]
    assert capsys.readouterr().out.splitlines()[-2:] == ["SQLite: passed in 0 s", "PostgreSQL: passed in 0 s"]


def test_bytecode_is_written_even_where_the_environment_says_not_to(machine, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    _code, calls = machine([0, 0])

    assert all("PATH" in environment for _, environment in calls)
    assert not any("PYTHONDONTWRITEBYTECODE" in environment for _, environment in calls)


def folders_of_tests() -> set[str]:
    """The folders at the top that `make test` runs."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    return set(options["testpaths"])


def test_no_folder_with_tests_is_left_out():
    assert {path.parent.name for path in ROOT.glob("*/tests")} == folders_of_tests()


@pytest.mark.parametrize("arguments", [[], ["--thorough"]])
def test_every_test_marked_once_runs_in_one_of_the_two(machine, arguments):
    _code, calls = machine([0, 0], arguments=arguments)
    options = [command[-1].split("=") for command, _ in calls]
    files = [path for folder in folders_of_tests() for path in (ROOT / folder).rglob("test_*.py")]

    assert len(files) > 100
    numbers = Counter()
    for file in files:
        item = SimpleNamespace(nodeid=str(file.relative_to(ROOT)), get_closest_marker=lambda name: name == "once")
        runs = [not conftest.is_elsewhere(SimpleNamespace(getoption=dict([each]).get), item) for each in options]
        assert runs.count(True) == 1, file
        numbers[runs.index(True)] += 1
    assert len(numbers) == 2


@pytest.mark.parametrize("shared", [runner.ONCE_ON_POSTGRESQL, runner.THOROUGH_ONCE_ON_POSTGRESQL])
def test_each_path_of_a_share_begins_that_of_a_test(shared):
    for path in shared:
        assert list(ROOT.glob(f"{path}*.py")) or list(ROOT.glob(f"{path}/**/test_*.py")), path


@pytest.mark.parametrize(
    ("arguments", "on_sqlite", "on_postgresql"),
    [
        ([], "not (thorough or thorough_on_sqlite)", "not (thorough)"),
        (["logs", "-k", "midday"], "not (thorough or thorough_on_sqlite)", "not (thorough)"),
        (["logs/tests/test_day.py"], None, None),
        (["logs/tests/test_day.py::test_a_day"], None, None),
        (["--thorough"], "thorough or thorough_on_sqlite", "thorough"),
    ],
)
def test_long_forms_run_when_they_are_asked_for(machine, arguments, on_sqlite, on_postgresql):
    _code, calls = machine([0, 0], arguments=arguments)

    others = [argument for argument in arguments if argument != "--thorough"]
    for (command, _), chosen in zip(calls, (on_sqlite, on_postgresql), strict=True):
        assert command[6:-1] == [*(["-m", chosen] if chosen else []), *others]


def test_without_postgresql_the_tests_about_pages_run_on_sqlite(machine):
    _code, [(command, _)] = machine([0], postgres=False)

    assert command[6:] == ["-m", "not (thorough)", "-k", "midday"]


@pytest.mark.parametrize("codes", [[1, 0], [0, 1], [5, 0], [0, 5]])
def test_one_failure_is_a_failure(machine, codes):
    code, calls = machine(codes)
    assert code == 1
    assert len(calls) == 2


@pytest.mark.parametrize(("lacks", "word"), [("postgres", "postgresql"), ("chromium", "chromium")])
def test_what_did_not_run_is_said_last_and_fails_in_ci(machine, capsys, monkeypatch, lacks, word):
    code, calls = machine([0, 0], **{lacks: False})
    assert code == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "did not run" in last
    assert f"apt-get install {word}" in last
    assert all(("--without-browser" in command) == (lacks == "chromium") for command, _ in calls)
    monkeypatch.setenv("CI", "true")
    assert machine([0, 0], **{lacks: False})[0] == 1


def test_other_programs_that_are_missing_are_said_too(machine, capsys, monkeypatch):
    assert machine([0, 0], programs=["pgbouncer"])[0] == 0
    assert capsys.readouterr().out.splitlines()[-1] == "No pgbouncer: apt-get install pgbouncer."
    monkeypatch.setenv("CI", "true")
    assert machine([0, 0], programs=["pgbouncer"])[0] == 1
