"""People who save check-ins while something happens to the database, and what became of each save."""

import datetime
import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import count
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

from testing.gunicorn import Site
from testing.postgres import Cluster

# Longer than anything here may take: whoever waits for it has found a hang.
PATIENCE = 60  # seconds
DATABASE = "brainlog"
FIRST_DAY = datetime.date(2020, 1, 1)
CSRF = "x" * 32
ACKNOWLEDGED, REFUSED = "acknowledged", "refused"

names = count(1)


class Somebody:
    """A person with a session, who saves one midday check-in after the other, each of a day of its own."""

    def __init__(self, site: Site, note: str = ""):
        """Sign up. `note` goes into every save, where size matters."""
        self.address = urlsplit(site.url).netloc
        self.name = f"chaos-{next(names)}"
        self.cookies = {"csrftoken": CSRF}
        self.note = note
        self.days = (FIRST_DAY + datetime.timedelta(days=n) for n in count())
        password = {"password1": "correct-horse-battery", "password2": "correct-horse-battery"}
        status, headers, _page = self.send("/accounts/signup/", {"username": self.name, "timezone": "UTC"} | password)
        self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(headers["Set-Cookie-All"]).items()}
        if status != 302 or "sessionid" not in self.cookies:
            raise RuntimeError(f"Signing up was answered with {status}.")

    def send(self, path: str, data: dict) -> tuple[int, dict, str]:
        """Post a form on a connection of its own. Returns the status, the headers and the page."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-CSRFToken": self.cookies["csrftoken"],
        }
        with closing(http.client.HTTPConnection(self.address, timeout=PATIENCE)) as connection:
            connection.request("POST", path, urlencode(data), headers)
            response = connection.getresponse()
            page = response.read().decode()
            cookies = "; ".join(response.headers.get_all("Set-Cookie", []))
            return response.status, {"Set-Cookie-All": cookies, **response.headers}, page

    def save(self) -> "Save":
        """Send one check-in, and say what came of it."""
        day = next(self.days)
        level = day.day % 10 + 1
        data = {"focus_level": level, "energy_level": level, "rumination_level": level, "current_activity": self.note}
        try:
            outcome = outcome_of(*self.send(f"/logs/{day}/midday/", data))
        except (OSError, http.client.HTTPException) as error:
            outcome = repr(error)
        return Save(self.name, day, level, outcome)


@dataclass(frozen=True)
class Save:
    name: str
    day: datetime.date
    level: int
    outcome: str  # acknowledged, refused, or in a few words what should not have happened


def outcome_of(status: int, headers: dict, page: str) -> str:
    # The way to the login page would be no acknowledgement.
    if status == 302 and not headers["Location"].startswith("/accounts/"):
        return ACKNOWLEDGED
    if (
        status == 503
        and int(headers.get("Retry-After", 0)) > 0
        and "<h1>We cannot reach your log just now</h1>" in page
        and "sessionid" not in headers["Set-Cookie-All"]
    ):
        return REFUSED
    return f"answered with {status}, {headers}: {page}"


class Crowd:
    """Several people who save at the same time, and the books on it."""

    def __init__(self, site: Site, cluster: Cluster, people: int, note: str = ""):
        self.site, self.cluster = site, cluster
        # More people sign up from one address than may in an hour.
        cluster.execute("DELETE FROM accounts_throttle", database=DATABASE)
        self.people = [Somebody(site, note) for _ in range(people)]
        self.saves: list[Save] = []
        self.logged_before = len(site.log)

    def number(self, outcome: str) -> int:
        return Counter(save.outcome for save in list(self.saves))[outcome]

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Everybody saves without a pause until the end of the block, and finishes what they are at."""
        is_over = threading.Event()

        def go_on(person: Somebody) -> None:
            while not is_over.is_set():
                self.saves.append(save := person.save())
                if save.outcome != ACKNOWLEDGED:
                    time.sleep(0.05)

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
        """Return when so many more saves have ended in this way. Raises RuntimeError when they do not."""
        wanted, until = self.number(outcome) + number, time.monotonic() + PATIENCE
        while self.number(outcome) < wanted:
            if time.monotonic() > until:
                raise RuntimeError(f"There were no {number} more saves {outcome}, but {self.outcomes()}.")
            time.sleep(0.02)

    def outcomes(self) -> dict[str, int]:
        return dict(Counter(save.outcome for save in self.saves))

    def everybody_saves(self) -> None:
        """Several times, by which the threads of all workers have had their turn: no save is refused any more.

        Each worker finds out for itself that the database is back. Until the last one has, it refuses.
        """
        refused, until = -1, time.monotonic() + PATIENCE
        while self.number(REFUSED) > refused:
            assert time.monotonic() < until, self.log
            refused = self.number(REFUSED)
            with self.saving():
                self.wait_for_more(ACKNOWLEDGED)

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
    until = time.monotonic() + PATIENCE
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"
    while cluster.execute(waiting, DATABASE) < [(number,)]:
        if time.monotonic() > until:
            raise RuntimeError(f"{number} transactions did not come to wait for a lock.")
        time.sleep(0.02)


def status_of(url: str) -> int:
    """What a monitor hears from there."""
    try:
        with urlopen(url, timeout=PATIENCE) as response:  # noqa: S310
            return response.status
    except HTTPError as error:
        with error:
            return error.code
