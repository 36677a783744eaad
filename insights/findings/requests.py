"""What is computed beside the pages, as pages see it: the stored result, and whether another one is on its way.

`current()` and `noise()` read and never write. `start()` asks for a result, which another process computes.
"""

import datetime
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from brainlog.database.retry import retry_on_conflict
from insights.findings import beside_pages
from insights.findings.results import Findings, Noise
from insights.models import Computation

Kind, State = Computation.Kind, Computation.State
RESULTS = {Kind.FINDINGS: Findings, Kind.NOISE: Noise}
# What waits for so long may have lost the process that would have computed it.
LATE_AFTER = datetime.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """The stored result of one kind, and what becomes of the next one.

    `result` is that of the current version of the answers if `is_current`, else of an older one, or None. `progress`
    is in percent, while it is computed.
    """

    result: Findings | Noise | None = None
    is_current: bool = False
    computed_at: datetime.datetime | None = None
    is_waiting: bool = False  # asked for, and not begun
    is_running: bool = False
    is_late: bool = False  # waiting for longer than usual: it can be asked for again
    has_failed: bool = False  # with the current answers
    progress: int = 0
    is_due: bool = False  # never asked for with these answers: a script of the page asks

    @property
    def is_pending(self) -> bool:
        return self.is_waiting or self.is_running

    @property
    def can_start(self) -> bool:
        """Whether the page offers a button that asks for it."""
        return not self.is_current and (not self.is_pending or self.is_late)


def current(person) -> Standing:
    """The findings of a person. One query, and what it takes to decrypt and read the result."""
    return standing_of(person, Kind.FINDINGS)


def noise(person) -> Standing:
    """What a person's days show by chance alone. One query."""
    return standing_of(person, Kind.NOISE)


def standing_of(person, kind: Kind) -> Standing:
    row = row_of(person, kind)
    if row is None:
        return Standing(is_due=person.answers_version > 0)
    now, result = timezone.now(), result_of(row)
    is_lost = row.state == State.RUNNING and row.lease_until <= now
    is_waiting = row.state == State.QUEUED or is_lost
    is_current = result is not None and row.result_version == person.answers_version
    has_failed = row.state == State.FAILED and row.answers_version == person.answers_version
    return Standing(
        result,
        is_current=is_current,
        computed_at=result and row.computed_at,
        is_waiting=is_waiting,
        is_running=row.state == State.RUNNING and not is_lost,
        is_late=is_waiting and now - max(row.requested_at, row.lease_until or row.requested_at) > LATE_AFTER,
        has_failed=has_failed,
        progress=row.progress if row.state == State.RUNNING and not is_lost else 0,
        is_due=row.state in (State.DONE, State.FAILED) and not is_current and not has_failed,
    )


def shares(person) -> dict[str, int | None]:
    """How many percent of each kind are computed; None for what is not on its way. One query, no result is read."""
    rows = person.computations.using(DEFAULT_DB_ALIAS).values_list("kind", "state", "progress")
    pending = {kind: progress for kind, state, progress in rows if state in (State.QUEUED, State.RUNNING)}
    return {kind.value: pending.get(kind.value) for kind in Kind}


def row_of(person, kind: Kind) -> Computation | None:
    """From the primary database: a replica may not have what was just asked for."""
    return person.computations.using(DEFAULT_DB_ALIAS).filter(kind=kind).first()


def result_of(row: Computation) -> Findings | Noise | None:
    """None if there is none, if it cannot be decrypted, or if it is of a release that this one does not read."""
    text = row.result_json
    if row.result_format != Computation.FORMAT or not isinstance(text, str):
        return None
    try:
        return RESULTS[row.kind].from_json(text)
    except (ValueError, KeyError, TypeError):
        return None


def start(person, kind: Kind) -> bool:
    """Ask for the result of the current answers, unless it is there or on its way. Returns whether it was asked for.

    If no other process computes it within seconds, one that this process starts does.
    """
    row = row_of(person, kind)
    is_unreadable = row is not None and row.state == State.DONE and result_of(row) is None
    is_new = ask(person, kind, is_unreadable)
    beside_pages.start()
    return is_new


@retry_on_conflict
def ask(person, kind: Kind, anew: bool) -> bool:
    return Computation.objects.ask(person, kind, person.answers_version, timezone.now(), anew=anew)
