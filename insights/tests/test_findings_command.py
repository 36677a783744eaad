"""manage.py findings, and what is imported for it."""

import json
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.tests.factories import make_person
from insights.findings.computing import findings_of
from insights.findings.family import FAMILY
from insights.tests.answered_days import make_days

KEYS = ["key", "exposure", "outcome", "lag", "kept", "estimate", "low", "high", "per", "p", "q", "n", "guard", "needed"]


def run(*arguments) -> str:
    output = StringIO()
    call_command("findings", *arguments, stdout=output)
    return output.getvalue()


def test_one_object_for_each_comparison(db, noon):
    person = make_person(username="Maria")
    make_days(person)
    person.guesses.ask(person, "sleepiness", "focus_level", 1)

    found = json.loads(run("maria", "--json"))

    results = findings_of(person, guesses=person.guesses.all()).results
    assert [[*each] for each in found] == [KEYS] * (len(FAMILY) + 1)
    for each, result in zip(found, results, strict=True):
        estimate = result.estimate
        numbers = (estimate.value, estimate.low, estimate.high, estimate.p) if estimate else (None,) * 4
        assert (each["estimate"], each["low"], each["high"], each["p"]) == numbers
        assert (each["key"], each["kept"], each["q"]) == (result.key, result.kept, result.q)
        assert (each["n"], each["needed"]) == (result.days, result.needed)
        assert bool(each["guard"]) is bool(result.guard)
    assert person.kept_findings.count() == 0


def test_a_table_for_reading(person, noon):
    make_days(person)

    lines = run(person.username).splitlines()

    assert len(lines) == len(FAMILY) + 2
    assert lines[0].split() == ["comparison", "days", "needed", "estimate", "interval", "per", "q", "kept"]
    assert lines[1].split()[:2] == ["sleep_hours.focus_level.0", "90"] and lines[1].endswith("yes")
    assert lines[-1].startswith("24 comparisons were made, ") and lines[-1].endswith(" kept.")


@pytest.mark.parametrize("arguments", [("unknown",), ("unknown", "--json"), ("x" * 5000,)])
def test_an_unknown_person_is_one_sentence(db, arguments):
    with pytest.raises(CommandError, match="^There is no person with the username “.*”.$"):
        run(*arguments)


@pytest.mark.once
def test_other_pages_import_neither_numpy_nor_scipy_and_findings_use_one_thread():
    code = """if True:
        import os, sys
        import django
        django.setup()
        from django.test import Client
        from django.urls import get_resolver
        get_resolver().reverse_dict, get_resolver("brainlog.urls").url_patterns
        from insights.management.commands import findings
        from insights.findings import family, results
        import brainlog.wsgi
        assert not {"numpy", "scipy", "pandas", "statsmodels"} & {*sys.modules}, "imported by a page"
        import insights.findings.computing
        assert "numpy" in sys.modules and not {"scipy", "pandas", "statsmodels"} & {*sys.modules}
        assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
        print("threads", len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1)
    """
    settings = {"DJANGO_SETTINGS_MODULE": "testing.settings", "OPENBLAS_NUM_THREADS": "8"}
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | settings, capture_output=True, text=True)

    assert (done.returncode, done.stdout.split()[-2:]) == (0, ["threads", "1"]), done.stderr
