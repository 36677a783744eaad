"""Computes what is claimed, and stores it: in a process of its own, one after the other (`manage.py compute`).

A result is stored by the holder of the claim alone, in one transaction with the days on which findings were first kept.
The rows of the computation come first in it, and the person last, as in saves of answers: neither waits for the other
while it holds what the other needs.
"""

import logging
import signal
import time
from collections.abc import Callable
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from brainlog.database.retry import retry_on_conflict
from insights.findings.computing import findings_of
from insights.findings.noise import noise_of
from insights.models import Computation, KeptFinding

logger = logging.getLogger(__name__)

Kind, State = Computation.Kind, Computation.State

# Seconds that a computation may take. Ten years of answers take one, and their noise some two minutes.
LIMITS = {Kind.FINDINGS: 60, Kind.NOISE: 15 * 60}
# Seconds between two writes of the progress, which renew the lease as well: many times shorter than that.
PROGRESS_SECONDS = 1


class LostClaimError(Exception):
    """Another process has the claim, or the row is deleted: what was computed is not wanted."""


class OutdatedError(Exception):
    """The answers have changed since they were read."""


class TimeIsOverError(Exception):
    """It took longer than its limit."""


class Stopped(BaseException):  # noqa: N818 (no error: the process is to end)
    """The process is asked to end."""


def compute_next() -> Computation | None:
    """Claim what waits for longest, compute and store it. None if nothing waits."""
    computation = Computation.objects.claim(timezone.now())
    if computation is not None:
        attempt(computation)
    return computation


def attempt(computation: Computation) -> None:
    """Compute a claimed one and store it. An error is logged without texts of the person, and marks it as failed."""
    try:
        with limited_to(LIMITS[Kind(computation.kind)]):
            COMPUTED[computation.kind](computation)
    except LostClaimError:
        logger.info("Computation %d belongs to another process by now.", computation.pk)
    except OutdatedError:
        give_back(computation)  # Computed again, of the answers as they are now.
    except Stopped:
        connection.close()  # It may have been stopped while it waited for an answer.
        give_back(computation)
        raise
    except TimeIsOverError:
        connection.close()
        logger.error("Computation %d took longer than %d s.", computation.pk, LIMITS[Kind(computation.kind)])
        held(computation).end(State.FAILED)
    except (DatabaseError, InterfaceError):
        raise  # It says nothing of the computation, which is claimed again when its lease ends.
    except Exception:
        logger.exception("Computation %d failed.", computation.pk)
        held(computation).end(State.FAILED)


def held(computation: Computation):
    """The row, as long as this process has the claim."""
    return Computation.objects.filter(pk=computation.pk, claim=computation.claim)


def give_back(computation: Computation) -> None:
    """Let another process claim it, in its place."""
    held(computation).end(State.QUEUED, attempts=0, progress=0)


@contextmanager
def limited_to(seconds: int):
    """Raise TimeIsOverError in the block after so many seconds. For the main thread of a process."""

    def end(number, frame):
        raise TimeIsOverError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# ── What is computed ─────────────────────────────────────────────────────────────────────────────


def findings(computation: Computation) -> None:
    """The findings, and the day of the person for those that are kept for the first time."""
    person = computation.user
    found = findings_of(person, KeptFinding.objects.filter(user=person).days(), [*person.guesses.all()])
    store(computation, found, [result.kept_as for result in found.kept])


def noise(computation: Computation) -> None:
    """What chance shows. It takes so long that it is stored for the answers that it is of, though they may change."""
    person, clock = computation.user, Progress(computation)
    store(computation, noise_of(person, [*person.guesses.all()], clock.show), is_kept_when_outdated=True)


COMPUTED: dict[str, Callable[[Computation], None]] = {Kind.FINDINGS: findings, Kind.NOISE: noise}


class Progress:
    """Writes how much is done, not too often, and renews the lease."""

    def __init__(self, computation: Computation):
        self.computation, self.written_at = computation, time.monotonic()

    def show(self, share: float) -> None:
        """`share` of the work, from 0 to 1. Raises LostClaimError."""
        if time.monotonic() - self.written_at < PROGRESS_SECONDS:
            return
        self.written_at = time.monotonic()
        renewed = {"progress": round(100 * share), "lease_until": timezone.now() + Computation.LEASE}
        if not held(self.computation).update(**renewed):
            raise LostClaimError


@retry_on_conflict
def store(computation: Computation, result, kept=(), is_kept_when_outdated=False) -> None:
    """Store a result, and the day of the person for the keys that were never kept before.

    Raises LostClaimError; OutdatedError, if the answers have changed. Then nothing is stored.
    """
    row = held(computation).select_for_update(no_key=True, of=("self",)).defer("result_json").first()
    if row is None:
        raise LostClaimError
    now, person = timezone.now(), computation.user
    row.state, row.claim, row.lease_until = State.DONE, None, None
    row.progress, row.finished_at, row.computed_at = 100, now, now
    row.result_version, row.result_format = result.answers_version, Computation.FORMAT
    # The person may have saved between the claim and their being read: then the result is of the later answers.
    row.answers_version = max(row.answers_version, result.answers_version)
    row.result_json = result.to_json()
    row.save(update_fields=STORED)
    KeptFinding.objects.keep(person, kept, person.today())
    # The last lock of the transaction, which waits for saves that are not committed yet.
    people = get_user_model().objects.select_for_update(no_key=True).filter(pk=person.pk)
    version = people.values_list("answers_version", flat=True).first()
    if version is None:
        raise LostClaimError
    if version != result.answers_version and not is_kept_when_outdated:
        raise OutdatedError


STORED = ("state", "claim", "lease_until", "progress", "finished_at", "computed_at")
STORED += ("answers_version", "result_version", "result_format", "result_json")
