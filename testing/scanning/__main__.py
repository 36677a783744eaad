"""`python -m testing.scanning` (`make scan`) lets open scanners loose on Brain Log. No finding may stay unexplained.

Arguments are scanners: wapiti, sqlmap, advisories; without any, all of them. The first two first prove
on a leaky site that they find what there is to find, then attack a site of their own, as a visitor and
as a signed-in person. Exit code 1 if anything is found that is not in EXPLAINED, if a scanner has not seen
every page, if the site failed anywhere, or if a row of another person's has changed. See docs/scans.md.
"""

import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from testing.postgres import PostgresMissing
from testing.scanning.advisories import Unreachable, advisories
from testing.scanning.leaky import leaky_site
from testing.scanning.scanners import Finding, ScannerFailed, sqlmap, sqlmap_once, wapiti
from testing.scanning.site import Request, ScannedSite, scanned_site
from testing.watchdog import watched_run

ON_THE_WEB = {"wapiti": wapiti, "sqlmap": sqlmap}
ON_A_LEAKY_SITE = ON_THE_WEB | {"sqlmap": partial(sqlmap_once, database="SQLite")}
SCANNERS = *ON_THE_WEB, "advisories"

# Findings that are right and do no harm, and why. Regular expressions for the whole of a finding; newer releases
# word it a little differently.
EXPLAINED: dict[str, str] = {}

# What each of Wapiti's modules has to find on the leaky site, and sqlmap.
HOLES = {
    "wapiti": [
        "Clickjacking Protection",
        "Content Security Policy",
        "CRLF Injection",
        "HttpOnly Flag",
        "Open Redirect",
        "Reflected Cross Site Scripting",
        "Secure Flag",
        "Stored Cross Site Scripting",
    ],
    "sqlmap": ["SQL injection"],
}


def main(names: list[str]) -> int:
    """Scan, print what was found, and return the exit code."""
    if unknown := set(names) - set(SCANNERS):
        print(f"There is no scanner {', '.join(sorted(unknown))}: {', '.join(SCANNERS)}.")
        return 2
    start, chosen = time.monotonic(), names or SCANNERS
    findings, remarks = [], []
    try:
        if on_the_web := [name for name in chosen if name in ON_THE_WEB]:
            check_scanners(on_the_web)
            findings += scan(on_the_web)
        if "advisories" in chosen:
            findings += step("advisories about what is locked", advisories)
    except Unreachable as unreachable:
        remarks.append(f"Advisories were NOT looked up: {unreachable}. Where they can be: make scan ARGS=advisories")
    except (ScannerFailed, PostgresMissing) as failure:
        remarks.append(str(failure))
        findings.append(Finding("scan", "did not come to its end", "see below"))
    unexplained = show(findings)
    for remark in remarks:
        print(remark)
    explained = len(set(findings)) - len(unexplained)
    print(f"{len(unexplained)} unexplained, {explained} explained, {time.monotonic() - start:.0f} s in all.")
    # A scanner that was named as an argument has to run.
    return 1 if unexplained or (remarks and names) else 0


def step(title: str, do: Callable[..., list[Finding]], *arguments) -> list[Finding]:
    """Run a step, and print its duration."""
    start = time.monotonic()
    found = do(*arguments)
    print(f"{title:.<44} {time.monotonic() - start:5.1f} s  {len(found)} findings", flush=True)
    return found


def show(findings: list[Finding]) -> list[Finding]:
    """Print each once, with its explanation. Returns those that have none."""
    unexplained = []
    for finding in dict.fromkeys(findings):
        if why := next((why for what, why in EXPLAINED.items() if re.fullmatch(what, str(finding))), None):
            print(f"{finding}\n  explained: {why}")
        else:
            print(f"FOUND {finding}")
            unexplained.append(finding)
    return unexplained


def check_scanners(names: list[str]) -> None:
    """Raise ScannerFailed if a scanner overlooks a hole of the vulnerable site."""
    for name in names:
        with leaky_site() as url:
            found = step(f"{name} on a leaky site", ON_A_LEAKY_SITE[name], url, "/", {})
        if missed := [hole for hole in HOLES[name] if not any(hole in finding.what for finding in found)]:
            raise ScannerFailed(f"{name} overlooks {', '.join(missed)}.")


def scan(names: list[str]) -> list[Finding]:
    """Let the scanners attack a temporary site, two at a time. Returns their findings and ours."""
    with scanned_site() as site, ThreadPoolExecutor(2) as pool:
        before = site.rows_of_the_other()
        # The longest first.
        runs = [pool.submit(scan_as, site, who, name) for who in ("person", "visitor") for name in names]
        findings = [finding for run in runs for finding in run.result()]
        requests = site.requests()
        print(f"{len(requests):,} requests came to the site.")
        if site.rows_of_the_other() != before:
            findings.append(Finding("scan", "rows of another person have changed", "in the database"))
        # sqlmap only attacks forms.
        pages = [page for name in ("visitor", "wapiti") if "wapiti" in names for page in site.parts[name].pages]
        forms = [form for name in ("visitor", *names) for form in site.parts[name].forms]
        return findings + failures(requests) + not_reached(requests, pages, forms)


def scan_as(site: ScannedSite, who: str, name: str) -> list[Finding]:
    """Scan as a visitor, or as the person who is there for this scanner: no two attack the same rows."""
    part = site.parts[name if who == "person" else who]
    title = f"{name} as {'a visitor' if who == 'visitor' else 'a signed-in person'}"
    findings = step(title, ON_THE_WEB[name], site.url, part.start, part.cookies)
    if who != "visitor" and not site.is_logged_in(part):
        findings.append(Finding("scan", "the session ended before the scan did", title))
    return findings


def failures(requests: list[Request]) -> list[Finding]:
    """Requests that the site answered with a server error."""
    return [
        Finding("scan", f"status {each.status}", f"{each.method} {each.path}")
        for each in requests
        if each.status >= 500
    ]


def not_reached(requests: list[Request], pages: list[str], forms: list[str]) -> list[Finding]:
    """Pages that were never shown and forms that were never accepted, by their addresses."""
    shown = {each.path for each in requests if each.method == "GET" and each.status == 200}
    taken = {
        each.path
        for each in requests
        if each.method == "POST" and each.status in (200, 302) and not each.is_sent_to_login
    }
    return [
        *(Finding("scan", "no scanner saw it", f"GET {page}") for page in pages if page not in shown),
        *(Finding("scan", "no scanner could send it", f"POST {form}") for form in forms if form not in taken),
    ]


if __name__ == "__main__":
    with watched_run():
        sys.exit(main(sys.argv[1:]))
