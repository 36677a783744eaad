"""People who save check-ins in parallel while the database fails, and the outcome of each save."""

import datetime
import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from itertools import count
from urllib.error import HTTPError
from urllib.request import urlopen

from testing.gunicorn import Site
from testing.people import Visitor, sign_up
from testing.postgres import Cluster
from testing.waiting import PATIENCE, wait_until

DATABASE = "brainlog"
FIRST_DAY = datetime.date(2020, 1, 1)
ACKNOWLEDGED, REFUSED = "acknowledged", "refused"

names = count(1)


class Saver(Visitor):
    """A logged-in person who saves midday check-ins, each of another day."""

    def __init__(self, site: Site, note: str = ""):
        """Sign up. `note` is part of every save, for tests in which its size matters."""
        super().__init__(site.url)
        self.name = f"chaos-{next(names)}"
        self.note = note
        self.days = (FIRST_DAY + datetime.timedelta(days=n) for n in count())
        sign_up(self, self.name)

    def save(self) -> "Save":
        """Send one check-in, and return its outcome."""
        day = next(self.days)
        level = day.day % 10 + 1
        data = {"focus_level": level, "energy_level": level, "rumination_level": level, "current_activity": self.note}
        try:
            outcome = outcome_of(*self.send_once(f"/logs/{day}/midday/", data))
        except (OSError, http.client.HTTPException) as error:
            outcome = repr(error)
        return Save(self.name, day, level, outcome)


@dataclass(frozen=True)
class Save:
    name: str
    day: datetime.date
    level: int
    outcome: str  # ACKNOWLEDGED, REFUSED, or a description of an unexpected answer


def outcome_of(status: int, headers: Message, page: str) -> str:
    # A redirect to the login page is not an acknowledgement.
    if status == 302 and not headers["Location"].startswith("/accounts/"):
        return ACKNOWLEDGED
    if (
        status == 503
        and int(headers.get("Retry-After", 0)) > 0
        and "<h1>We cannot reach your log just now</h1>" in page
        and "sessionid" not in str(headers.get_all("Set-Cookie", []))
    ):
        return REFUSED
    return f"answered with {status}, {headers.items()}: {page}"


class SaverGroup:
    """Several people who save at the same time, and a record of all their saves."""

    def __init__(self, site: Site, cluster: Cluster, people: int, note: str = ""):
        self.site, self.cluster = site, cluster
        # More people sign up from this address than the rate limit allows in an hour.
        cluster.execute("DELETE FROM accounts_throttle", database=DATABASE)
        # A process bypasses the database for a while after an outage, such as that of the test before.
        requests = range(2 * people)
        wait_until(
            lambda: all(status_of(f"{site.url}/accounts/signup/") == 200 for _ in requests), process=site.process
        )
        self.people = [Saver(site, note) for _ in range(people)]
        self.saves: list[Save] = []
        self.logged_before = len(site.log)

    def number(self, outcome: str) -> int:
        return Counter(save.outcome for save in list(self.saves))[outcome]

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Let each person save again and again until the end of the block. Saves that have begun are completed."""
        is_over = threading.Event()

        def save_until_over(person: Saver) -> None:
            while not is_over.is_set():
                self.saves.append(save := person.save())
                if save.outcome != ACKNOWLEDGED:
                    is_over.wait(0.05)  # A person does not press Save again at once.

        threads = [threading.Thread(target=save_until_over, args=(person,)) for person in self.people]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            is_over.set()
            for thread in threads:
                thread.join()

    def wait_for_more(self, outcome: str, number: int = 30) -> None:
        """Wait until `number` more saves have this outcome. Raises TimeoutError if they do not."""
        wanted = self.number(outcome) + number
        wait_until(lambda: self.number(outcome) >= wanted, f"{number} more saves are {outcome}")

    def outcomes(self) -> dict[str, int]:
        return dict(Counter(save.outcome for save in self.saves))

    def wait_until_none_is_refused(self) -> None:
        """Let everyone save, in rounds of 30 acknowledged saves, until a round has no refusal.

        Each worker detects by itself that the database is back, and refuses saves until then. A round reaches the
        threads of all workers.
        """

        def none_is_refused() -> bool:
            refused = self.number(REFUSED)
            with self.saving():
                self.wait_for_more(ACKNOWLEDGED)
            return self.number(REFUSED) == refused

        wait_until(none_is_refused, "all workers use the database again")

    def stored_saves(self) -> set[tuple]:
        """The saves whose rows are in the database now."""
        rows = self.cluster.execute(
            "SELECT username, date, focus_level FROM logs_dailylog JOIN accounts_user ON user_id = accounts_user.id"
            " WHERE midday_completed_at IS NOT NULL",
            database=DATABASE,
        )
        sent = {(save.name, save.day, save.level) for save in self.saves}
        return sent & set(rows)

    @property
    def log(self) -> str:
        """What the site has logged since these people signed up."""
        return self.site.log[self.logged_before :]

    def check_saves(self) -> dict[str, int]:
        """Check that each save was acknowledged or refused, and that acknowledged ones are stored. Returns counts."""
        assert set(self.outcomes()) <= {ACKNOWLEDGED, REFUSED}
        acknowledged = {(s.name, s.day, s.level) for s in self.saves if s.outcome == ACKNOWLEDGED}
        found = self.stored_saves()
        lost = acknowledged - found
        assert not lost
        # Each refusal is one line in the log, with cause and remedy.
        lines = [line for line in self.log.splitlines() if "brainlog.database" in line]
        assert len(lines) == self.number(REFUSED)
        assert "Traceback" not in self.log
        return {
            "sent": len(self.saves),
            "acknowledged": len(acknowledged),
            "refused": self.number(REFUSED),
            "found": len(found),
            "lost": len(lost),
        }


def wait_until_waiting(cluster: Cluster, number: int) -> None:
    """Wait until `number` transactions wait for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"
    wait_until(lambda: cluster.execute(waiting, DATABASE) >= [(number,)], f"{number} transactions wait for a lock")


def status_of(url: str) -> int:
    """The status of the response."""
    try:
        with urlopen(url, timeout=PATIENCE) as response:  # noqa: S310
            return response.status
    except HTTPError as error:
        with error:
            return error.code
