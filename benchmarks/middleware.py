"""What each middleware takes of a request: for `python -m benchmarks.pages --middleware`. Needs Django set up."""

import statistics
import time
from collections import defaultdict
from functools import wraps

from django.conf import settings

from benchmarks.in_process import Handler, environ_of

REQUESTS = 1000

stopwatches = []


class Stopwatch:
    """Notes how long all takes that stands inside of it."""

    def __init__(self, get_response):
        self.get_response = get_response
        stopwatches.insert(0, self)  # Django makes the innermost first.

    def __call__(self, request):
        start = time.thread_time_ns()
        response = self.get_response(request)
        self.inside = time.thread_time_ns() - start
        return response


def measure_middleware(page, cookie: str):
    """Print the microseconds of a processor that each takes: the median of many requests to a page."""
    names = list(settings.MIDDLEWARE)
    watch = f"{__name__}.{Stopwatch.__name__}"
    # Two at the end: between them is nothing but what a stopwatch costs itself.
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
    """A `process_view`, which Django calls after all of them, counted to its middleware."""
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
