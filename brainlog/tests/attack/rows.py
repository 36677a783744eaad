"""Rows of people with hostile texts, and of another person whose rows must stay out of reach."""

import datetime
from collections.abc import Iterator

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, models

from accounts.models import Invitation, SecurityEvent, Session, User
from accounts.tests.factories import make_person
from brainlog.tests.addresses import DAY, SUNDAY
from brainlog.tests.attack.texts import packed
from insights.models import Appointment, Event, Report, ReportOpening
from insights.tests.factories import (
    make_appointment,
    make_computation,
    make_event,
    make_guess,
    make_kept_finding,
    make_report,
)
from insights.tests.links import make_link
from insights.tests.reports import example_report
from logs.models import DailyLog, Medication, OwnAnswer, OwnQuestion
from logs.own_kinds import KINDS
from logs.question_lists import QUESTION_LISTS
from logs.tests.factories import make_dose, make_full_log, make_log, make_medication, make_question_set
from logs.tests.own_questions import TYPED, make_answer, make_question
from operations.models import DatabaseReport
from reflections.models import OwnWeeklyAnswer, WeeklyReflection
from reflections.tests.factories import make_reflection
from reminders.models import Channel, Feed
from support.models import HelpLine, SupportPlan
from support.tests.factories import make_line

ONE_DAY = datetime.timedelta(days=1)
SECRET = "a secret of another person"

# The answers on which texts of a day depend.
ASKED = {
    "had_emotional_event": True,
    "is_crashing": True,
    "had_triggering_interaction": True,
    "medication_taken": True,
}


def text_columns() -> list[models.Field]:
    """All columns of all tables that can contain text of a person."""
    return [
        column
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField) and not column.choices
    ]


def label(column: models.Field) -> str:
    return f"{column.model._meta.label}.{column.name}"


# The beginning of a column's text, by which pages are searched for it.
CODES = {label(column): f"q{number:03}qq" for number, column in enumerate(text_columns())}


def hostile_texts(model: type[models.Model], number: int, *names: str) -> dict[str, str]:
    """A hostile text for each column of a row. Rows with other numbers get other texts."""
    texts = {}
    for column in text_columns():
        if column.model is model and (column.name in names or not names):
            code = CODES[label(column)]
            choice = packed((column.max_length or 4000) - 2, code)
            # With the number, for unique columns.
            texts[column.name] = choice[number % len(choice)].replace(code, f"{code}{number}", 1)
    return texts


def make_hostile(owner: User, staff: User) -> Iterator[models.Model]:
    """Rows for the pages of `owner` and for the admin, with every hostile text in every column."""
    for number in range(len(packed(100, "q000qq"))):
        yield make_person(**hostile_texts(User, number, "username", "display_name", "email", "timezone"))
        yield make_medication(owner, pk=number + 1, **hostile_texts(Medication, number, "name", "note"))
        yield make_event(owner, pk=number + 1, **hostile_texts(Event, number, "text"))
        yield make_appointment(owner, pk=number + 1, **hostile_texts(Appointment, number, "with_whom"))
        yield make_hostile_report(owner, number)
        yield make_hostile_question(owner, number)
        yield from make_hostile_lines(number)
        yield owner.sessions.create(
            key_hash=f"{number}" * 8, expire_date="2027-01-01T00:00Z", **hostile_texts(Session, number, "user_agent")
        )
        yield SecurityEvent.objects.create(
            person=owner, by=staff, kind="looked_at_day", **hostile_texts(SecurityEvent, number, "by_name", "device")
        )
        yield Channel.objects.create(
            user=owner, kind="push", address_key=number, **hostile_texts(Channel, number, "label", "destination")
        )
        yield Invitation.objects.create(
            expires_at="2027-01-01T00:00Z", token_hash=str(number), **hostile_texts(Invitation, number, "note")
        )
        yield Group.objects.create(**hostile_texts(Group, number))
        yield LogEntry.objects.create(
            user=staff,
            content_type=ContentType.objects.get_for_model(User),
            object_id=owner.pk,
            action_flag=CHANGE,
            **hostile_texts(LogEntry, number, "object_repr", "change_message"),
        )
    yield from make_hostile_days(owner)
    yield SupportPlan.objects.create(user=owner, **hostile_texts(SupportPlan, 0))
    yield EmailAddress.objects.create(user=owner, verified=True, primary=True, email="owner@example.org")
    yield Feed.objects.create(user=owner, token_hash="owner" * 6)
    # Of a former address, so that the page of channels offers to add the one of now.
    yield Channel.objects.create(user=owner, kind="email", destination="mail", address="former@example.org")
    for person in (owner, staff):
        person.display_name, person.email = hostile_texts(User, 0, "display_name")["display_name"], "owner@example.org"
        person.save()
    yield DatabaseReport.objects.create(figures=hostile_figures())


def make_hostile_question(owner: User, number: int) -> OwnQuestion:
    """A question for one of the lists. The rows of one list have different kinds."""
    texts = hostile_texts(OwnQuestion, number, "label", "ends_low", "ends_high", "unit", "gallery")
    code = CODES["logs.OwnQuestion.choices_json"]
    choices = list(enumerate(packed(58, code), start=1))[number % 5 :: 5] or [(1, code)]
    # Shifted by one: so the first question of the week is answered with a text.
    kind, check_in = [*KINDS][(number + 1) % len(KINDS)], [*QUESTION_LISTS][number % len(QUESTION_LISTS)]
    return make_question(owner, kind, pk=number + 1, check_in=check_in, choices=choices, **texts)


def answer_hostile_questions(row: models.Model, answers: type[models.Model], number: int):
    """Give each own question that a row can answer one, with hostile texts. An answer to a choice is its first one."""
    texts = hostile_texts(answers, number, "text")
    for question in OwnQuestion.objects.filter(user=row.user):
        if QUESTION_LISTS[question.check_in].answers is answers:
            first = question.choices[0][0] if question.choices else None
            value = {"line": texts["text"], "note": texts["text"], "choice": first, "several": [first]}
            make_answer(row, question, value.get(question.kind, TYPED[question.kind][1]))


def make_hostile_days(owner: User) -> Iterator[models.Model]:
    """Days, of which the last is that of the URLs; doses; and reflections."""
    medications = list(owner.medications.order_by("pk"))
    lines = packed(200, "q000qq")
    for number in reversed(range(len(lines))):
        log = make_full_log(owner, DAY - number * ONE_DAY, **hostile_texts(DailyLog, number), **ASKED)
        for medication in medications[number * 6 : number * 6 + 6]:
            make_dose(log, medication)
        answer_hostile_questions(log, OwnAnswer, number)
        yield log
    yield make_full_log(owner, owner.today(), **hostile_texts(DailyLog, 0), **ASKED)
    yield make_full_log(owner, owner.today() - ONE_DAY, **hostile_texts(DailyLog, 0), **ASKED)
    yield make_log(owner, DAY - 30 * ONE_DAY, not_tracked="ill")
    for weeks in range(2):
        week = make_reflection(owner, SUNDAY + weeks * 7 * ONE_DAY, **hostile_texts(WeeklyReflection, 0))
        answer_hostile_questions(week, OwnWeeklyAnswer, weeks)
        yield week


def hostile_figures() -> dict:
    """A report of dbreport about a database with hostile names."""
    texts = packed(60, "q000qq")
    tables = [{"table": text, "rows": 1, "bytes": 1000, "index_bytes": 10} for text in texts]
    return {"vendor": "sqlite", "database": {"bytes": 5000, "name": texts[0], "connections": None}, "tables": tables}


def make_hostile_report(owner: User, number: int) -> Report:
    """Its content is JSON: the hostile texts are in what it says."""
    text = hostile_texts(Report, number, "content_json")["content_json"]
    return make_report(
        owner, example_report(question=text, words=text), pk=number + 1, **hostile_texts(Report, number, "title")
    )


def make_hostile_lines(number: int) -> Iterator[HelpLine]:
    """One of the owner's country, on the page of help; and one for the admin alone, which refuses such numbers and
    addresses of sites when they are typed."""
    ways = ("phone", "text_number", "website")
    texts = hostile_texts(HelpLine, number, "name", "text_word", "hours", "languages", "source")
    yield make_line(**texts, country="US", phone="911", text_number="911")
    yield make_line(**texts, country="AQ", **hostile_texts(HelpLine, number, *ways))


def make_secret(other: User):
    """A row in each table of a person's data."""
    log = make_full_log(other, DAY, dreams=SECRET)
    make_dose(log, make_medication(other, SECRET, pk=1000, note=SECRET))
    reflection = make_reflection(other, SUNDAY, week_highlights=SECRET)
    make_answer(log, make_question(other, "line", pk=1000, label=SECRET), SECRET)
    make_answer(reflection, make_question(other, "note", pk=1001, label=SECRET, check_in="week"), SECRET)
    make_question_set(other, "dreams")
    make_event(other, SECRET, pk=1000)
    make_appointment(other, with_whom=SECRET, pk=1000)
    make_link(make_report(other, example_report(question=SECRET), title=SECRET, pk=1000))
    ReportOpening.objects.create(link=other.report_links.get(), user=other)
    SupportPlan.objects.create(user=other, plan=SECRET, people=SECRET)
    other.hidden_days.create(date=DAY)
    make_computation(other, result_json=SECRET)
    make_kept_finding(other)
    make_guess(other)
    other.display_name, other.email = SECRET, "secret@example.org"
    other.save()
    EmailAddress.objects.create(user=other, verified=True, primary=True, email="secret@example.org")
    SecurityEvent.objects.create(person=other, kind="signed_in", device=SECRET)
    Feed.objects.create(user=other, token_hash="other" * 6)
    Channel.objects.create(user=other, kind="email", destination="mail", address=SECRET)
    other.sessions.create(key_hash="other" * 6, expire_date="2027-01-01T00:00Z", user_agent=SECRET)


def count_on(*tables: type[models.Model]):
    """Set PostgreSQL's sequences after rows that were inserted with explicit keys."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)
