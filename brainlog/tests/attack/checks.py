"""Invariants to check after any request to a form."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from django.db import models
from django.urls import resolve

from accounts.models import User, timezone_names
from brainlog.forms import is_blank
from brainlog.tests.attack.rows import SECRET
from brainlog.tests.attack.world import SENT_BY_SCRIPTS, Found, World, html_of
from logs.doses_field import BUTTONS
from logs.models import DailyLog, Medication, OwnAnswer, OwnQuestion
from logs.stages import STAGES
from reflections.models import WEEK, OwnWeeklyAnswer, WeeklyReflection
from support.models import SupportPlan
from testing.forms import TYPED, Form, forms_in

# Columns that any request may change.
RECORDS = {"accounts_session", "accounts_throttle", "accounts_securityevent", "django_admin_log"}
# The browser is remembered before it is known whether the person can add a device.
MORE_RECORDS = {"reminders:channel_add": {"accounts_knownbrowser"}}

# These respond with a page when they are done; all others redirect.
DONE_AT_ONCE = {
    *("logs:delete", "reflections:delete", "reminders:feed", "reminders:email_off", *SENT_BY_SCRIPTS),
    "insights:new_report_link",  # It shows the address, which no later page does.
}

# In the list of what was typed for questions that the person does not have.
UNKNOWN_QUESTION = "A question of your own is not there any more."

UNDO = {"logs:undo", "logs:undo_medication", "reflections:undo", "support:undo"}

OWNED = {
    model._meta.db_table: model for model in (User, DailyLog, Medication, OwnQuestion, WeeklyReflection, SupportPlan)
}

OWN_ANSWERS = {model._meta.db_table: model for model in (OwnAnswer, OwnWeeklyAnswer)}

# The field is on the page for password managers only.
SHOW_THE_NAME = {"admin:auth_user_password_change"}

# Columns that change together with others.
BOOKKEEPING = {
    *("updated_at", "answers_version", "answers_saved_at", "last_login", "password", "username_key", "name_key"),
    "one_question_only",  # Of a row that is made on a day of one question.
    # When a check-in or week was done and first answered, and what it asked.
    *(column for part in (WEEK, *(stage.part for stage in STAGES)) for column in (*part.columns, part.asked_id)),
}

# Columns that forms change without a field of that name.
OTHERWISE = {
    "accounts:pause_notices": {"notices_paused_until"},
    "reminders:reminders": {"check_in_times", "reminders_paused_until"},
    "reminders:later": {"check_in_times"},
    "reminders:pause": {"reminders_paused_until"},
    "insights:year": {"year_question"},
    "logs:ask_one": {"one_question_on"},
    "logs:catch_up": {"catch_up_declined_for"},
    "logs:decline_catch_up": {"catch_up_declined_for"},
    "logs:not_tracked": {"not_tracked"},
    "logs:not_tracked_days": {"not_tracked"},
    "logs:tracked": {"not_tracked"},
    "logs:medication_taken": {"medication_taken", "reason_for_skipping"},
    # Where questions are asked, and which check-ins are on: a list that asks nothing is switched off.
    "logs:questions": {"question_choices", "place"},
    "logs:new_question": {"question_choices", "has_own_questions"},
    "logs:question_gallery": {"question_choices", "has_own_questions", "place", "archived_at"},
    "logs:own_question": {"question_choices", "has_own_questions", "place", "archived_at", "choices_json"}
    # What the kind does not ask for is emptied; a text that came in without a key is encrypted again.
    | {"label", "ends_low", "ends_high", "unit"},
    "personal_data:wipe": {"has_own_questions"},
    "support:stop_offering": {"is_offered_help"},
    # Asked once; fewer questions, or a pause.
    "worth_it": {"worth_it_answered_on", "question_choices", "place", "notices_paused_until"},
}


def are_alike(row: dict, other: dict, *names: str) -> bool:
    return all(row.get(name) == other.get(name) for name in names)


def spellings(text: str) -> set[str]:
    """The forms in which a text may be stored: without surrounding white space, and normalized."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    trimmed, normal = text.strip(), unicodedata.normalize("NFKC", text.strip())
    return {trimmed, " ".join(trimmed.split()), normal, normal.strip(), trimmed.lower()}


# Ten times what the shortest field takes, see brainlog.forms.ShortBoundField.
MUCH_TOO_LONG = 300
OWN_WORDS = {"logs:check_in", "logs:one_question", "logs:catch_up", "reflections:week", "support:plan"}


def as_shown_again(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def texts_of(model: type[models.Model]) -> list[models.Field]:
    return [
        column
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField) and not column.choices
    ]


@dataclass
class Attack:
    world: World
    found: Found
    received: dict[str, list[str]]
    response: object
    before: dict[str, dict]
    after: dict[str, dict]

    def check(self):
        self.is_answered()
        if not self.found.is_admin:
            self.is_in_our_design()
            self.check_rows_of_other_person()
        self.is_all_or_nothing()
        self.shows_what_was_typed()
        if self.response.status_code == 302 and not self.found.is_admin:
            self.changes_only_what_it_asks_for()
            self.makes_nothing_up()
            self.loses_nothing()
            self.loses_no_own_answer()

    # State

    @cached_property
    def html(self) -> str:
        return html_of(self.response)

    @property
    def is_a_file(self) -> bool:
        return "attachment" in self.response.headers.get("Content-Disposition", "")

    @cached_property
    def changes(self) -> list[tuple[str, dict | None, dict | None]]:
        """All differences: table, row before, and row after."""
        return [
            (table, self.before[table].get(key), self.after[table].get(key))
            for table in self.after
            if table not in RECORDS | MORE_RECORDS.get(self.found.name, set())
            if self.before[table] != self.after[table]  # Most are equal, which is seen much sooner without a loop.
            for key in self.before[table].keys() | self.after[table].keys()
            if self.before[table].get(key) != self.after[table].get(key)
        ]

    @property
    def changes_of_refusal(self) -> list:
        """What changed, but for the count of wrong passphrases of a link, which each refused one adds to."""

        def without_count(row):
            return row and {name: value for name, value in row.items() if name != "wrong_passphrases"}

        return [
            change
            for change in self.changes
            if change[0] != "insights_reportlink" or without_count(change[1]) != without_count(change[2])
        ]

    @cached_property
    def lists_of_errors(self) -> list[str]:
        return re.findall(r'<div class="errors".*?</ul>', self.html, re.DOTALL)

    def last(self, name: str) -> str:
        return self.received.get(name, [""])[-1]

    @cached_property
    def row(self) -> models.Model | None:
        """The row that the URL refers to, as it is now."""
        person, match = self.world.people["owner"], resolve(self.found.form.action)
        name = match.view_name
        if name in {"logs:check_in", "logs:not_tracked", "logs:tracked"}:
            return DailyLog.objects.filter(user=person, date=match.kwargs["day"]).first()
        if name == "reflections:week":
            return WeeklyReflection.objects.filter(user=person, week_start=match.kwargs["day"]).first()
        if name == "support:plan":
            return SupportPlan.objects.filter(user=person).first()
        if name == "logs:medication":
            return Medication.objects.get(pk=match.kwargs["pk"])
        if name == "logs:own_question":
            return OwnQuestion.objects.filter(pk=match.kwargs["pk"]).first()
        return User.objects.get(pk=person.pk) if name in {"accounts:profile", "accounts:email"} else None

    # Invariants

    def is_answered(self):
        assert self.response.status_code in {200, 302, 400, 403, 404, 413, 429}
        if there := self.response.headers.get("Location"):
            assert urlsplit(there).netloc == "" and re.match(r"/(?![/\\])|$", there), there

    def is_in_our_design(self):
        if self.response.headers.get("Content-Type") == "application/json":
            assert self.found.name in SENT_BY_SCRIPTS
        elif self.response.status_code != 302 and not self.is_a_file:
            assert "Brain Log</title>" in self.html
        for why in self.lists_of_errors:
            assert "<li>" in why and not re.search(r"<li>\s*</li>", why), "Refused without a word."
        assert SECRET not in self.html

    def check_rows_of_other_person(self):
        for table, keys in self.world.of_other_person.items():
            rows = [{key: rows[table].get(key) for key in keys} for rows in (self.before, self.after)]
            assert rows[0] == rows[1], table

    def is_all_or_nothing(self):
        """Of answers, those without an error are stored."""
        is_popup = self.found.is_admin and "_popup" in self.received  # It answers with a page that closes itself.
        if self.response.status_code == 302 or self.found.name in DONE_AT_ONCE or is_popup:
            return
        # Both can be on one page: what was typed for a question that the person does not have is a list of its own.
        errors = "".join(each for each in self.lists_of_errors if UNKNOWN_QUESTION not in each)
        # A 404 that came back with the form, for that list alone.
        is_partly_saved = "Saved, except for:" in errors or (self.response.status_code == 404 and not errors)
        if not self.asks_for_answers or not is_partly_saved:
            assert self.changes_of_refusal == []
            return
        wrong = set(re.findall(r'href="#field-([\w-]+)"', errors))
        for table, before, after in self.changes:
            if table in OWNED and after:
                assert not {name for name in wrong if (before or {}).get(name) != after.get(name)}
            elif table in OWN_ANSWERS:
                assert f"own-{(after or before)['question_id']}" not in wrong
        self.changes_only_what_it_asks_for()
        self.makes_nothing_up()

    def shows_what_was_typed(self):
        """If the page is shown again, with errors or with another row."""
        if self.response.status_code != 200 or self.is_a_file or self.found.name in SHOW_THE_NAME:
            return
        if "_saveasnew" in self.received or 'id="django-admin-popup-response-constants"' in self.html:
            return  # The admin shows another page then, or one that closes itself.
        again = self.same_form()
        for name, field in self.found.form.fields.items():
            if field.kind in TYPED and self.received.get(name) and again and self.is_asked(name):
                shown, typed = as_shown_again(again.fields[name].shown[-1]), as_shown_again(self.last(name))
                assert shown == typed or self.is_not_sent_back(shown, typed), name

    @property
    def asks_for_answers(self) -> bool:
        return self.found.name.split()[0] in OWN_WORDS

    def is_not_sent_back(self, shown: str, typed: str) -> bool:
        """Whether a text much too long for a short field, such as a name, is not shown. Long notes are always shown."""
        return shown == "" and len(typed) > MUCH_TOO_LONG and self.found.name not in OWN_WORDS

    def same_form(self) -> Form | None:
        forms = [form for form in forms_in(self.html, self.found.form.action) if form.action == self.found.form.action]
        most = max(forms, key=lambda form: len(form.names & self.found.form.names), default=None)
        assert most or self.found.name in DONE_AT_ONCE
        return most

    def is_asked(self, name: str) -> bool:
        """The number of rows of doses is what the request states."""
        if row := re.match(r"doses-(\d+)-", name):
            total = self.last("doses-TOTAL_FORMS").strip()
            is_moved = self.received.keys() & BUTTONS
            return bool(re.fullmatch("[0-9]{1,10}", total)) and int(row[1]) < int(total) and not is_moved
        return True

    def changes_only_what_it_asks_for(self):
        if self.found.name in UNDO:
            return  # It asks for nothing by name, and brings back what was: see makes_nothing_up().
        asked = self.found.form.names | BOOKKEEPING | OTHERWISE.get(self.found.name, set())
        for table, before, after in self.changes:
            if table in OWNED and before and after:
                changed = {name for name in after if before[name] != after[name]}
                assert changed <= asked, f"{table}: {changed - asked}"

    def makes_nothing_up(self):
        """Stored texts were sent, unanswered questions are empty, and restored rows equal the deleted ones."""
        for table, before, after in self.changes:
            if table in OWNED and after and self.found.name in UNDO:
                key = next(name for name in ("date", "week_start", "id") if name in after)
                same = [row for row in self.world.start[table].values() if are_alike(row, after, "user_id", key)]
                was = same[0] if same else after
                assert {name for name in after if after[name] != was[name]} <= BOOKKEEPING | {"id"}
            elif table in OWNED and after:
                self.has_only_what_was_sent(OWNED[table]._base_manager.get(pk=after["id"]), before or {}, after)
            elif table in OWN_ANSWERS and after and self.found.name not in UNDO:
                self.was_sent(OWN_ANSWERS[table].objects.get(pk=after["id"]))

    @cached_property
    def sent(self) -> set[str]:
        """All that was sent, in the forms in which it may be stored."""
        return {spelling for values in self.received.values() for value in values for spelling in spellings(value)}

    def was_sent(self, answer: OwnAnswer | OwnWeeklyAnswer):
        name = f"own-{answer.question_id}"
        assert any(key == name or key.startswith(f"{name}-") for key in self.received), name
        assert answer.text is None or answer.text in self.sent, name

    def has_only_what_was_sent(self, row: models.Model, before: dict, after: dict):
        if isinstance(row, OwnQuestion) and self.found.name == "logs:question_gallery":
            assert row.gallery == self.last("entry")
            return
        for column in texts_of(type(row)):
            is_new = before.get(column.column) != after[column.column] and column.name not in BOOKKEEPING
            # A time zone is found by a city, in any spelling: it is one of those there are.
            read_as = set(timezone_names()) if column.name == "timezone" else set()
            read_as |= self.texts_before(row, column)
            if column.name == "choices_json":
                lines = {line.strip() for line in self.last("choices").splitlines()}
                assert not is_new or lines >= {words for _id, words in row.choices} or row.choices_json in read_as
                continue
            assert not is_new or getattr(row, column.name) in self.sent | {None, ""} | read_as, column
            assert not is_new or "\N{REPLACEMENT CHARACTER}" not in (getattr(row, column.name) or ""), column
        for column in row._meta.concrete_fields:
            if column.null and column.name in self.found.form.names:
                is_answered = any(value.strip() for value in self.received.get(column.name, []))
                assert is_answered or after[column.column] in (None, "", before.get(column.column)), column

    def texts_before(self, row: models.Model, column: models.Field) -> set[str]:
        """The text of an own question before: what came in without a key is encrypted again as it was."""
        rows = self.world.rows if isinstance(row, OwnQuestion) else []
        return {getattr(each, column.name) for each in rows if type(each) is type(row) and each.pk == row.pk}

    def loses_nothing(self):
        """Each typed text that has anything to see is stored, if its question was asked."""
        columns = {column.name: column for column in texts_of(type(self.row))} if self.row else {}
        for name in columns.keys() & self.found.form.names:
            question, wanted = getattr(columns[name], "shown_when", None) or (None, None)
            is_asked = question is None or getattr(self.row, question) == wanted
            if not is_blank(self.last(name)) and is_asked and self.last(f"keep-{name}") != "saved":
                assert getattr(self.row, name) in spellings(self.last(name)), name
        if self.found.name == "logs:check_in medication" and self.row and self.row.medication_taken:
            assert self.last("keep-doses") == "saved" or self.typed_doses <= self.stored_doses

    def loses_no_own_answer(self):
        """Each text typed as the answer to an own question is stored."""
        if not self.asks_for_answers or not hasattr(self.row, "own_answers"):
            return
        texts = {answer.question.name: answer.text for answer in self.row.own_answers.select_related("question")}
        for question in OwnQuestion.objects.filter(user=self.row.user, kind__in=["line", "note"]):
            typed = self.last(question.name) if question.name in self.found.form.names else ""
            if not is_blank(typed) and self.last(f"keep-{question.name}") != "saved":
                assert texts.get(question.name) in spellings(typed), question.name

    @property
    def typed_doses(self) -> set[str]:
        """The medications of rows that were not removed."""
        names = [name for name in self.received if re.fullmatch(r"doses-\d+-medication", name)]
        rows = [name.removesuffix("medication") for name in names]
        kept = [row for row in rows if self.is_asked(row) and not self.last(f"{row}DELETE")]
        return {Medication.key_of(self.last(f"{row}medication")) for row in kept} - {""}

    @property
    def stored_doses(self) -> set[str]:
        return {Medication.key_of(dose.medication.name) for dose in self.row.doses.select_related("medication")}
