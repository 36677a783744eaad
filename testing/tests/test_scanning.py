"""The result of `make scan`: a page or package that was not scanned does not count as clean.

`make scan` itself checks on a vulnerable site that the scanners find known holes.
"""

import re
from types import SimpleNamespace

import pytest

from testing.gunicorn import ROOT
from testing.scanning import __main__ as scanning, advisories, scanners
from testing.scanning.forms import Form, filled_in
from testing.scanning.pages import make_parts, worth_attacking
from testing.scanning.scanners import Finding, ScannerFailed
from testing.scanning.site import Part, Request, ScannedSite

pytestmark = pytest.mark.once

REAL, HARMLESS = Finding("wapiti", "SQL Injection: of id", "GET /logs/"), "wapiti: SQL Injection: of id, GET /logs/"


# Wapiti is silent about it unless it is to talk, and writes its report all the same.
FINDS_NAME_ONCE_AND_ID_TWICE = """#!/bin/sh
for argument; do case $argument in --results-file=*) results=${argument#*=};; esac; done
echo 'Target URL,Place,Parameter,Technique(s)' > "$results"
echo 'http://127.0.0.1:1/row,GET,id,B' >> "$results"
[ -e "${0%/*}/ran" ] || echo 'http://127.0.0.1:1/add,POST,name,B' >> "$results"
touch "${0%/*}/ran"
"""
OUT_OF_TIME = """#!/bin/sh
for each; do case $each in
    --verbose=1) echo "Max attack time was reached for module xss, stopping.";;
    --output=*) echo '{"vulnerabilities": {}, "anomalies": {}}' > "${each#--output=}";;
esac; done
"""


@pytest.fixture
def found(monkeypatch):
    """What the scanners find, instead of scanning: append to it."""
    findings = []
    monkeypatch.setattr(scanning, "check_scanners", lambda names: None)
    monkeypatch.setattr(scanning, "scan", lambda names: findings)
    monkeypatch.setattr(scanning, "advisories", lambda: [])
    return findings


@pytest.mark.django_db
def test_every_page_is_shown_to_a_scanner(settings, tmp_path, monkeypatch):
    settings.STATIC_ROOT = tmp_path
    monkeypatch.setattr("testing.scanning.pages.load_demo_data", lambda person: None)

    assert all(part.pages for part in make_parts().values())


def test_nothing_found_is_a_success(found):
    assert scanning.main([]) == 0


def test_a_finding_fails_unless_it_is_explained(found, monkeypatch, capsys):
    found.append(REAL)
    assert scanning.main([]) == 1
    assert f"FOUND {REAL}" in capsys.readouterr().out

    monkeypatch.setattr(scanning, "EXPLAINED", {re.escape(HARMLESS): "it only looks like one"})
    assert scanning.main([]) == 0
    assert "explained: it only looks like one" in capsys.readouterr().out

    found.append(Finding("wapiti", "SQL Injection: of id", "GET /logs/2026-05-04/"))  # explained for one page alone
    assert scanning.main([]) == 1


def test_a_scanner_that_fails_is_no_clean_scan(found, monkeypatch, capsys):
    def fail(names):
        raise ScannerFailed("wapiti overlooks Open Redirect.")

    monkeypatch.setattr(scanning, "check_scanners", fail)

    assert scanning.main(["wapiti"]) == 1
    assert "wapiti overlooks Open Redirect." in capsys.readouterr().out


def test_a_hole_that_is_overlooked_ends_the_scan(monkeypatch):
    found = [Finding("wapiti", hole, "") for hole in scanning.HOLES["wapiti"][1:]]
    monkeypatch.setitem(scanning.ON_A_LEAKY_SITE, "wapiti", lambda *_: found)

    with pytest.raises(ScannerFailed, match="^wapiti overlooks Clickjacking Protection.$"):
        scanning.check_scanners(["wapiti"])


def test_a_missing_scanner_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(scanners, "PROGRAMS", tmp_path)

    with pytest.raises(ScannerFailed, match="^wapiti is not installed: `make scan` installs them.$"):
        scanners.wapiti("http://127.0.0.1:1", "/", {})


def test_a_scanner_that_hangs_is_ended(monkeypatch, tmp_path):
    (tmp_path / "wapiti").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "wapiti").chmod(0o755)
    monkeypatch.setattr(scanners, "PROGRAMS", tmp_path)

    with pytest.raises(ScannerFailed, match="did not end within 0 s"):
        scanners.run(["wapiti"], seconds=0.2)


def test_a_scan_that_ran_out_of_time_is_no_clean_scan(monkeypatch, tmp_path):
    (tmp_path / "wapiti").write_text(OUT_OF_TIME)
    (tmp_path / "wapiti").chmod(0o755)
    monkeypatch.setattr(scanners, "PROGRAMS", tmp_path)

    with pytest.raises(ScannerFailed, match="^wapiti ran out of time in xss.$"):
        scanners.wapiti("http://127.0.0.1:1", "/", {})


def test_only_what_two_runs_of_sqlmap_find_is_a_finding(monkeypatch, tmp_path):
    """Pages with a new challenge each time have passed for an injection in one run, and not in the next."""
    (tmp_path / "sqlmap").write_text(FINDS_NAME_ONCE_AND_ID_TWICE)
    (tmp_path / "sqlmap").chmod(0o755)
    monkeypatch.setattr(scanners, "PROGRAMS", tmp_path)

    assert [str(finding) for finding in scanners.sqlmap("http://127.0.0.1:1", "/", {})] == [
        "sqlmap: SQL injection (B), id in GET http://127.0.0.1:1/row"
    ]


def test_an_unknown_scanner_is_refused(capsys):
    assert scanning.main(["nessus"]) == 2
    assert capsys.readouterr().out == "There is no scanner nessus: wapiti, sqlmap, advisories.\n"


# ── What came to the site ─────────────────────────────────────────────────────────────────────


def test_what_the_scanners_did_not_reach_is_a_finding():
    pages, forms = ["/logs/", "/reflections/"], ["/logs/1/", "/logs/2/", "/logs/3/"]
    requests = [
        Request("GET", 200, "/logs/"),
        Request("GET", 302, "/reflections/"),  # as if it had logged itself out
        Request("POST", 302, "/logs/1/"),
        Request("POST", 403, "/logs/2/"),  # as if the token were missing
        Request("POST", 302, "/logs/3/", "/accounts/login/?next=/logs/3/"),  # as if it had logged itself out
    ]

    assert [str(finding) for finding in scanning.not_reached(requests, pages, forms)] == [
        "scan: no scanner saw it, GET /reflections/",
        "scan: no scanner could send it, POST /logs/2/",
        "scan: no scanner could send it, POST /logs/3/",
    ]


@pytest.mark.parametrize("is_logged_in", [True, False])
def test_a_session_that_ends_during_the_scan_is_a_finding(monkeypatch, is_logged_in):
    site = SimpleNamespace(url="", parts={"wapiti": Part("", {}, [], [])}, is_logged_in=lambda part: is_logged_in)
    monkeypatch.setitem(scanning.ON_THE_WEB, "wapiti", lambda *_: [])

    found = scanning.scan_as(site, "person", "wapiti")

    assert [each.what for each in found] == ([] if is_logged_in else ["the session ended before the scan did"])


def test_the_access_log_is_read(tmp_path):
    log = tmp_path / "access.log"
    log.write_text("GET 200 - /logs/\nPOST 302 /accounts/login/?next=/logs/ /logs/\n")

    first, second = ScannedSite("", {}, "", log).requests()

    assert (first.method, first.status, first.path, first.is_sent_to_login) == ("GET", 200, "/logs/", False)
    assert (second.path, second.is_sent_to_login) == ("/logs/", True)


def test_an_answer_that_the_site_could_not_give_is_a_finding():
    requests = [Request("GET", 200, "/"), Request("POST", 500, "/logs/1/"), Request("GET", 404, "/no")]

    assert [str(finding) for finding in scanning.failures(requests)] == ["scan: status 500, POST /logs/1/"]


# ── Forms ─────────────────────────────────────────────────────────────────────────────────────

PAGE = """<input name="outside" value="1">
<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="t"><input name="name" value="A &amp; B">
<input type="radio" name="mood" value="1"><input type="radio" name="mood" value="2" checked>
<input type="radio" name="none" value="1"><input type="checkbox" name="met" value="yes" checked>
<textarea name="note">
Two
lines</textarea><textarea name="empty"></textarea><input type="number" name="amount"><input name="mail" type="email">
<select name="unit"><option value="">-</option><option value="mg" selected>mg</option></select>
<select name="zone"><option value="">-</option><option value="UTC">UTC</option></select>
<template><input name="row" value="1"></template><button name="more" value="1">More</button></form>
<form action="/other/"><input name="q"></form>"""


def test_forms_are_filled_in_as_a_browser_would_send_them():
    first, second = filled_in("/here/", PAGE)

    assert (first.action, first.method) == ("/here/", "post")
    assert first.values == [
        ("csrfmiddlewaretoken", "t"),
        ("name", "A & B"),
        ("mood", "2"),
        ("met", "yes"),
        ("note", "Two\nlines"),
        ("empty", "Something"),
        ("amount", "2"),
        ("mail", "person@example.org"),
        ("unit", "mg"),
        ("zone", "UTC"),
    ]
    assert (second.action, second.method, second.values) == ("/other/", "get", [("q", "Something")])


def test_a_form_written_out_is_the_same_form():
    form = Form("/here/?a=1&b=2", "post", [("note", '"Two"\nlines & <more>')])

    assert filled_in("/", str(form)) == [form]


# ── Advisories ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def source(monkeypatch):
    """What pip-audit says of the package known to be bad, and of ours, by the name of the source."""
    answers = {}

    def ask(name, requirements):
        bad, ours = answers.get(name, ([], []))
        return bad if requirements == advisories.KNOWN_TO_BE_BAD else ours

    monkeypatch.setattr(advisories, "ask", ask)
    return answers


VULNERABLE = [{"name": "django", "version": "3.2.0", "vulns": [{"id": "PYSEC-2021-98", "fix_versions": ["3.2.4"]}]}]
CLEAN = {"name": "django", "version": "5.2.9", "vulns": []}
SKIPPED = {"name": "django", "skip_reason": "Dependency not found on PyPI and could not be audited: django (3.2.0)"}


def test_nothing_known_is_clean(source):
    source["pypi"] = VULNERABLE, [CLEAN]

    assert advisories.advisories() == []


def test_what_is_known_is_found_in_whichever_source_answers(source):
    source["pypi"] = [SKIPPED], [SKIPPED]
    source["osv"] = VULNERABLE, VULNERABLE

    assert [str(finding) for finding in advisories.advisories()] == [
        "advisories: PYSEC-2021-98, django 3.2.0, mended in 3.2.4"
    ]


def test_a_package_that_was_not_looked_up_is_a_finding(source):
    source["pypi"] = VULNERABLE, [SKIPPED]

    assert [finding.what for finding in advisories.advisories()] == [SKIPPED["skip_reason"]]


def test_a_source_that_knows_nothing_is_none(source, found, monkeypatch, capsys):
    """pip-audit itself ends well there, with "No known vulnerabilities found"."""
    source["pypi"] = [SKIPPED], [SKIPPED]
    monkeypatch.setattr(scanning, "advisories", advisories.advisories)

    assert scanning.main([]) == 0
    assert "Advisories were NOT looked up: neither PyPI's nor OSV's" in capsys.readouterr().out
    assert scanning.main(["advisories"]) == 1  # asked for by name


# ── Code, which ruff scans by bandit's rules ──────────────────────────────────────────────────


APPS = [*(file.parent for file in ROOT.glob("*/apps.py")), ROOT / "brainlog"]


def test_the_code_is_scanned_by_bandits_rules_and_every_exception_says_why():
    configuration = (ROOT / "pyproject.toml").read_text()
    assert '"S"' in re.search(r"^select = (.*)$", configuration, re.MULTILINE)[1]

    unexplained = []
    for path in (
        path for app in APPS for path in sorted(app.rglob("*.py")) if "tests" not in path.relative_to(app).parts
    ):
        lines = enumerate(path.read_text().splitlines(), 1)
        unexplained += [f"{path}:{number}" for number, line in lines if re.search(r"noqa: S\d+\s*$", line)]
    assert unexplained == []


def test_forms_that_end_the_session_or_have_no_field_are_not_attacked():
    token = ("csrfmiddlewaretoken", "t")
    log_out = Form("/accounts/logout/", "post", [token, ("person", "1")])
    delete = Form("/logs/2026-05-04/delete/", "post", [token])
    profile = Form("/accounts/profile/", "post", [token, ("display_name", "Maria"), ("version", "1")])

    assert worth_attacking([log_out, delete, profile]) == [
        Form("/accounts/profile/", "post", [token, ("display_name", "Maria")])
    ]
