"""HTTP clients that use the pages as people do, for tests of several processes and servers."""

from concurrent.futures import ThreadPoolExecutor

from logs.stages import STAGES
from testing.people import MONTH, Visitor, check_in, log_in, mean_of, sign_up


def browsers_of(url: str, name: str, count: int) -> list[Visitor]:
    """Several browsers of one new person."""
    browsers = [Visitor(url) for _ in range(count)]
    sign_up(browsers[0], name)
    for browser in browsers[1:]:
        log_in(browser, name)
    return browsers


def watch_while_it_rises(writer: Visitor, readers: list[Visitor], steps: int = 20):
    """One browser saves increasing numbers, while others read the month's mean.

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
