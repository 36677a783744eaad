"""Sending: a round claims what is due and makes a delivery for each channel; then deliveries are sent.

A reminder is sent at most once. The claim advances the plan and stores the deliveries in one transaction; a delivery is
marked as being sent, in a transaction of its own, before it is. A sender that is killed therefore loses at most those
that it was sending, and the next sender sends what waits. Nothing is sent again when it is unknown whether it arrived.
"""

import datetime
import logging
import threading
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from django.db import close_old_connections, transaction
from django.db.models import F
from django.utils import timezone

from brainlog.circuit_breaker import CircuitBreaker
from brainlog.database.retry import retry_on_conflict
from logs.check_in_times import WEEK
from logs.models import DailyLog
from logs.models.daily_log import has_answers
from logs.stages import STAGE_BY_SLUG
from reflections.models import WeeklyReflection
from reminders.channels import KINDS, Message, SendingError
from reminders.messages import message_for
from reminders.models import Channel, Delivery, Plan, SenderState
from reminders.plans import rhythm_of
from reminders.schedule import Reminder, Window, next_due, reminders_due

logger = logging.getLogger(__name__)

SIX_DAYS = datetime.timedelta(days=6)
BATCH = 200
THREADS = 4  # for each destination
# A channel that failed waits this many minutes, more after each failure.
BACK_OFF = (1, 5, 15, 60, 360)
# After so many failures in a row a destination is bypassed for a while.
MOST_FAILURES = 3


@dataclass(frozen=True)
class Round:
    """What a round did."""

    due: int = 0  # plans
    queued: int = 0  # deliveries

    def __add__(self, other: "Round") -> "Round":
        return Round(self.due + other.due, self.queued + other.queued)


def run_round(now: datetime.datetime | None = None) -> Round:
    """Claim everything that is due, and queue its deliveries."""
    now, total = now or timezone.now(), Round()
    SenderState.record(now)
    while (done := claim_batch(now)).due:
        total += done
    return total


@retry_on_conflict
def claim_batch(now: datetime.datetime) -> Round:
    plans = list(Plan.objects.due(now)[:BATCH])
    rhythms = {plan.pk: rhythm_of(plan, plan.user) for plan in plans}
    claimed = Plan.objects.claim(plans, {plan.pk: next_due(rhythms[plan.pk], now) for plan in plans})
    reminders = {
        plan.user: reminders_due(rhythms[plan.pk], plan.next_at, now)
        for plan in plans
        if plan.pk in claimed and plan.is_here and plan.user.is_active
    }
    deliveries = queued_deliveries(still_open(reminders), now)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    return Round(len(plans), len(deliveries))


def still_open(reminders: dict) -> list[tuple[int, Reminder]]:
    """The key of the person and the reminder, of what is not begun, on days that are tracked. Two queries."""
    wanted = [(person.pk, each) for person, found in reminders.items() for each in found]
    if not wanted:
        return []
    days = {each.window.day for _person, each in wanted}
    people = {person for person, _reminder in wanted}
    logs = {(log.user_id, log.date): log for log in DailyLog.objects.for_reminders(people, days)}
    weeks = WeeklyReflection.objects.starts(people, min(days) - SIX_DAYS, max(days))
    return [(person, each) for person, each in wanted if not is_settled(person, each.window, logs, weeks)]


def is_settled(person: int, window: Window, logs: dict, weeks: set) -> bool:
    """Whether there is nothing to remind of: it is begun, or the day is not tracked."""
    log = logs.get((person, window.day))
    if log is not None and log.not_tracked is not None:
        return True
    if window.slug == WEEK:
        return any((person, window.day - datetime.timedelta(days=number)) in weeks for number in range(7))
    return log is not None and has_answers(log, STAGE_BY_SLUG[window.slug])


def queued_deliveries(reminders: list[tuple[int, Reminder]], now: datetime.datetime) -> list[Delivery]:
    """A delivery for each reminder and each usable channel of its person. One query."""
    channels = defaultdict(list)
    for channel in Channel.objects.usable(now).filter(user__in={person for person, _reminder in reminders}):
        channels[channel.user_id].append(channel)
    return [
        Delivery(
            user_id=person,
            channel=channel,
            slug=each.window.slug,
            day=each.window.day,
            due_at=each.due_at,
            worth_until=each.window.closes_at,
        )
        for person, each in reminders
        for channel in channels[person]
    ]


# ── Sending ───────────────────────────────────────────────────────────────────────────────────────


class Sender:
    """Sends the deliveries that wait, each destination in threads of its own: none waits for another one."""

    def __init__(self, threads: int = THREADS):
        self.threads = threads
        self.pools: dict[str, ThreadPoolExecutor] = {}
        self.breakers: dict[str, CircuitBreaker] = {}
        self.failures: dict[str, int] = defaultdict(int)
        self.lock = threading.Lock()
        self.in_hand: set[int] = set()

    def send_waiting(self, now: datetime.datetime | None = None) -> list[Future]:
        """Hand the deliveries that wait to the threads of their destinations. Does not wait for them."""
        waiting = Delivery.objects.waiting(now or timezone.now()).values_list("pk", "channel__destination")
        started = []
        for pk, destination in waiting:
            with self.lock:
                if pk in self.in_hand:
                    continue
                self.in_hand.add(pk)
            started.append(self.pool_of(destination).submit(self.send_one, pk, destination))
        return started

    def pool_of(self, destination: str) -> ThreadPoolExecutor:
        if destination not in self.pools:
            self.pools[destination] = ThreadPoolExecutor(self.threads, thread_name_prefix="reminders")
            self.breakers[destination] = CircuitBreaker("A server for reminders")
        return self.pools[destination]

    def send_one(self, pk: int, destination: str) -> None:
        try:
            if not self.breakers[destination].is_open:
                self.count(destination, deliver(pk))
        except Exception:
            logger.exception("A reminder could not be sent.")
        finally:
            with self.lock:
                self.in_hand.discard(pk)
            close_old_connections()

    def count(self, destination: str, outcome: str | None) -> None:
        """Bypass a destination that fails again and again, so that a server that hangs holds no threads."""
        if outcome is None:
            return
        with self.lock:
            self.failures[destination] = 0 if outcome == Delivery.State.SENT else self.failures[destination] + 1
            if self.failures[destination] >= MOST_FAILURES:
                self.failures[destination] = 0
                self.breakers[destination].open()
                logger.warning("A server for reminders failed %d times in a row: bypassed.", MOST_FAILURES)

    def stop(self) -> None:
        for pool in self.pools.values():
            pool.shutdown(wait=True, cancel_futures=True)


def deliver(pk: int) -> str | None:
    """Send one delivery. Returns its state, or None if it was not sent: another sender has it, or it is settled."""
    now = timezone.now()
    delivery = Delivery.objects.select_related("channel", "user__reminder_plan").filter(pk=pk).first()
    if delivery is None or not Delivery.objects.start(pk, now):
        return None
    message = message_for(delivery, delivery.user.reminder_plan.words)
    error = send(delivery.channel, message)
    state = Delivery.State.FAILED if error else Delivery.State.SENT
    Delivery.objects.filter(pk=pk).update(state=state, finished_at=timezone.now(), error=error.code if error else "")
    record_outcome(delivery.channel, error)
    return state


def send(channel: Channel, message: Message) -> SendingError | None:
    """Send a message on a channel. Returns the error, if it failed. Logs no address."""
    try:
        KINDS[channel.kind].send(channel, message)
    except SendingError as error:
        return error
    except Exception as error:  # A library's: one channel must not stop the others.
        logger.warning("A channel of the kind %s failed: %s.", channel.kind, type(error).__name__)
        return SendingError(type(error).__name__)
    return None


def record_outcome(channel: Channel, error: SendingError | None) -> None:
    """Store with the channel how it went; remove one whose address is gone."""
    row, now = Channel.objects.filter(pk=channel.pk), timezone.now()
    if error is None:
        row.update(sent_at=now, failures=0, last_error="", retry_at=None)
    elif error.is_gone:
        with transaction.atomic():
            row.delete()
    else:
        minutes = BACK_OFF[min(channel.failures, len(BACK_OFF) - 1)]
        retry_at = now + datetime.timedelta(minutes=minutes)
        row.update(failures=F("failures") + 1, last_error=error.code[:30], retry_at=retry_at)


def send_round(sender: Sender, now: datetime.datetime | None = None, seconds: float | None = None) -> Round:
    """One round, and everything that waits sent, for at most so many seconds."""
    done = run_round(now)
    wait(sender.send_waiting(now), timeout=seconds)
    return done
