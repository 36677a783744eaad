"""The speed of pages as a share of that of bare Django.

    .venv/bin/python -m benchmarks.pages                  # three minutes, where the machine has no other work
    .venv/bin/python -m benchmarks.pages today history    # some pages alone
    .venv/bin/python -m benchmarks.pages --split-only     # the processor in the process alone: 30 seconds
    .venv/bin/python -m benchmarks.pages --middleware     # what each middleware takes of a request
    .venv/bin/python -m benchmarks.pages --profile week   # the functions that a page spends its time in

Starts a PostgreSQL, and two sites on it in gunicorn with 2 processes of 4 threads: Brain Log with the days of the demo
person, and the limit (benchmarks/limit). The limit has three pages: (a) an empty answer, (b) session and user looked
up, (c) that, one row of 50 columns and a template of 100 lines. Both are asked in turns, page by page, so that what
else the machine does meanwhile slows down both.

Prints requests a second as a ratio to those of (c) beside it, with one connection and with eight. A ratio is the median
of the rounds. "cpu" is what the processes of the site take of a processor for a page, as a ratio to (c) as well: the
steadiest number of all on a machine that has other work. Beside it stand milliseconds of a processor in a process
without a server, split into middleware, the view with its queries, and templates. Bodies are not compressed, as the
clients do not ask for it. Linux only.
"""

import argparse
import cProfile
import logging
import os
import pstats
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from benchmarks.load import Load, load
from benchmarks.scale import cpu_seconds

CONNECTIONS = (1, 8)
CSRF = "x" * 32
LIMIT = {"(a) empty": "/empty/", "(b) user": "/user/", "(c) row": "/row/"}
IN_PROCESS = 150  # requests of each page
SETTINGS = {"DJANGO_SETTINGS_MODULE": "benchmarks.settings", "LOG_LEVEL": "INFO"}


@dataclass
class Page:
    """A request, for up to eight connections at once: each saves a day of its own, or they wait for each other."""

    paths: list[str]
    forms: list[dict] | None = None

    @property
    def status(self) -> int:
        return 302 if self.forms else 200

    def requests(self, cookie: str, connection: int = 0) -> list[bytes]:
        """The requests that one connection repeats."""
        path = self.paths[connection % len(self.paths)]
        bodies = [urlencode(form).encode() for form in self.forms] if self.forms else [b""]
        head = f"{'POST' if self.forms else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
        if self.forms:
            head += f"X-CSRFToken: {CSRF}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        return [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]


@dataclass
class Result:
    """The measurements of a page."""

    ratios: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))  # By connections.
    rates: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: float = 0
    answered: int = 0


@dataclass
class Target:
    """A running site, and the session cookie to send."""

    port: int
    process: int
    cookie: str

    def ask(self, page: Page, connections: int, seconds: float) -> tuple[Load, float]:
        """Returns the load, and the CPU seconds of the site's processes."""
        before = cpu_seconds(self.process)
        requests = [page.requests(self.cookie, number) for number in range(connections)]
        done = load(self.port, requests, seconds, page.status)
        return done, cpu_seconds(self.process) - before


def main():
    options = parse()
    # On SIGTERM, as by timeout(1), the servers are stopped, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    from testing.gunicorn import environment_with, manage, throwaway_site
    from testing.postgres import throwaway_cluster

    with ExitStack() as stack:
        static = stack.enter_context(tempfile.TemporaryDirectory(prefix="brainlog-static-"))
        cluster = stack.enter_context(throwaway_cluster())
        url, limit_url = cluster.create_database("brainlog"), cluster.create_database("limit")
        ours = SETTINGS | {"STATIC_ROOT": static}
        for command in (["migrate", "--verbosity=0"], ["collectstatic", "--noinput", "--verbosity=0"]):
            run = manage(url, *command, **ours)
            if run.returncode:
                raise SystemExit(run.stderr)
        os.environ |= environment_with(url, **ours)
        session, pages = prepare()
        for handler in logging.getLogger().handlers:  # Log lines are formatted, and not printed.
            handler.setStream(stack.enter_context(open(os.devnull, "w")))
        cluster.execute("VACUUM ANALYZE", database="brainlog")
        if unknown := set(options.pages) - set(pages):
            raise SystemExit(f"There is no page {', '.join(unknown)}; there are {', '.join(pages)}.")
        pages = {name: page for name, page in pages.items() if name in (options.pages or pages)}
        if options.middleware:
            from benchmarks.middleware import measure_middleware

            return measure_middleware(pages.get("today") or next(iter(pages.values())), cookie_of(session))
        if options.profile:
            return [profile(name, page, cookie_of(session)) for name, page in pages.items()]
        splits = {name: split(page, cookie_of(session)) for name, page in pages.items()}
        if options.split_only:
            return report({}, splits)
        limit = {"DJANGO_SETTINGS_MODULE": "benchmarks.limit.settings"}
        made = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "benchmarks.limit"],
            env=environment_with(limit_url, **limit),
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise SystemExit(made.stderr)
        limit["GUNICORN_CMD_ARGS"] = "--config=benchmarks/limit/gunicorn.py"
        targets = []
        for database, key, environment in ((url, session, ours), (limit_url, made.stdout.strip(), limit)):
            site = stack.enter_context(throwaway_site(database, **environment))
            targets.append(Target(urlsplit(site.url).port, site.process.pid, cookie_of(key)))
        report(compare(*targets, pages, options), splits)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", help="all of them, unless some are named")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each page, number of connections and round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--split-only", action="store_true")
    parser.add_argument("--middleware", action="store_true")
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args()


def cookie_of(session: str) -> str:
    return f"sessionid={session}; csrftoken={CSRF}"


def prepare() -> tuple[str, dict[str, Page]]:
    """Make the demo person. Returns the key of a session of theirs, and the pages."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib import auth
    from django.db import transaction

    from accounts.models import User
    from accounts.sessions import SessionStore
    from logs.stages import STAGES
    from operations.demo.load import load_demo_data

    person = User.objects.create_user("demo", password="irrelevant", display_name="Demo")  # noqa: S106
    with transaction.atomic():
        load_demo_data(person)
    session = SessionStore()
    session[auth.SESSION_KEY] = str(person.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()

    # Days whose five check-ins are done: the pages are full.
    days = [log.date for log in person.daily_logs.all()[:60] if log.is_complete][: max(CONNECTIONS)]
    # Without the version of the day that a page sends, so that a save overwrites.
    saves = [{"focus_level": str(n), "energy_level": "5", "rumination_level": "5"} for n in range(1, 11)]
    day = days[0]
    return session.session_key, {
        "today": Page(["/"]),
        "day": Page([f"/logs/{day}/"]),
        **{stage.slug: Page([f"/logs/{day}/{stage}/"]) for stage in STAGES},
        "week": Page([f"/reflections/{day}/"]),
        "history": Page(["/logs/"]),
        "month": Page([f"/reflections/numbers/{day:%Y-%m}/"]),
        "save": Page([f"/logs/{each}/midday/" for each in days], saves),
    }


# ── Two sites in turns ────────────────────────────────────────────────────────────────────────


def compare(ours: Target, limit: Target, pages: dict[str, Page], options) -> dict[str, Result]:
    """Measure each page between two measurements of (c), by which it is divided."""
    results: dict[str, Result] = defaultdict(Result)
    asked = {name: (limit, Page([path])) for name, path in LIMIT.items() if name != "(c) row"}
    asked |= {name: (ours, page) for name, page in pages.items()}
    row = Page([LIMIT["(c) row"]])
    client = used = 0.0
    for target, page in [*asked.values(), (limit, row)]:
        target.ask(page, max(CONNECTIONS), options.seconds)  # Each thread of each process has a connection then.
    for _round in range(options.rounds):
        for connections in CONNECTIONS:
            before = note(results["(c) row"], *limit.ask(row, connections, options.seconds), connections)
            for name, (target, page) in asked.items():
                done, cpu = target.ask(page, connections, options.seconds)
                rate = note(results[name], done, cpu, connections)
                after = note(results["(c) row"], *limit.ask(row, connections, options.seconds), connections)
                results[name].ratios[connections].append(2 * rate / (before + after))
                before, client, used = after, client + done.client_cpu, used + done.seconds
    print(f"The load generator took {client / used:.0%} of one of {os.cpu_count()} processors.")
    return results


def note(result: Result, done: Load, cpu: float, connections: int) -> float:
    result.rates[connections].append(done.rate)
    result.cpu += cpu
    result.answered += done.answered
    return done.rate


# ── In this process ───────────────────────────────────────────────────────────────────────────


def split(page: Page, cookie: str) -> tuple[float, float, float, float]:
    """Milliseconds of a processor for a request: all of it, middleware, view with queries, templates. Medians."""
    from benchmarks.in_process import Handler, environ_of

    handler = Handler()
    requests = page.requests(cookie)
    times = []
    for number in range(IN_PROCESS):
        handler.ask(environ_of(requests[number % len(requests)]), page.status)
        times.append(handler.times())
    return tuple(statistics.median(part) * 1000 for part in zip(*times[20:], strict=True))


def profile(name: str, page: Page, cookie: str):
    """Print the functions that a page spends its time in."""
    from benchmarks.in_process import Handler, environ_of

    handler, requests = Handler(), page.requests(cookie)
    profiler = cProfile.Profile(time.thread_time)
    for number in range(IN_PROCESS):
        environ = environ_of(requests[number % len(requests)])
        if number == 20:
            profiler.enable()
        handler.ask(environ, page.status)
    profiler.disable()
    print(f"── {name}, {IN_PROCESS - 20} requests ──")
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25).sort_stats("cumulative").print_stats(70)


def report(results: dict[str, Result], splits: dict[str, tuple]):
    """Print a row for each page."""
    limit = results.get("(c) row")
    print(f"{'':>11}  {'1 connection':>20}  {'8 connections':>20}  {'cpu':>12}   in the process, ms of a processor")
    print(
        f"{'':>11}  {'ratio':>6}  {'a second':>12}  {'ratio':>6}  {'a second':>12}  {'ratio':>5}  {'ms':>5}"
        f"   {'all':>5} = {'middleware':>10} + {'view':>5} + {'templates':>9}"
    )
    names = [name for name in LIMIT if name in results] + list(splits)
    for name in names:
        line = f"{name:>11}  "
        if result := results.get(name):
            for connections in CONNECTIONS:
                ratio = statistics.median(result.ratios[connections] or [1])
                line += f"{ratio:>6.2f}  {statistics.median(result.rates[connections]):>12.0f}  "
            cpu = result.cpu / result.answered
            line += f"{limit.cpu / limit.answered / cpu:>5.2f}  {cpu * 1000:>5.2f}   "
        if name in splits:
            every, middleware, view, templates = splits[name]
            line += f"{every:>5.2f} = {middleware:>10.2f} + {view:>5.2f} + {templates:>9.2f}"
        print(line)


if __name__ == "__main__":
    main()
