"""Undo of a save or a deletion: the page gets the answers as they were as signed text, and sends it back.

The server keeps none of it, but for what is too long for the cookie of messages: until the next page is shown, that is
in the session. An envelope is good for ten minutes, for one person, in the login that it was made in.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.base import DeserializationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brainlog.database.retry import retry_on_conflict
from logs.medication_list import ListFullError
from logs.parts import Part
from logs.question_lists import is_done, still_open
from logs.questions import OWN_NAME, Question
from logs.recording import Record, Recorder, Restorer
from logs.saving import Change, save_answers
from logs.waiting_saves import is_waiting_save

MINUTES = 10
# Characters. A day whose texts are all as long as they may be takes half of it.
LONGEST = 1_000_000
# Before what an envelope is about, if the change that it undoes was itself an undo.
UNDO = "undo "

TOO_LATE = _("This can no longer be undone. Nothing was changed.")
UNDONE_ALREADY = _("This was undone already. Nothing was changed.")
CHANGED_SINCE = _("Newer answers were saved since then. They stay as they are, and nothing was undone.")
LIST_FULL = _("Your list of medications is full. Those of these doses are not on it any more, so nothing was changed.")

# The questions about a row, by the part of it that they belong to; None for those of no part.
Parts = Mapping[Part | None, Sequence[Question]]


class CannotUndoError(Exception):
    """Nothing was changed. The message is for the person."""


class CannotUndoNowError(CannotUndoError):
    """The same envelope may work later."""


class ChangedSinceError(CannotUndoNowError):
    """Newer answers are in the way."""


@contextmanager
def refuse_other_formats() -> Iterator[None]:
    """Refuse what another release may have sealed: other questions, or other answers."""
    try:
        yield
    except (LookupError, TypeError, ValueError, FieldDoesNotExist, ValidationError, DeserializationError) as error:
        raise CannotUndoError(TOO_LATE) from error


# ── Envelopes ────────────────────────────────────────────────────────────────────────────────────


class Json(signing.JSONSerializer):
    def dumps(self, obj):
        return json.dumps(obj, separators=(",", ":"), cls=DjangoJSONEncoder).encode("latin-1")


def seal(user, session, address: str, about: str, change: Change) -> str:
    """What undoes a change if it is posted to `address`: signed, private texts encrypted. `about` names the save."""
    content = [user.pk, login_of(session), about, change.answers, change.times, change.records]
    return signing.dumps(content, salt=f"logs.undo {address}", serializer=Json, compress=True)


def login_of(session) -> str:
    """When the person logged in. It stays the same when the session gets a new key."""
    return session.row.created_at.isoformat()


def opened(request) -> tuple[str, Change]:
    """What the envelope that was posted is about, and the change that it undoes.

    Raises Http404 for one that was not made for this person and address, and CannotUndoError for one that is over.
    """
    envelope = request.POST.get("envelope", "")
    if len(envelope) > LONGEST:
        raise Http404
    try:
        salt = f"logs.undo {request.path}"
        content = signing.loads(envelope, salt=salt, serializer=Json, max_age=MINUTES * 60)
    except signing.SignatureExpired as error:
        raise CannotUndoError(TOO_LATE) from error
    except signing.BadSignature as error:
        raise Http404 from error
    with refuse_other_formats():
        user_id, login, about, answers, times, records = content
        answers = {name: (packed, *digests) for name, (packed, *digests) in dict(answers).items()}
        change = Change(answers, dict(times), dict(records))
    if user_id != request.user.pk:
        raise Http404
    if login != login_of(request.session):
        raise CannotUndoError(TOO_LATE)
    return about, change


def say(request, text: str, *, saved: str = "", address: str = "", about: str = "", change: Change | None = None):
    """Add a message that something was saved, with a button that undoes the change, if there is one.

    `saved` names the pages whose drafts can go, with commas between them, for the page's script. The script that sends
    what waited has removed that draft itself. Its message is shown later, on any page, while drafts of other tabs may
    be sent and not confirmed yet: they stay.
    """
    if is_waiting_save(request):
        saved = ""
    tags = saved
    if change and change.answers:
        tags = f"{saved} {address} {seal(request.user, request.session, address, about, change)}"
    messages.success(request, str(text), extra_tags=tags)


def say_partly(request, *, address: str, about: str = "", change: Change | None, wrap: Callable[[str], str] = str):
    """The same for a page with errors, if some of its answers were saved. The page still shows what was typed.

    `wrap` adds to the message.
    """
    if change and change.answers:
        say(request, wrap(_("The other answers are saved.")), address=address, about=about, change=change)


def say_undone(request, name: str, *, address: str, about: str, change: Change):
    """Say that a save of `name` was undone, or that an undo of it was. The button undoes that in turn."""
    if about.startswith(UNDO):
        text, about = _("Brought back. %(name)s is as it was before you undid it."), about.removeprefix(UNDO)
    else:
        text, about = _("Undone. %(name)s is as it was before."), UNDO + about
    say(request, text % {"name": name}, address=address, about=about, change=change)


def explain(request, refusal: CannotUndoError, in_the_way: str) -> bool:
    """Say why a deletion was not undone; `in_the_way` if newer answers are there.

    Returns whether the page of the deletion is to be shown again, which holds the only copy of the answers: undoing may
    work later.
    """
    messages.error(request, in_the_way if isinstance(refusal, ChangedSinceError) else str(refusal))
    return isinstance(refusal, CannotUndoNowError)


# ── Undoing ──────────────────────────────────────────────────────────────────────────────────────


def undo(find_row: Callable, parts: Parts, change: Change) -> Change:
    """Give a person's row the answers it had before a change, and return what this changes in turn.

    `find_row()` returns the row, locked, or an unsaved one. Raises CannotUndoError.
    """
    try:
        return write_back(find_row, parts, change)
    except ListFullError as error:
        raise CannotUndoNowError(LIST_FULL) from error
    except IntegrityError as error:
        raise CannotUndoError(TOO_LATE) from error


@retry_on_conflict
def write_back(find_row: Callable, parts: Parts, change: Change) -> Change:
    row = find_row()
    is_new = row._state.adding
    answers = answers_before(row, parts, change)
    stamps, recorders = stamps_with(row, answers, parts, change.times), restorers_of(parts, change)
    undone = save_answers(row, answers, stamps, recorders)
    if is_new and row.pk and "created_at" in change.times:
        times = {name: change.times[name] for name in ("created_at", "updated_at")}
        type(row).objects.filter(pk=row.pk).update(**times)
    row.user.answers_changed()
    return undone


def answers_before(row, parts: Parts, change: Change) -> dict[Question, object]:
    """The answers before a change, by question. Raises CannotUndoError, if others were saved since."""
    questions = {question.name: question for questions in parts.values() for question in questions}
    with refuse_other_formats():
        change = without_deleted_questions(change, questions)
        now = {name: questions[name].digest(questions[name].read(row)) for name in change.answers}
        if all(now[name] == before for name, (_packed, before, _after) in change.answers.items()):
            raise CannotUndoError(UNDONE_ALREADY)
        if any(now[name] != after for name, (_packed, _before, after) in change.answers.items()):
            raise ChangedSinceError(CHANGED_SINCE)
        packed_answers = {questions[name]: packed for name, (packed, _before, _after) in change.answers.items()}
        answers = {question: question.unpack(row, packed) for question, packed in packed_answers.items()}
    for question in questions.values():
        # An answer that was saved since may depend on one of these.
        if question.shown_when and answer_with(answers, question, row) is not None:
            condition, wanted = question.shown_when
            if answer_with(answers, questions[condition], row) != wanted:
                raise ChangedSinceError(CHANGED_SINCE)
    return answers


def without_deleted_questions(change: Change, questions: Mapping[str, Question]) -> Change:
    """The change without answers to own questions that were deleted since, for good: the other answers come back."""
    gone = {name for name in change.answers if OWN_NAME.fullmatch(name) and name not in questions}
    if gone == change.answers.keys():
        raise CannotUndoError(TOO_LATE)
    return replace(change, answers={name: change.answers[name] for name in change.answers.keys() - gone})


def answer_with(answers: Mapping[Question, object], question: Question, row):
    """The answer that a row has once `answers` are written to it."""
    return answers[question] if question in answers else question.read(row)


def stamps_with(row, answers: Mapping[Question, object], parts: Parts, before: Mapping) -> dict[str, datetime | None]:
    """When each part of the row is done, once `answers` are written to it: as now, else as before.

    What was done before the change is done again, though a question may have been added to those asked first since.
    """

    def after(question):
        return answer_with(answers, question, row)

    stamps = {}
    for part in [part for part in parts if part and part.completed_at in before]:
        now, earlier = getattr(row, part.completed_at), before[part.completed_at]
        asked = [each for each in parts[part] if each.is_asked and not each.is_left_out(row)]
        if earlier and any(after(question) is not None for question in parts[part]):
            former = still_open(asked, lambda question: question.read(row))
            done = not [question for question in still_open(asked, after) if question not in former]
        else:
            done = is_done(asked, after)
        stamp = now or (earlier and datetime.fromisoformat(earlier)) or timezone.now()
        stamps[part.completed_at] = stamp if done else None
    return stamps


def restorers_of(parts: Parts, change: Change) -> list[Restorer]:
    """What gives each part that a change was about the record it had before."""
    with refuse_other_formats():
        by_prefix = {part.prefix: part for part in parts if part}
        found = [
            (by_prefix[prefix], Record.unpack(packed), after) for prefix, (packed, after) in change.records.items()
        ]
        return [Restorer(part, parts[part], earlier, after and UUID(after)) for part, earlier, after in found]


def delete(row, parts: Parts) -> Change:
    """Delete a row by taking all its answers off."""
    answers = {question: None for part in parts.values() for question in part if question.read(row) is not None}
    own_parts = {part: questions for part, questions in parts.items() if part}
    recorders = [
        Recorder(part, questions)
        for part, questions in own_parts.items()
        if getattr(row, part.asked_id) is not None or not answers.keys().isdisjoint(questions)
    ]
    return save_answers(row, answers, {part.completed_at: None for part in own_parts}, recorders)
