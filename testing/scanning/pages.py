"""What there is to scan: every address that shows a page to a visitor or a person, with its forms filled in.

Runs in the site's own settings, before the site is started, as one of the static files is made here:
a page that links all pages and holds all forms. A scanner that starts there needs to find nothing by itself.
"""

import json
import sys
from dataclasses import asdict
from html import escape
from pathlib import Path

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.tests.codes import CONFIRM, CONFIRM_CODE, new_credential
from accounts.tests.factories import PASSWORD, make_person
from brainlog.tests.addresses import ADDRESSES, DAY
from brainlog.tests.browser.site import NOT_PAGES
from insights.models import ReportLink
from insights.tests.factories import make_appointment, make_event, make_report
from logs.own_kinds import KINDS
from logs.tests.factories import OPTIONAL, make_dose, make_full_log, make_medication
from logs.tests.own_questions import make_question
from operations.demo.load import load_demo_data
from reflections.tests.factories import make_reflection
from reminders.email import off_token
from reminders.models import Channel, Feed
from testing.scanning.forms import Form, filled_in
from testing.scanning.scanners import END_THE_SESSION
from testing.scanning.site import Part

START = "/static/scan/{}.html"
# Query parameters of pages.
QUERIES = [
    ("accounts:signup", {"invitation": "none"}),
    ("accounts:login", {"next": "/logs/"}),
    ("accounts:confirm", {"next": "/logs/"}),
    ("accounts:events", {"page": "1"}),
    ("logs:history", {"page": "1"}),
    ("logs:history", {"month": f"{DAY:%Y-%m}"}),
    ("insights:events", {"day": f"{DAY:%Y-%m-%d}"}),
    ("insights:words", {"month": f"{DAY:%Y-%m}", "theme": "gratitude"}),
    ("reflections:list", {"page": "1"}),
    ("reflections:other", {"day": f"{DAY:%Y-%m-%d}"}),
]
# Needs a login between password and code, codes from an app, or METRICS_TOKEN: not set up here.
NOT_HERE = NOT_PAGES | {"accounts:code", "accounts:app_off"}


class NotScanned(Exception):
    """A URL shows no page to visitors or people, so that no scanner would open it."""


def make_parts() -> dict[str, Part]:
    """Make the people and write the start pages. Returns the part of each scanner."""
    load_demo_data(make_person(username="demo"))
    visitor, seen = Client(), set()
    parts = {"visitor": part_of(visitor, "visitor", {}, seen)}
    for scanner in ("wapiti", "sqlmap"):
        client, own = make_scanned_person(scanner)
        parts[scanner] = part_of(client, scanner, own, seen)
    if missing := {address.name for address in ADDRESSES} - seen - NOT_HERE:
        raise NotScanned(f"No page is shown at {', '.join(sorted(missing))}.")
    return parts


def make_scanned_person(name: str) -> tuple[Client, dict[str, tuple]]:
    """Return a signed-in person with data on every page, and the arguments of addresses that are theirs alone."""
    person = make_person(username=name, email=f"{name}@example.org")
    answers = {key: value for stage in OPTIONAL.values() for key, value in stage.items()}
    stored = {key: {"true": True, "false": False}.get(str(value), value) for key, value in answers.items()}
    log, medication = make_full_log(person, **stored), make_medication(person, usual_amount=36)
    make_dose(log, medication)
    make_reflection(person, gym_days_count=2, diet_rating=5, questioned_leaving_job=False)
    own: dict[str, tuple] = {
        address: (medication.pk,) for address in ("logs:medication", "logs:medication_merge", "logs:medication_delete")
    }
    own["insights:event"] = (make_event(person).pk,)
    own["insights:appointment"] = (make_appointment(person).pk,)
    questions = [make_question(person, kind) for kind in KINDS]
    own["logs:own_question"] = (questions[0].pk,)
    own["reminders:calendar"] = (Feed.objects.renew(person),)
    mails = Channel.objects.create(user=person, kind="email", destination="mail", address=person.email)
    own["reminders:email_off"] = (off_token(mails),)
    report = make_report(person)
    own |= {f"insights:{name}": (report.pk,) for name in ("report_preview", "report_links", "new_report_link")}
    own["insights:shared"] = (ReportLink.objects.make(report, days=1)[1],)
    client = Client()
    client.force_login(person)
    if name == "wapiti":
        passkey = person.authenticator_set.create(
            type="webauthn", data={"name": "Phone", "credential": new_credential()}
        )
        code = RecoveryCodes.activate(person).generate_codes()[0]
        client.post(CONFIRM_CODE, {"code": code, "next": "/"}, secure=True)
        own["accounts:passkey_remove"] = (passkey.pk,)
    else:  # People with a passkey are not asked for the password.
        client.post(CONFIRM, {"password": PASSWORD, "next": "/"}, secure=True)
    return client, own


def part_of(client: Client, name: str, own: dict[str, tuple], seen: set[str]) -> Part:
    """Open every URL, add those that show a page to `seen`, and write the start page."""
    pages, forms = [], [Form(reverse(address), "get", list(values.items())) for address, values in QUERIES]
    for address in ADDRESSES:
        path = reverse(address.name, args=own.get(address.name, address.arguments))
        answer = client.get(path, secure=True)
        if answer.status_code == 200:
            seen.add(address.name)
            pages.append(path)
            if answer.headers["Content-Type"].startswith("text/html"):
                forms += worth_attacking(filled_in(path, answer.content.decode()))
    write_start(name, pages, forms)
    cookies = {key: morsel.value for key, morsel in client.cookies.items() if morsel.value}
    return Part(START.format(name), cookies, pages, sorted({form.action for form in forms if form.method == "post"}))


def worth_attacking(forms: list[Form]) -> list[Form]:
    """The forms to attack, without the version of their answers, with which a second save would be a conflict.

    A form with nothing in it but the token has no place for an attack. Logging out ends the session of the scanner:
    everything after it would be scanned as a visitor.
    """
    for form in forms:
        form.values = [(key, value) for key, value in form.values if key != "version"]
    return [
        form
        for form in forms
        if {key for key, _ in form.values} - {"csrfmiddlewaretoken"} and form.action not in END_THE_SESSION
    ]


def write_start(name: str, pages: list[str], forms: list[Form]) -> None:
    file = Path(settings.STATIC_ROOT) / START.format(name).removeprefix(settings.STATIC_URL)
    file.parent.mkdir(exist_ok=True)
    links = [f'<a href="{escape(page)}">{escape(page)}</a>' for page in pages]
    file.write_text("\n".join(["<!doctype html><title>To scan</title>", *links, *map(str, forms)]))


def main() -> None:
    """Print the parts for the process that starts the site."""
    json.dump({name: asdict(part) for name, part in make_parts().items()}, sys.stdout)
