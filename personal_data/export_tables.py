"""All that is kept of a person, as tables of plain values. An answer that was not given is None."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from django.conf import settings
from django.db.models import Field, Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import KnownBrowser, SecurityEvent, Session, User
from insights.models import (
    Appointment,
    Computation,
    Event,
    Guess,
    HiddenDay,
    KeptFinding,
    Report,
    ReportLink,
    ReportOpening,
)
from logs.fields import Answer
from logs.models import DailyLog, Dose, Medication, OwnQuestion, attach_own_answers
from logs.parts import Part
from logs.questions import Question
from logs.stages import STAGES
from reflections.models import WEEK, WeeklyAnswers, WeeklyReflection, weekly_questions
from reminders.models import Channel, Delivery, Feed, Plan
from support.models import SupportPlan

BATCH = 50  # rows, each of them up to 70 kB of text


@dataclass(frozen=True)
class Column:
    """A column of the download: its name, what it means, what its values mean, and how it is read from a row."""

    name: str
    meaning: str
    values: str
    read: Callable[[Model], object]


@dataclass(frozen=True)
class ExportTable:
    """A file of the download: a person's columns, and their rows."""

    name: str
    columns: Callable[[User], list[Column]]
    rows: Callable[[User], Iterator[Model]]

    def values(self, person: User) -> Iterator[dict]:
        """Each row as plain values by the name of their column."""
        columns = self.columns(person)
        for row in self.rows(person):
            yield {column.name: column.read(row) for column in columns}


def in_batches(rows: QuerySet, by: str, prepare: Callable[[list], None] = lambda batch: None) -> Iterator[Model]:
    """The rows in the order of a unique column. Holds neither many of them nor a cursor during a download.

    `prepare` reads what belongs to the rows of a batch.
    """
    batch = list(rows.order_by(by)[:BATCH])
    while batch:
        prepare(batch)
        yield from batch
        batch = list(rows.filter(**{f"{by}__gt": attrgetter(by)(batch[-1])}).order_by(by)[:BATCH])


def column_of(field: Field) -> Column:
    values = field.kind.legend() if isinstance(field, Answer) else ", ".join(map(str, dict(field.flatchoices)))
    return Column(field.name, field.verbose_name, values, attrgetter(field.name))


def columns_of(model: type[Model], *left_out: str) -> list[Column]:
    """Every column but the key, those that lead to the person, and those left out: a new one is exported by itself."""
    return [
        column_of(field)
        for field in model._meta.concrete_fields
        if not (field.primary_key or field.related_model or field.name in left_out)
    ]


def columns_asked(questions: Iterable[Question]) -> list[Column]:
    """A column for each question. Doses have a table of their own."""

    def reader(question):
        return lambda row: None if question.is_left_out(row) else question.read(row)

    return [
        Column(question.name, question.label, question.kind.legend(), reader(question))
        for question in questions
        if question.kind
    ]


class AskedNames(dict):
    """The names in a person's sets of questions, by key. One query for each set, when it is first read.

    None for the key None, and for a set that was wiped during the download.
    """

    def __init__(self, person: User):
        super().__init__()
        self.person = person

    def __missing__(self, key):
        found = () if key is None else self.person.question_sets.filter(pk=key).values_list("names", flat=True)
        self[key] = next(iter(found), None)
        return self[key]


def columns_recorded(model: type[Model], part: Part, facts: dict[str, Column], names: AskedNames) -> list[Column]:
    """When a check-in or week was done and first answered, and what it asked. Takes them out of `facts`."""
    meaning = model._meta.get_field(part.asked).verbose_name
    asked = Column(part.asked, meaning, "", lambda row: names[getattr(row, part.asked_id)])
    return [*(facts.pop(name) for name in (part.completed_at, *part.kept_off_pages)), asked]


def day_columns(person: User) -> list[Column]:
    """The date, the answers of each check-in with what is recorded of it, then what else is known of a day."""
    columns = columns_of(DailyLog, *(name for stage in STAGES for name in stage.field_names))
    facts, names = {column.name: column for column in columns}, AskedNames(person)
    stages = [
        [*columns_asked(stage.questions(person)), *columns_recorded(DailyLog, stage.part, facts, names)]
        for stage in STAGES
    ]
    date = facts.pop("date")
    return [date, *(column for columns in (*stages, facts.values()) for column in columns)]


def reflection_columns(person: User) -> list[Column]:
    columns = columns_of(WeeklyReflection, *(field.name for field in WeeklyAnswers.fields()))
    facts = {column.name: column for column in columns}
    recorded = columns_recorded(WeeklyReflection, WEEK, facts, AskedNames(person))
    first = facts.pop("week_start")
    return [first, *columns_asked(weekly_questions(person)), *recorded, *facts.values()]


def own_question_columns(person: User) -> list[Column]:
    """With the name of the column that its answers are in."""
    name = Column("name", _("name"), _("that of the column of its answers"), attrgetter("name"))
    return [name, *columns_of(OwnQuestion, "uuid")]


def dose_columns(person: User) -> list[Column]:
    """With the day it belongs to, and the name of the medication."""
    return [
        Column("date", _("date"), "", attrgetter("daily_log.date")),
        Column("medication", _("name"), "", attrgetter("medication.name")),
        *columns_of(Dose),
    ]


def always(columns: list[Column]) -> Callable[[User], list[Column]]:
    """The same columns for everyone."""
    return lambda person: columns


# Columns that the rows of doses are read with: what is shown, and what the medication's name is bound to.
DOSES_READ = (
    "daily_log__date",
    *(f"medication__{column}" for column in ("name", "user_id", "uuid")),
    *(column.name for column in columns_of(Dose)),
)
# Neither what lets a person in nor what is derived from another column.
PROFILE = columns_of(User, "password", "username_key", "has_own_questions", *User.COUNTER_FIELDS)


COMPUTED_APART = ("claim", "lease_until", "attempts", "result_format")


def days(person: User) -> Iterator[Model]:
    yield from in_batches(person.daily_logs.all(), by="date", prepare=attach_own_answers)


def doses(person: User) -> Iterator[Model]:
    found = Dose.objects.filter(daily_log__user=person).select_related("daily_log", "medication")
    yield from in_batches(found.only(*DOSES_READ), by="pk")


def medications(person: User) -> Iterator[Model]:
    yield from person.medications.by_name()


def own_questions(person: User) -> Iterator[Model]:
    yield from person.own_questions.all()


def happened(person: User) -> Iterator[Model]:
    yield from person.events.all()


def hidden_days(person: User) -> Iterator[Model]:
    yield from in_batches(person.hidden_days.all(), by="pk")


def computations(person: User) -> Iterator[Model]:
    yield from person.computations.all()


def kept_findings(person: User) -> Iterator[Model]:
    yield from person.kept_findings.all()


def guesses(person: User) -> Iterator[Model]:
    yield from person.guesses.all()


def reflections(person: User) -> Iterator[Model]:
    yield from in_batches(person.weekly_reflections.all(), by="week_start", prepare=attach_own_answers)


def appointments(person: User) -> Iterator[Model]:
    yield from person.appointments.all()


def reports(person: User) -> Iterator[Model]:
    yield from in_batches(person.reports.all(), by="pk")


def report_links(person: User) -> Iterator[Model]:
    yield from in_batches(person.report_links.select_related("report").defer("report__content_json"), by="pk")


def report_link_columns() -> list[Column]:
    """With when its report was made. Neither the token nor the passphrase: with those, a link would be open."""
    made = Column("report_made_at", _("when its report was made"), "", attrgetter("report.made_at"))
    passphrase = Column("has_passphrase", _("asks for a passphrase"), "", attrgetter("has_passphrase"))
    return [made, *columns_of(ReportLink, "token_hash", "passphrase_hash"), passphrase]


def report_openings(person: User) -> Iterator[Model]:
    yield from in_batches(person.report_openings.select_related("link"), by="pk")


def report_opening_columns() -> list[Column]:
    """With when its link was made."""
    made = Column("link_created_at", _("when the link was made"), "", attrgetter("link.created_at"))
    return [made, *columns_of(ReportOpening)]


def events(person: User) -> Iterator[Model]:
    yield from in_batches(person.security_events.all(), by="pk")


def logins(person: User) -> Iterator[Model]:
    yield from in_batches(person.sessions.filter(expire_date__gt=timezone.now()), by="pk")


def known_browsers(person: User) -> Iterator[Model]:
    yield from in_batches(person.known_browsers.all(), by="pk")


def support_plan(person: User) -> Iterator[Model]:
    yield from SupportPlan.objects.filter(user=person)


def reminder_plan(person: User) -> Iterator[Model]:
    yield from Plan.objects.filter(user=person)


def reminder_channels(person: User) -> Iterator[Model]:
    yield from person.reminder_channels.all()


def reminder_deliveries(person: User) -> Iterator[Model]:
    yield from in_batches(person.reminder_deliveries.select_related("channel"), by="pk")


def delivery_columns() -> list[Column]:
    """With the kind of the channel."""
    kinds = Channel._meta.get_field("kind")
    kind = Column("channel", kinds.verbose_name, ", ".join(dict(kinds.flatchoices)), attrgetter("channel.kind"))
    return [kind, *columns_of(Delivery)]


TABLES = (
    ExportTable("days", day_columns, days),
    ExportTable("doses", dose_columns, doses),
    ExportTable("medications", always(columns_of(Medication, "name_key", "uuid")), medications),
    ExportTable("own_questions", own_question_columns, own_questions),
    ExportTable("reflections", reflection_columns, reflections),
    ExportTable("appointments", always(columns_of(Appointment, "uuid")), appointments),
    ExportTable("reports", always(columns_of(Report, "uuid")), reports),
    ExportTable("report_links", always(report_link_columns()), report_links),
    ExportTable("report_openings", always(report_opening_columns()), report_openings),
    # Beside "events", which are those of the account.
    ExportTable("happened", always(columns_of(Event, "uuid")), happened),
    ExportTable("hidden_days", always(columns_of(HiddenDay)), hidden_days),
    # Neither who computes it nor the format of a result, which the result itself has.
    ExportTable("computations", always(columns_of(Computation, *COMPUTED_APART)), computations),
    ExportTable("kept_findings", always(columns_of(KeptFinding)), kept_findings),
    ExportTable("guesses", always(columns_of(Guess)), guesses),
    ExportTable("support_plan", always(columns_of(SupportPlan)), support_plan),
    ExportTable("reminder_plan", always(columns_of(Plan)), reminder_plan),
    # Neither tokens nor addresses: who has them can send reminders to this person.
    ExportTable("reminder_channels", always(columns_of(Channel, "uuid", "address", "address_key")), reminder_channels),
    ExportTable("reminder_deliveries", always(delivery_columns()), reminder_deliveries),
    ExportTable("events", always(columns_of(SecurityEvent)), events),
    ExportTable("logins", always(columns_of(Session, "session_data")), logins),
    ExportTable("known_browsers", always(columns_of(KnownBrowser, "token_hash")), known_browsers),
)


def profile(person: User) -> dict:
    """The person, and the ways they have of logging in, without what would let others in."""
    factors = person.authenticator_set.order_by("pk")
    elsewhere = person.socialaccount_set.order_by("pk") if settings.PROVIDERS else []
    feed = Feed.objects.filter(user=person).first()
    return {column.name: column.read(person) for column in PROFILE} | {
        "calendar_feed_added": feed and feed.created_at,
        "email_is_confirmed": person.emailaddress_set.filter(email__iexact=person.email, verified=True).exists(),
        "second_factors": [
            {"kind": factor.type, "name": str(factor), "added": factor.created_at, "last_used": factor.last_used_at}
            for factor in factors
        ],
        "accounts_elsewhere": [{"provider": account.provider, "number": account.uid} for account in elsewhere],
    }
