"""People who save check-ins while something happens to the database, and what became of each save."""

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


class CrowdMember(Visitor):
    """A person with a session, who saves one midday check-in after the other, each of a day of its own."""

    def __init__(self, site: Site, note: str = ""):
        """Sign up. `note` goes into every save, where size matters."""
        super().__init__(site.url)
        self.name = f"chaos-{next(names)}"
        self.note = note
        self.days = (FIRST_DAY + datetime.timedelta(days=n) for n in count())
        sign_up(self, self.name)

    def save(self) -> "Save":
        """Send one check-in, and say what came of it."""
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
    outcome: str  # acknowledged, refused, or in a few words what should not have happened


def outcome_of(status: int, headers: Message, page: str) -> str:
    # The way to the login page would be no acknowledgement.
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


class Crowd:
    """Several people who save at the same time, and the books on it."""

    def __init__(self, site: Site, cluster: Cluster, people: int, note: str = ""):
        self.site, self.cluster = site, cluster
        # More people sign up from one address than may in an hour.
        cluster.execute("DELETE FROM accounts_throttle", database=DATABASE)
        self.people = [CrowdMember(site, note) for _ in range(people)]
        self.saves: list[Save] = []
        self.logged_before = len(site.log)

    def number(self, outcome: str) -> int:
        return Counter(save.outcome for save in list(self.saves))[outcome]

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Everybody saves without a pause until the end of the block, and finishes what they are at."""
        is_over = threading.Event()

        def go_on(person: CrowdMember) -> None:
            while not is_over.is_set():
                self.saves.append(save := person.save())
                if save.outcome != ACKNOWLEDGED:
                    is_over.wait(0.05)  # A person would not press Save again at once.

        threads = [threading.Thread(target=go_on, args=(person,)) for person in self.people]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            is_over.set()
            for thread in threads:
                thread.join()

    def wait_for_more(self, outcome: str, number: int = 30) -> None:
        """Return when so many more saves have ended in this way. Raises TimeoutError when they do not."""
        wanted = self.number(outcome) + number
        wait_until(lambda: self.number(outcome) >= wanted, f"{number} more saves are {outcome}")

    def outcomes(self) -> dict[str, int]:
        return dict(Counter(save.outcome for save in self.saves))

    def everybody_saves(self) -> None:
        """Several times, by which the threads of all workers have had their turn: no save is refused any more.

        Each worker finds out for itself that the database is back. Until the last one has, it refuses.
        """

        def none_is_refused() -> bool:
            refused = self.number(REFUSED)
            with self.saving():
                self.wait_for_more(ACKNOWLEDGED)
            return self.number(REFUSED) == refused

        wait_until(none_is_refused, "all workers have found the database again")

    def found(self) -> set[tuple]:
        """What the database has of it all now."""
        rows = self.cluster.execute(
            "SELECT username, date, focus_level FROM logs_dailylog JOIN accounts_user ON user_id = accounts_user.id"
            " WHERE midday_completed_at IS NOT NULL",
            database=DATABASE,
        )
        sent = {(save.name, save.day, save.level) for save in self.saves}
        return sent & set(rows)

    @property
    def log(self) -> str:
        """What the site has logged since the crowd came."""
        return self.site.log[self.logged_before :]

    def figures(self) -> dict[str, int]:
        """Close the books: everybody got one of the two answers, and what was acknowledged is there."""
        assert set(self.outcomes()) <= {ACKNOWLEDGED, REFUSED}
        acknowledged = {(s.name, s.day, s.level) for s in self.saves if s.outcome == ACKNOWLEDGED}
        found = self.found()
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
    """Return when so many transactions wait for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"
    wait_until(lambda: cluster.execute(waiting, DATABASE) >= [(number,)], f"{number} transactions wait for a lock")


def status_of(url: str) -> int:
    """What a monitor hears from there."""
    try:
        with urlopen(url, timeout=PATIENCE) as response:  # noqa: S310
            return response.status
    except HTTPError as error:
        with error:
            return error.code
