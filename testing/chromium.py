"""The machine's own Chromium, for the browser tests."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HOW_TO_GET_IT = "apt-get install chromium, or name yours in the environment variable CHROMIUM"

# Each window would load the popups of the address bar, which is not shown: two more pages, and most of the time that
# opening a window takes. Of several --disable-features Chromium heeds the last, so Playwright's are repeated.
DISABLED_FEATURES = [
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *(
        "HttpsFirstBalancedModeAutoEnable",
        "LensOverlay",
        "MediaRouter",
        "PaintHolding",
        "ThirdPartyStoragePartitioning",
    ),
    *("AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin", "OptimizationHints"),
    *("NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
]

# No updates, no first-run pages, and no host names of other machines.
ARGUMENTS = [
    "--no-sandbox",  # Otherwise Chromium refuses to run as root. It opens only our pages.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]

WATCHED = {"error", "warning", "assert"}  # kinds of messages in the console
NO_WORKER = "Service Worker registration blocked by Playwright"


def find_chromium() -> str | None:
    """Return the path of Chromium: the one named by CHROMIUM, or else the first on PATH."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def watched_pages(browser, base_url: str, expected_errors: list[str]) -> Iterator[Callable]:
    """Yield a function that opens a page of `base_url` in a new browser context with the size of a phone.

    The function takes the options of Playwright's new_context. Without service_workers="allow", pages have no service
    worker: requests of a page that has one cannot be intercepted. Raises AssertionError afterwards if a page had
    an uncaught exception, or an error or a warning in the console that matches no regular expression in
    `expected_errors`. The console also has what Chromium does not
    understand of our headers and pages, and each violation of the Content-Security-Policy.
    """
    contexts, errors = [], []

    def open_page(**options):
        # The zone is that of a new person, or Today would ask about it.
        phone = {"viewport": {"width": 390, "height": 844}, "timezone_id": "America/New_York", "base_url": base_url}
        phone["service_workers"] = "block"
        context = browser.new_context(**phone | options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.on("console", lambda message: errors.append(message.text) if message.type in WATCHED else None)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        return context.new_page()

    try:
        yield open_page
    finally:
        for context in contexts:
            context.close()
    expected_errors = [*expected_errors, NO_WORKER]
    unexpected = [error for error in errors if not any(re.search(regex, error) for regex in expected_errors)]
    if unexpected:
        raise AssertionError("Errors in the browser:\n" + "\n".join(unexpected))
