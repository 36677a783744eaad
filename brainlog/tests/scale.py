"""HTTP clients that use the pages as people do, for tests of several processes and servers."""

import datetime
import html
import re
from concurrent.futures import ThreadPoolExecutor

from accounts.tests.factories import PASSWORD
from accounts.tests.visitors import Visitor
from logs.stages import STAGES
from logs.tests.factories import MORNING_DOSE, NOON_DOSE, answers, taken
from reflections.tests.pages import EVERYTHING

# Long ago by every clock: these servers have the real one.
DAY, SUNDAY = datetime.date(2025, 5, 5), datetime.date(2025, 5, 4)
HISTORY, MONTH, YEAR = "/logs/?month=2025-05", "/reflections/numbers/2025-05/", "/reflections/numbers/2025/"


def sign_up(visitor: Visitor, name: str):
    data = {"username": name, "password1": PASSWORD, "password2": PASSWORD, "timezone": "Europe/Berlin"}
    status, url, page = visitor.post("/accounts/signup/", data)
    assert (status, "Welcome." in page) == (200, True), page


def log_in(visitor: Visitor, name: str):
    status, _url, page = visitor.post("/accounts/login/", {"username": name, "password": PASSWORD})
    assert (status, 'name="password"' in page) == (200, False)


def browsers_of(url: str, name: str, count: int) -> list[Visitor]:
    """The browsers of one new person."""
    browsers = [Visitor(url) for _ in range(count)]
    sign_up(browsers[0], name)
    for browser in browsers[1:]:
        log_in(browser, name)
    return browsers


def check_in(visitor: Visitor, stage, day=DAY, **changes):
    form = answers(stage) | (taken(MORNING_DOSE, NOON_DOSE) if str(stage) == "medication" else {}) | changes
    status, _url, page = visitor.post(f"/logs/{day}/{stage}/", form)
    assert (status, f"{stage.title} saved." in page) == (200, True), page


def mean_of(page: str, label: str) -> float | None:
    """A measure's mean on a page of numbers."""
    found = re.search(rf'<th scope="row">{label}</th><td>([\d.]+)</td>', page)
    return float(found[1]) if found else None


def do_the_main_job(visitor: Visitor, name: str):
    """Sign up, log a day, look at it from all sides, delete it, bring it back, and leave."""
    sign_up(visitor, name)
    for stage in STAGES:
        check_in(visitor, stage)
    assert f"/logs/{DAY}/" in visitor.get(HISTORY)
    day = visitor.get(f"/logs/{DAY}/")
    assert ("Concerta 36 mg" in day, "Ritalin 2.5 tablets" in day) == (True, True)
    status, _url, page = visitor.post(f"/reflections/{SUNDAY}/", EVERYTHING)
    assert (status, "Your week is saved." in page) == (200, True)
    assert mean_of(visitor.get(MONTH), "Focus") == 7.0
    assert mean_of(visitor.get(YEAR), "Focus") == 7.0

    _status, _url, page = visitor.post(f"/logs/{DAY}/delete/", {})
    assert mean_of(visitor.get(MONTH), "Focus") is None
    envelope = html.unescape(re.search(r'name="envelope" value="([^"]+)"', page)[1])
    status, url, page = visitor.send(f"/logs/{DAY}/restore/", {"envelope": envelope}, page)
    assert (status, "The day is back." in page, "Concerta 36 mg" in page) == (200, True, True)
    assert mean_of(visitor.get(MONTH), "Focus") == 7.0

    status, _url, page = visitor.post("/accounts/delete/", {"username": name, "password": PASSWORD})
    assert (status, "is deleted" in page) == (200, True)


def watch_while_it_rises(writer: Visitor, readers: list[Visitor], steps: int = 20):
    """One browser saves a number that rises, others look at the month's mean of it all the while.

    A page opened after a confirmed save shows that save, or a newer one.
    """
    confirmed = 0.0
    is_over = False

    def write():
        nonlocal confirmed, is_over
        try:
            for hours in range(1, steps + 1):
                check_in(writer, STAGES[0], sleep_hours=str(hours))
                confirmed = hours
        finally:
            is_over = True

    def read(reader) -> list[tuple[float, float]]:
        seen = []
        while not is_over:
            before = confirmed
            seen.append((before, mean_of(reader.get(MONTH), "Hours of sleep") or 0.0))
        return seen

    with ThreadPoolExecutor(len(readers) + 1) as pool:
        reading = [pool.submit(read, reader) for reader in readers]
        pool.submit(write).result()
        seen = [each for future in reading for each in future.result()]
    assert len(seen) > steps
    assert [(before, shown) for before, shown in seen if shown < before] == []
    assert mean_of(readers[0].get(MONTH), "Hours of sleep") == steps
