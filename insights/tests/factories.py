"""Factories of valid rows. Tests pass only the values that matter to them."""

import datetime

from django.utils import timezone

from accounts.tests.factories import make_person
from insights.findings.results import Findings
from insights.models import Appointment, Computation, Event, Guess, KeptFinding, Report
from insights.tests.reports import example_report

DAY = datetime.date(2026, 5, 4)


def make_appointment(user=None, date=DAY, with_whom="Dr Lee", **facts) -> Appointment:
    return Appointment.objects.create(user=user or make_person(), date=date, with_whom=with_whom, **facts)


def make_report(user=None, contents=None, **facts) -> Report:
    """A kept report, of the example unless said otherwise."""
    contents = contents or example_report()
    return Report.objects.create(
        user=user or make_person(),
        **{"first": contents.first, "last": contents.last, "title": contents.header.title}
        | {"content_json": contents.to_json()}
        | facts,
    )


def make_event(user=None, text="Moved house", date=DAY, **facts) -> Event:
    return Event.objects.create(user=user or make_person(), date=date, text=text, **facts)


def make_computation(user=None, findings: Findings | None = None, **facts) -> Computation:
    """One that is done, of the person's answers as they are. Without `findings`: nothing could be compared."""
    user, now = user or make_person(), timezone.now()
    result = findings or Findings(user.answers_version, None, None, ())
    done = {"kind": "findings", "state": "done", "requested_at": now, "started_at": now, "finished_at": now}
    done |= {"answers_version": user.answers_version, "progress": 100}
    done |= {"result_version": result.answers_version, "result_format": Computation.FORMAT, "computed_at": now}
    return Computation.objects.create(user=user, **done | {"result_json": result.to_json()} | facts)


def make_kept_finding(user=None, key="sleep_hours.focus_level.0", first_kept_on=DAY) -> KeptFinding:
    return KeptFinding.objects.create(user=user or make_person(), key=key, first_kept_on=first_kept_on)


def make_guess(user=None, exposure="sleep_quality", outcome="day_rating", lag=1, **facts) -> Guess:
    facts = {"number": 1, "asked_on": DAY} | facts
    return Guess.objects.create(user=user or make_person(), exposure=exposure, outcome=outcome, lag=lag, **facts)
