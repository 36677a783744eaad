"""Sending: the deliveries that a round has queued (reminders/rounds.py) are sent in threads.

A reminder is sent at most once. The claim advances the plan and stores the deliveries in one transaction; a delivery is
marked as being sent, in a transaction of its own, before it is. A sender that is killed therefore loses at most those
that it was sending, and the next sender sends what waits. Nothing is sent again when it is unknown whether it arrived.
"""

import datetime
import logging
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from brainlog.circuit_breaker import CircuitBreaker
from brainlog.database.postgresql.base import response_timeout
from reminders.channels import GONE, KINDS, LOGGED_OUT, Message, SendingError
from reminders.messages import message_for
from reminders.models import Channel, Delivery
from reminders.plans import rhythm_of
from reminders.rounds import still_open
from reminders.schedule import Reminder, Rhythm, due_times, windows_of

logger = logging.getLogger(__name__)

THREADS = 8  # for each destination
MOST_THREADS = 32  # for all of them; each has a connection to the database
# Seconds that a reminder that is being sent is waited for at the end: each channel has 10.
STOP_SECONDS = 12
RESPONSE_TIMEOUT = 15  # seconds that a thread waits for the database
# A channel that failed waits this many minutes, more after each failure.
BACK_OFF = (1, 5, 15, 60, 360)
# After so many failures in a row a destination is bypassed for a while.
MOST_FAILURES = 3
# Failures that say something of the host: an error of these, or one after so many seconds. "http 429" does not: servers
# limit one address by it.
OUTAGES = re.compile(r"timeout|refused|unreachable|dns|tls|certificate|no http|disconnected|smtp 421|http 5\d\d")
SLOW = 5
# Failures that are nothing to the operator.
EXPECTED = {"logged out"}


def deliver(pk: int) -> Delivery | None:
    """Send one delivery. Returns it, or None if another sender has it or it is not wanted any more."""
    now = timezone.now()
    waiting = Delivery.objects.waiting(now).select_related("channel", "user__reminder_plan")
    delivery = waiting.filter(pk=pk).first()
    if delivery is None:
        return None
    if not is_wanted(delivery, now):
        # It was never sent, so its row guards against nothing.
        Delivery.objects.waiting(now).filter(pk=pk).delete()
        return None
    message = message_for(delivery, delivery.user.reminder_plan.words)
    if not Delivery.objects.start(pk, now):
        return None
    error = send(delivery.channel, message)
    delivery.state = Delivery.State.FAILED if error else Delivery.State.SENT
    delivery.error, delivery.finished_at = (error.code[:30] if error else ""), timezone.now()
    # Its row may be gone: the person can remove the channel meanwhile.
    Delivery.objects.filter(pk=pk).update(state=delivery.state, error=delivery.error, finished_at=delivery.finished_at)
    record_outcome(delivery.channel, error)
    return delivery


def return_to_pool() -> None:
    """Return this thread's connection to its pool, if there is one. While a server is waited for, pages can use it."""
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close()


def is_wanted(delivery: Delivery, now: datetime.datetime) -> bool:
    """Whether a reminder that was queued, perhaps hours ago, is still what the person wants.

    What they changed meanwhile counts: times, a pause, a snooze, the zone, an answer. Of several reminders of a
    check-in that wait for a server, the last one is sent.
    """
    person = delivery.user
    if not person.is_active or not hasattr(person, "reminder_plan"):
        return False
    rhythm = rhythm_of(person.reminder_plan, person)
    windows = [each for each in windows_of(delivery.day, rhythm) if each.slug == delivery.slug and now < each.closes_at]
    reminders = [
        Reminder(each, delivery.due_at, delivery.wall_time)
        for each in windows
        if is_due(delivery, due_times(each, rhythm), rhythm, now)
    ]
    return bool(still_open({person: reminders})) and not Delivery.objects.has_later(delivery)


def is_due(delivery: Delivery, times: list[datetime.datetime], rhythm: Rhythm, now: datetime.datetime) -> bool:
    """Whether a reminder is one of these times, or has become one again: it waited while the person travelled west.

    Its row refuses another one for the same wall-clock time, and so stands for it.
    """
    return delivery.due_at in times or delivery.wall_time in {rhythm.wall_time(time) for time in times if time <= now}


def send(channel: Channel, message: Message) -> SendingError | None:
    """Send a message on a channel. Returns the error, if it failed. Logs its code, and no address."""
    error = attempt(channel, message)
    if error is not None and error.code not in EXPECTED:
        logger.warning("A reminder by %s failed: %s.", channel.kind, error.code)
    return error


def attempt(channel: Channel, message: Message) -> SendingError | None:
    kind = KINDS[channel.kind]
    try:
        kind.prepare(channel)
        return_to_pool()
        kind.send(channel, message)
    except SendingError as error:
        return error
    except (DatabaseError, InterfaceError):  # They say nothing about the channel.
        raise
    except Exception as error:  # A library's: one channel must not stop the others.
        return SendingError(type(error).__name__)
    return None


def record_outcome(channel: Channel, error: SendingError | None, *, is_reminder: bool = True) -> None:
    """Store with the channel how it went. One whose address is gone stays: its browser may bring another address.

    Only a reminder that fails makes the channel wait: a person who tries it several times is not to lose reminders by
    that. A login that has ended says nothing of the address.
    """
    row, now = Channel.objects.filter(pk=channel.pk), timezone.now()
    if error is None:
        row.update(sent_at=now, failures=0, last_error="", retry_at=None)
    elif error.is_gone:
        with transaction.atomic():
            row.update(failures=F("failures") + 1, last_error=GONE, retry_at=None)
            Delivery.objects.filter(channel=channel.pk, state=Delivery.State.QUEUED).delete()
    elif error.code == LOGGED_OUT:
        return
    elif not is_reminder:
        row.update(last_error=error.code[:30])
    else:
        minutes = BACK_OFF[min(channel.failures, len(BACK_OFF) - 1)]
        retry_at = now + datetime.timedelta(minutes=minutes)
        row.update(failures=F("failures") + 1, last_error=error.code[:30], retry_at=retry_at)


@dataclass
class Destination:
    """A host that reminders are handed to: what waits for it, and how it goes."""

    name: str
    waiting: deque[int] = field(default_factory=deque)
    in_hand: set[int] = field(default_factory=set)  # Those that wait, and those that are being sent.
    threads: int = 0
    failures: int = 0  # in a row, of the host rather than of one address
    is_proven: bool = False  # whether the last reminder reached the host
    breaker: CircuitBreaker = field(default_factory=lambda: CircuitBreaker("A server for reminders"))


class Sender:
    """Sends the deliveries that wait. Each destination has threads of its own, so that none waits for another one.

    A destination that is not known to answer has one thread, and all of those have half of all threads together: hosts
    that hang, however many, leave the other half to those that answer. One that fails MOST_FAILURES times in a row is
    bypassed for a while; what waits for it stays queued, and the next rounds try again until it is not worth sending.

    The threads are daemons: one that hangs does not keep the process from ending.
    """

    def __init__(self, threads: int = THREADS, most_threads: int = MOST_THREADS):
        self.threads, self.most_threads = threads, most_threads
        self.destinations: dict[str, Destination] = {}
        self.changed = threading.Condition()
        self.is_stopping = False
        self.sent = self.failed = 0

    def send_waiting(self, now: datetime.datetime | None = None) -> int:
        """Hand the deliveries that wait to the threads of their destinations. Returns how many; does not wait."""
        waiting = list(Delivery.objects.waiting(now or timezone.now()).values_list("pk", "channel__destination"))
        taken = 0
        with self.changed:
            self.forget_destinations()
            for pk, name in waiting:
                destination = self.destinations.setdefault(name, Destination(name))
                if not destination.breaker.is_open and pk not in destination.in_hand:
                    destination.in_hand.add(pk)
                    destination.waiting.append(pk)
                    taken += 1
            self.start_threads()
        return taken

    def forget_destinations(self) -> None:
        """Keep those that have something to do, or of which it is known how they answer. Needs the lock."""
        kept = (
            each
            for each in self.destinations.values()
            if each.in_hand or each.threads or each.failures or each.is_proven
        )
        self.destinations = {each.name: each for each in kept}

    def start_threads(self) -> None:
        """Start the threads that are needed and allowed, one for each destination in turn. Needs the lock."""
        running = sum(each.threads for each in self.destinations.values())
        unproven = sum(each.threads for each in self.destinations.values() if not each.is_proven)
        lacking = deque(each for each in self.destinations.values() if each.waiting)
        while lacking and running < self.most_threads and not self.is_stopping:
            destination = lacking.popleft()
            most = min(self.threads if destination.is_proven else 1, len(destination.in_hand))
            has_room = destination.is_proven or unproven < self.most_threads // 2
            if destination.threads < most and has_room and self.start_thread(destination):
                running += 1
                unproven += not destination.is_proven
                lacking.append(destination)

    def start_thread(self, destination: Destination) -> bool:
        thread = threading.Thread(target=self.send_to, args=(destination,), name="reminders", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # The limit of threads is reached. The next round tries again.
            logger.warning("No thread could be started for reminders.")
            self.let_go(destination)
            return False
        destination.threads += 1
        return True

    def send_to(self, destination: Destination) -> None:
        """Send what waits for a destination, one after the other; a thread's work."""
        response_timeout.set(RESPONSE_TIMEOUT)  # Applies to this thread only.
        try:
            while (pk := self.take(destination)) is not None:
                self.send_one(destination, pk)
        finally:
            connections.close_all()  # Those of this thread.
            with self.changed:
                destination.threads -= 1
                self.start_threads()  # For destinations that waited for a thread.
                self.changed.notify_all()

    def take(self, destination: Destination) -> int | None:
        with self.changed:
            if self.is_stopping or destination.breaker.is_open:
                self.let_go(destination)
            return destination.waiting.popleft() if destination.waiting else None

    def let_go(self, destination: Destination) -> None:
        """Leave what waits to a later round, or to another sender. Needs the lock."""
        destination.in_hand.difference_update(destination.waiting)
        destination.waiting.clear()

    def send_one(self, destination: Destination, pk: int) -> None:
        begin, delivery = time.monotonic(), None
        try:
            delivery = deliver(pk)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("A reminder could not be sent: %s.", type(error).__name__)
            with self.changed:  # Without a database, each of the others would fail after the same wait.
                self.let_go(destination)
        except Exception as error:  # It alone is given up: the next round would begin with it again.
            logger.exception("A reminder could not be sent: %s.", type(error).__name__)
            Delivery.objects.fail(pk, type(error).__name__)
            self.failed += 1
        finally:
            close_old_connections()
            with self.changed:
                destination.in_hand.discard(pk)
                if delivery is not None:
                    self.count(destination, delivery, time.monotonic() - begin)

    def count(self, destination: Destination, delivery: Delivery, seconds: float) -> None:
        """Bypass a destination that fails again and again. Needs the lock.

        Failures of a single address do not count, or a person with some wrong ones could stop the reminders of all.
        """
        if delivery.state == Delivery.State.SENT:
            self.sent += 1
            destination.failures, destination.is_proven = 0, True
            destination.breaker.close()
            self.start_threads()
            return
        self.failed += 1
        if seconds < SLOW and not OUTAGES.fullmatch(delivery.error):
            return
        destination.failures, destination.is_proven = destination.failures + 1, False
        if destination.failures >= MOST_FAILURES:
            destination.breaker.open()
            logger.warning("A server for reminders failed %d times in a row: bypassed.", destination.failures)

    def in_hand(self) -> int:
        """How many deliveries wait for a thread or are being sent."""
        return sum(len(each.in_hand) for each in self.destinations.values())

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all that was handed over is sent. Returns False if it takes longer than this."""
        with self.changed:
            return self.changed.wait_for(lambda: not any(each.threads for each in self.destinations.values()), seconds)

    def stop(self, seconds: float | None = None) -> bool:
        """Begin no more, and wait for what is being sent. Returns False if it takes longer than this."""
        with self.changed:
            self.is_stopping = True
        return self.wait(seconds)
