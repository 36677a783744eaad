"""What a visit costs on a throttled phone: bytes, requests, layout shift, and the time until the first input.

    .venv/bin/python -m benchmarks.phone

Starts Brain Log in gunicorn on an SQLite file, with the days of the demo person and the static files of production, and
opens pages in the machine's Chromium with the processor slowed down four times and a slow 4G network (150 ms, 1.6
Mbit/s down, 0.75 up), by its DevTools. Each number is the median of the rounds. Takes a minute and a half. Exits with 1
if a goal is missed.

A first visit is one of a browser that has nothing of the site but a login; the second comes after the service worker is
installed. Bytes and requests are those of the connections to the server, with headers, the manifest and all that the
service worker loads, but for the icon that a phone loads once it offers to install the site. The first input is
possible when the page is drawn, its script has run, and no long task of the main thread goes on.
"""

import os
import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import astuple, dataclass
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.pages import SETTINGS, prepare
from testing.chromium import ARGUMENTS, find_chromium
from testing.gunicorn import environment_with, manage, throwaway_site

PAGES = ("today", "midday", "evening", "week")
SLOW_DOWN = 4
# Slow 4G, as Lighthouse defines it.
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "is_mobile": True, "has_touch": True}
ROUNDS = 3
QUIET = 1.5  # seconds without a byte, until a visit is over

REQUEST = re.compile(rb"(?:GET|POST|HEAD) \S+ HTTP/1\.1\r\n")

OBSERVE = """
    window.shift = 0;
    window.busyUntil = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({type: "layout-shift", buffered: true});
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.busyUntil = entry.startTime + entry.duration;
    }).observe({type: "longtask", buffered: true});
"""
MEASURE = """() => {
    const [drawn] = performance.getEntriesByName("first-contentful-paint");
    const [visit] = performance.getEntriesByType("navigation");
    return {shift, input: Math.max(drawn.startTime, visit.domContentLoadedEventEnd, busyUntil) / 1000};
}"""


@dataclass
class Visit:
    bytes: int
    requests: int
    shift: float
    input: float  # seconds

    @classmethod
    def median(cls, visits: list["Visit"]) -> "Visit":
        return cls(*(statistics.median_low(values) for values in zip(*map(astuple, visits), strict=True)))

    def misses(self, *, is_first: bool) -> list[str]:
        """The goals that it misses."""
        goals = {"no layout shift": self.shift == 0, "first input within 1.5 s": self.input <= 1.5}
        if is_first:
            goals |= {"60 KB at most": self.bytes <= 60_000, "8 requests at most": self.requests <= 8}
        else:
            goals |= {"15 KB at most": self.bytes <= 15_000}
        return [goal for goal, is_met in goals.items() if not is_met]


class Meter:
    """Forwards connections to a port, and counts what comes back and how many requests there are."""

    def __init__(self, port: int):
        self.target = ("127.0.0.1", port)
        self.bytes = self.requests = 0
        self.changed_at = 0.0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with suppress(OSError):
            while True:
                client, _address = self.listener.accept()
                server = socket.create_connection(self.target)
                for way in ((client, server, self.count_requests), (server, client, self.count_bytes)):
                    threading.Thread(target=self.forward, args=way, daemon=True).start()

    def forward(self, source: socket.socket, target: socket.socket, count):
        with suppress(OSError):
            while data := source.recv(65536):
                count(data)
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def count_requests(self, data: bytes):
        self.requests += len(REQUEST.findall(data))
        self.changed_at = time.monotonic()

    def count_bytes(self, data: bytes):
        self.bytes += len(data)
        self.changed_at = time.monotonic()

    def reset(self):
        self.bytes, self.requests, self.changed_at = 0, 0, time.monotonic()


def main() -> int:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="brainlog-phone-"))
        url, ours = f"sqlite:///{folder}/db.sqlite3", SETTINGS | {"STATIC_ROOT": f"{folder}/static"}
        for command in (["migrate", "--verbosity=0"], ["collectstatic", "--noinput", "--verbosity=0"]):
            run = manage(url, *command, **ours)
            if run.returncode:
                raise SystemExit(run.stderr)
        os.environ |= environment_with(url, **ours)
        session, pages = prepare()
        site = stack.enter_context(throwaway_site(url, **ours))
        meter = Meter(urlsplit(site.url).port)
        browser = stack.enter_context(chromium())
        paths = {name: pages[name].paths[0] for name in PAGES}
        visits = defaultdict(list)
        for number in range(ROUNDS + 1):
            for name, path in paths.items():
                context = browser.new_context(**PHONE, base_url=meter.url, timezone_id="America/New_York")
                context.add_cookies([{"name": "sessionid", "value": session, "url": meter.url}])
                for is_first in (True, False):
                    visit = visit_page(context, meter, path, is_first=is_first)
                    if number:  # The server makes some things once a process, in the round before.
                        visits[name, is_first].append(visit)
                context.close()
    return report({key: Visit.median(several) for key, several in visits.items()})


def report(visits: dict[tuple[str, bool], Visit]) -> int:
    """Print each visit, and what it misses. Returns the exit code."""
    print(f"{'':24}{'KB':>8}{'requests':>10}{'shift':>8}{'input, s':>10}")
    missed = False
    for (name, is_first), visit in visits.items():
        misses = visit.misses(is_first=is_first)
        missed = missed or bool(misses)
        print(
            f"{name + (', first visit' if is_first else ', again'):24}{visit.bytes / 1000:8.1f}"
            f"{visit.requests:10}{visit.shift:8.3f}{visit.input:10.2f}"
            f"{'  missed: ' + ', '.join(misses) if misses else ''}"
        )
    return int(missed)


@contextmanager
def chromium() -> Iterator:
    # Playwright runs an event loop in this thread, which Django mistakes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


def visit_page(context: BrowserContext, meter: Meter, path: str, *, is_first: bool) -> Visit:
    """Open a page in a new tab, and wait until nothing more comes; at first, until the worker is installed."""
    page = context.new_page()
    page.add_init_script(OBSERVE)
    devtools = throttle(page)
    meter.reset()
    page.goto(path, wait_until="load")
    if is_first:
        page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        devtools.send("Page.getAppManifest")  # As a browser with an address bar does by itself.
    while time.monotonic() - meter.changed_at < QUIET:
        page.wait_for_timeout(100)
    measured = page.evaluate(MEASURE)
    visit = Visit(meter.bytes, meter.requests, **measured)
    page.close()
    return visit


def throttle(page: Page) -> CDPSession:
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", NETWORK)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_DOWN})
    return devtools


if __name__ == "__main__":
    sys.exit(main())
