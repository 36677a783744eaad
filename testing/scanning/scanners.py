"""The scanners and their options. Each returns its findings."""

import csv
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Made by `make`, from requirements-scan.txt.
PROGRAMS = Path(sys.prefix) / "scan" / "bin"
HOW_TO_GET_THEM = "`make scan` installs them"

# What Wapiti is to try. Not here: guesses at other people's software (CMS, CVEs, backup files), what needs a server
# elsewhere to call back to (ssrf, xxe), files and commands, which no address of ours names, and SQL: sqlmap tries the
# same fields in more ways, and Wapiti's way took half of its time.
MODULES = "cookieflags", "crlf", "csp", "http_headers", "permanentxss", "redirect", "xss"
# Addresses that end the session of the scanner: everything after them would be scanned as a visitor.
END_THE_SESSION = ("/accounts/logout/",)
# No module may take longer, so that a run ends; one that does has not seen everything.
SECONDS_A_MODULE = 600
SECONDS_A_SCAN = 1200


class ScannerFailed(Exception):
    """The scanner did not complete, so an empty result means nothing."""


@dataclass(frozen=True)
class Finding:
    """One weakness that a scanner reports."""

    scanner: str
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.scanner}: {self.what}, {self.where}"


def find_scanner(name: str) -> Path:
    """Return the program. Raises ScannerFailed if it is not installed."""
    if not (PROGRAMS / name).exists():
        raise ScannerFailed(f"{name} is not installed: {HOW_TO_GET_THEM}.")
    return PROGRAMS / name


def run(command: list, seconds: float = SECONDS_A_SCAN, **options) -> subprocess.CompletedProcess:
    """Run a scanner. Raises ScannerFailed when it takes too long."""
    try:
        return subprocess.run(
            [find_scanner(command[0]), *command[1:]],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            **options,
        )
    except subprocess.TimeoutExpired as expired:
        raise ScannerFailed(f"{command[0]} did not end within {seconds:.0f} s.") from expired


def wapiti(site: str, start: str, cookies: dict[str, str]) -> list[Finding]:
    """Open the page at `start` and all it links to, and attack its forms."""
    with tempfile.TemporaryDirectory(prefix="brainlog-wapiti-") as folder:
        report = Path(folder) / "report.json"
        result = run(
            [
                "wapiti",
                f"--url={site}/",
                f"--start={site}{start}",
                "--depth=1",
                "--scan-force=insane",  # all forms, however many fields they have
                f"--module={','.join(MODULES)}",
                f"--max-attack-time={SECONDS_A_MODULE}",
                "--verbose=1",  # reports when it is reached
                "--timeout=30",
                "--skip=csrfmiddlewaretoken",
                *(f"--exclude={site}{address}" for address in END_THE_SESSION),
                *(f"--header={header}" for header in headers(site, cookies)),
                f"--store-session={folder}",
                f"--store-config={folder}",
                # Nothing is sent or looked up elsewhere.
                "--no-bugreport",
                "--endpoint=http://127.0.0.1:1/",
                "--dns-endpoint=localhost",
                "--format=json",
                f"--output={report}",
            ],
            cwd=folder,
        )
        if result.returncode or not report.exists():
            raise ScannerFailed(error_of("wapiti", result))
        if unfinished := re.findall(r"Max attack time was reached for module (\w+)", result.stdout):
            raise ScannerFailed(f"wapiti ran out of time in {', '.join(unfinished)}.")
        found = json.loads(report.read_text())
    return [
        Finding("wapiti", f"{category}: {each['info']}", f"{each['method']} {each['path'].partition('?')[0]}")
        for kind in ("vulnerabilities", "anomalies")
        for category, all_of_it in found[kind].items()
        for each in all_of_it
    ]


def sqlmap(site: str, start: str, cookies: dict[str, str]) -> list[Finding]:
    """Try to inject SQL into each field of each form on the page at `start`. Returns what two runs find.

    A blind injection is inferred from how alike two pages are, or from their time. Pages with a new token or challenge
    each time, or a busy machine, can pass for one; not twice in the same field.
    """
    found = sqlmap_once(site, start, cookies)
    places = {finding.where for finding in sqlmap_once(site, start, cookies)} if found else set()
    return [finding for finding in found if finding.where in places]


def sqlmap_once(site: str, start: str, cookies: dict[str, str], database: str = "PostgreSQL") -> list[Finding]:
    """Run it, and read its results."""
    with tempfile.TemporaryDirectory(prefix="brainlog-sqlmap-") as folder:
        results = Path(folder) / "results.csv"
        result = run(
            [
                "sqlmap",
                f"--url={site}{start}",
                "--forms",
                "--batch",
                "--answers=skip further tests=N",  # of the other fields, once one is found
                f"--dbms={database}",
                # Blind: no page shows an error of the database, or its rows as they are.
                "--technique=BT",
                # Tokens and challenges are in attributes; what a database answers is in the text.
                "--text-only",
                "--skip-waf",
                "--ignore-redirects",
                "--skip=csrfmiddlewaretoken",
                "--headers=" + "\n".join(headers(site, cookies)),
                f"--output-dir={folder}",
                f"--results-file={results}",
                "--disable-coloring",
            ]
        )
        if result.returncode or not results.exists():
            raise ScannerFailed(error_of("sqlmap", result))
        with results.open(newline="") as file:
            rows = list(csv.DictReader(file))
    return [
        Finding(
            "sqlmap",
            f"SQL injection ({row['Technique(s)']})",
            f"{row['Parameter']} in {row['Place']} {row['Target URL']}",
        )
        for row in rows
        if row["Parameter"]
    ]


def headers(site: str, cookies: dict[str, str]) -> list[str]:
    """What a browser sends with each form: without the origin it would be refused as another site's."""
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return [f"Origin: {site}", *([f"Cookie: {cookie}"] if cookie else [])]


def error_of(name: str, result: subprocess.CompletedProcess) -> str:
    return f"{name} ended with exit code {result.returncode}:\n{result.stdout[-2000:]}{result.stderr[-2000:]}"
