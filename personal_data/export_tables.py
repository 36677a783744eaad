"""All that is kept of a person, as tables of plain values. An answer nobody gave is None."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from django.conf import settings
from django.db.models import Field, Model, QuerySet
from django.utils import timezone

from accounts.models import KnownBrowser, SecurityEvent, Session, User
from logs.models import DailyLog, Dose, Medication
from reflections.models import WeeklyReflection

BATCH = 50  # rows, each of them up to 70 kB of text


@dataclass(frozen=True)
class ExportTable:
    """A file of the download: its columns, each with the field that says what it means, and a person's rows."""

    name: str
    columns: dict[str, Field]
    rows: Callable[[User], Iterator[dict]]


def in_batches(rows: QuerySet, by: str) -> Iterator[Model]:
    """The rows in the order of a unique column. Holds neither many of them nor a cursor while somebody downloads."""
    batch = list(rows.order_by(by)[:BATCH])
    while batch:
        yield from batch
        batch = list(rows.filter(**{f"{by}__gt": attrgetter(by)(batch[-1])}).order_by(by)[:BATCH])


def columns_of(model: type[Model], *left_out: str) -> dict[str, Field]:
    """Every column but the key, those that lead to the person, and those left out: a new one is exported by itself."""
    return {
        field.name: field
        for field in model._meta.concrete_fields
        if not (field.primary_key or field.related_model or field.name in left_out)
    }


def row_of(row: Model, columns: dict[str, Field]) -> dict:
    return {name: getattr(row, name) for name in columns}


DAYS = columns_of(DailyLog)
DOSE = columns_of(Dose)
DOSES = {"date": DAYS["date"], "medication": Medication._meta.get_field("name")} | DOSE
MEDICATIONS = columns_of(Medication, "name_key", "uuid")
# With what its name is bound to.
NAME_OF_MEDICATION = [f"medication__{column}" for column in ("name", "user_id", "uuid")]
REFLECTIONS = columns_of(WeeklyReflection)
EVENTS = columns_of(SecurityEvent)
LOGINS = columns_of(Session, "session_data")
KNOWN_BROWSERS = columns_of(KnownBrowser, "token_hash")
# Neither what lets somebody in nor what is derived from another column.
PROFILE = columns_of(User, "password", "username_key", *User.COUNTER_FIELDS)


def days(person: User) -> Iterator[dict]:
    for log in in_batches(person.daily_logs.all(), by="date"):
        yield row_of(log, DAYS) | dict.fromkeys(log.moot)


def doses(person: User) -> Iterator[dict]:
    """Each with the day it belongs to."""
    found = Dose.objects.filter(daily_log__user=person).select_related("daily_log", "medication")
    for dose in in_batches(found.only("daily_log__date", *NAME_OF_MEDICATION, *DOSE), by="pk"):
        yield {"date": dose.daily_log.date, "medication": dose.medication.name} | row_of(dose, DOSE)


def medications(person: User) -> Iterator[dict]:
    for medication in person.medications.by_name():
        yield row_of(medication, MEDICATIONS)


def reflections(person: User) -> Iterator[dict]:
    for reflection in in_batches(person.weekly_reflections.all(), by="week_start"):
        yield row_of(reflection, REFLECTIONS)


def events(person: User) -> Iterator[dict]:
    for event in in_batches(person.security_events.all(), by="pk"):
        yield row_of(event, EVENTS)


def logins(person: User) -> Iterator[dict]:
    for session in in_batches(person.sessions.filter(expire_date__gt=timezone.now()), by="pk"):
        yield row_of(session, LOGINS)


def known_browsers(person: User) -> Iterator[dict]:
    for browser in in_batches(person.known_browsers.all(), by="pk"):
        yield row_of(browser, KNOWN_BROWSERS)


TABLES = (
    ExportTable("days", DAYS, days),
    ExportTable("doses", DOSES, doses),
    ExportTable("medications", MEDICATIONS, medications),
    ExportTable("reflections", REFLECTIONS, reflections),
    ExportTable("events", EVENTS, events),
    ExportTable("logins", LOGINS, logins),
    ExportTable("known_browsers", KNOWN_BROWSERS, known_browsers),
)


def profile(person: User) -> dict:
    """The person, and the ways they have of logging in, without what would let somebody else in."""
    factors = person.authenticator_set.order_by("pk")
    elsewhere = person.socialaccount_set.order_by("pk") if settings.PROVIDERS else []
    return row_of(person, PROFILE) | {
        "email_is_confirmed": person.emailaddress_set.filter(email__iexact=person.email, verified=True).exists(),
        "second_factors": [
            {"kind": factor.type, "name": str(factor), "added": factor.created_at, "last_used": factor.last_used_at}
            for factor in factors
        ],
        "accounts_elsewhere": [{"provider": account.provider, "number": account.uid} for account in elsewhere],
    }
