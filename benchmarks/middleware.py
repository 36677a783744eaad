"""CPU time of each middleware, for `python -m benchmarks.pages --middleware`. Requires django.setup()."""

import statistics
import time
from collections import defaultdict
from functools import wraps

from django.conf import settings

from benchmarks.in_process import Handler, environ_of

REQUESTS = 1000

stopwatches = []


class Stopwatch:
    """A middleware that measures everything inside it."""

    def __init__(self, get_response):
        self.get_response = get_response
        stopwatches.insert(0, self)  # Django creates the innermost middleware first.

    def __call__(self, request):
        start = time.thread_time_ns()
        response = self.get_response(request)
        self.inside = time.thread_time_ns() - start
        return response


def measure_middleware(page, cookie: str):
    """Print the CPU microseconds of each middleware: the median of many requests to a page."""
    names = list(settings.MIDDLEWARE)
    watch = f"{__name__}.{Stopwatch.__name__}"
    # The difference of the last two is the overhead of a stopwatch.
    settings.MIDDLEWARE = [each for name in names for each in (watch, name)] + [watch, watch]
    handler = Handler()
    views = defaultdict(int)
    handler._view_middleware = [timed(hook, views) for hook in handler._view_middleware]
    [request] = page.requests(cookie)
    times = defaultdict(list)
    for _ in range(REQUESTS):
        views.clear()
        handler.ask(environ_of(request), page.status)
        inside = [stopwatch.inside for stopwatch in stopwatches]
        cost = inside[-2] - inside[-1]
        for name, outer, inner in zip(names, inside, inside[1:], strict=False):
            times[name].append(outer - inner - cost + views[name])
    total = 0
    for name in names:
        median = statistics.median(times[name]) / 1000
        total += median
        print(f"{median:>7.1f} µs  {name}")
    print(f"{total:>7.1f} µs  all {len(names)}")


def timed(hook, views):
    """Wrap a `process_view` hook, to add its time to its middleware. Django calls it outside of `__call__`."""
    owner = type(hook.__self__)
    name = f"{owner.__module__}.{owner.__qualname__}"

    @wraps(hook)
    def call(*args, **kwargs):
        start = time.thread_time_ns()
        try:
            return hook(*args, **kwargs)
        finally:
            views[name] += time.thread_time_ns() - start

    return call
