"""Public advisories about the versions in requirements-dev.txt, by pip-audit."""

import json
import tempfile
from pathlib import Path

from testing.gunicorn import ROOT
from testing.scanning.scanners import Finding, run

# A source without advisories about this release has none at all. PyPI's mirrors, for example, serve packages alone, and
# pip-audit then reports success without having looked anything up.
KNOWN_TO_BE_BAD = "django==3.2.0"
SOURCES = "pypi", "osv"
LOCKED = ROOT / "requirements-dev.txt"  # it holds requirements.txt, too


class Unreachable(Exception):
    """No source of advisories can be reached from this machine."""


def advisories() -> list[Finding]:
    """Look up each locked package. Raises Unreachable."""
    for name in SOURCES:
        if any(each.get("vulns") for each in ask(name, KNOWN_TO_BE_BAD)):
            answers = ask(name, LOCKED.read_text())
            return [finding for each in answers for finding in findings_in(each)]
    raise Unreachable("neither PyPI's nor OSV's advisories can be reached from here")


def findings_in(answer: dict) -> list[Finding]:
    """The findings about one package: its advisories, or that it was not looked up."""
    if "skip_reason" in answer:
        return [Finding("advisories", answer["skip_reason"], "not looked up")]
    package = f"{answer['name']} {answer['version']}"
    return [
        Finding("advisories", vuln["id"], f"{package}, mended in {', '.join(vuln['fix_versions'])}")
        for vuln in answer["vulns"]
    ]


def ask(name: str, requirements: str) -> list[dict]:
    """The answer of a source about each package; empty if it does not answer."""
    with tempfile.TemporaryDirectory(prefix="brainlog-advisories-") as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(requirements)
        what = [f"--requirement={file}", "--no-deps", "--disable-pip"]
        where = [f"--vulnerability-service={name}", "--timeout=10", f"--cache-dir={folder}"]
        result = run(["pip-audit", *what, *where, "--format=json", "--progress-spinner=off"])
    try:
        return json.loads(result.stdout)["dependencies"]
    except ValueError:
        return []
