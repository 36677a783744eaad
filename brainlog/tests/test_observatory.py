"""The score that MDN's HTTP Observatory gives us, computed from the rules it publishes.

They are in its repository, github.com/mdn/mdn-http-observatory: src/grader/charts.js has the points, and
src/analyzer/tests what each is given for, as of version 1.4. Every site begins with 100. What is missing
takes points off; what is better than needed adds some, if the score without them is 90 or more.
"""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from accounts.tests.factories import PASSWORD, make_person

pytestmark = pytest.mark.once

# The most each test gives, and why we have no more than that.
MOST = {
    "Content-Security-Policy": 10,
    "Cookies": 5,
    "Cross-Origin Resource Sharing": 0,
    "Redirection": 0,
    "Referrer-Policy": 5,
    "Strict-Transport-Security": 5,  # For hosts in the list that browsers come with: see there.
    "Subresource Integrity": 5,
    "X-Content-Type-Options": 0,
    "X-Frame-Options": 5,
    "Cross-Origin-Resource-Policy": 10,
}
HALF_A_YEAR = 15_768_000
BROAD = {"*", "http:", "https:", "ftp:", "http://*", "https://*", "http://*.*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}


def policy_points(response) -> int:
    directives = [directive.split() for directive in response.get("Content-Security-Policy", "").split(";")]
    policy = {name: set(sources) for name, *sources in filter(None, directives)}
    if not policy:
        return -25
    default = policy.get("default-src", {"*"})
    script, style, objects = (policy.get(f"{kind}-src", default) for kind in ("script", "style", "object"))
    passive = policy.get("img-src", default) | policy.get("media-src", default)
    active = set().union(*(sources for name, sources in policy.items() if name not in {"img-src", "media-src"}))
    if script & (BROAD | INLINE) or objects & BROAD or any(source.startswith(("http:", "ftp:")) for source in active):
        return -20
    if "'unsafe-eval'" in script | style or any(source.startswith(("http:", "ftp:")) for source in passive):
        return -10
    if style & (BROAD | INLINE):
        return 0
    return 10 if default == {"'none'"} else 5


def cookie_points(response) -> int:
    points, cookies = [], response.cookies.values()
    for cookie in cookies:
        is_session = any(word in cookie.key.lower() for word in ("login", "sess"))
        if is_session and not cookie["httponly"]:
            points.append(-30)
        if not cookie["secure"]:
            protected = transport_points(response) >= 0
            points.append((-10 if protected else -40) if is_session else (-5 if protected else -20))
        if cookie["samesite"].lower() not in {"", "lax", "strict", "none"}:
            points.append(-20)
        if cookie["samesite"].lower() == "none" and not cookie["secure"]:
            points.append(-20)
        if "csrf" in cookie.key.lower() and not cookie["samesite"]:
            points.append(-20)
    if points or not cookies:
        return min(points, default=0)
    return 5 if all(cookie["samesite"] for cookie in cookies) else 0


def sharing_points(response) -> int:
    is_shared = response.get("Access-Control-Allow-Origin") and response.get("Access-Control-Allow-Credentials")
    return -50 if is_shared else 0


def redirection_points(plain, host) -> int:
    """Points for the response over http: a redirect to https on the same host is right."""
    target = urlsplit(plain.get("Location", ""))
    if plain.status_code not in {301, 302, 303, 307, 308}:
        return -20
    if target.scheme != "https":
        return -10
    return 0 if target.hostname == host else -5


def referrer_points(response) -> int:
    private = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
    if "Referrer-Policy" not in response:
        return 0
    return 5 if response["Referrer-Policy"].split(",")[-1].strip() in private else -5


def transport_points(response, is_preloaded=False) -> int:
    directives = dict(
        directive.strip().lower().partition("=")[::2]
        for directive in response.get("Strict-Transport-Security", "").split(";")
    )
    if is_preloaded:
        return 5
    if not directives.get("max-age", "").isdecimal():
        return -20
    return 0 if int(directives["max-age"]) >= HALF_A_YEAR else -10


class Scripts(HTMLParser):
    """The <script src> of a page."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "script" and dict(attrs).get("src"):
            self.found.append(dict(attrs))


def integrity_points(response) -> int:
    scripts = Scripts(response.content.decode()).found
    if any(urlsplit(script["src"]).netloc for script in scripts):
        return -50  # Less, with integrity or https; but we have none from elsewhere.
    return 5 if scripts and all(script.get("integrity") for script in scripts) else 0


def type_points(response) -> int:
    return 0 if response.get("X-Content-Type-Options") == "nosniff" else -5


def frame_points(response) -> int:
    policy = response.get("Content-Security-Policy", "")
    if "frame-ancestors 'none'" in policy or "frame-ancestors 'self'" in policy:
        return 5
    return 0 if response.get("X-Frame-Options") in {"DENY", "SAMEORIGIN"} else -20


def resource_points(response) -> int:
    points = {"same-origin": 10, "same-site": 10, "cross-origin": 0, None: 0}
    return points.get(response.get("Cross-Origin-Resource-Policy"), -5)


def points_of(plain, response, host="testserver", is_preloaded=False) -> dict[str, int]:
    """What each of the Observatory's tests gives for a page, and for the same address over http."""
    return {
        "Content-Security-Policy": policy_points(response),
        "Cookies": cookie_points(response),
        "Cross-Origin Resource Sharing": sharing_points(response),
        "Redirection": redirection_points(plain, host),
        "Referrer-Policy": referrer_points(response),
        "Strict-Transport-Security": transport_points(response, is_preloaded),
        "Subresource Integrity": integrity_points(response),
        "X-Content-Type-Options": type_points(response),
        "X-Frame-Options": frame_points(response),
        "Cross-Origin-Resource-Policy": resource_points(response),
    }


def score_of(points: dict[str, int]) -> int:
    without_bonus = 100 + sum(each for each in points.values() if each < 0)
    return max(0, without_bonus + (sum(each for each in points.values() if each > 0) if without_bonus >= 90 else 0))


@pytest.fixture
def ask(client, db, settings):
    """Return what is answered over http and over https, where HTTPS=True (test_settings.py holds what that sets)."""
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    return lambda path: (client.get(path), client.get(path, secure=True))


def test_the_score_of_a_host_without_preload_is_the_maximum(ask):
    points = points_of(*ask(reverse("accounts:login")))

    assert points == MOST | {"Strict-Transport-Security": 0}
    assert score_of(points) == 140


def test_social_login_costs_no_points(ask, settings):
    """The policy then contains the host to which the button's form redirects."""
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    elsewhere = policy | {"form-action": ["'self'", "https://accounts.google.com"]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": elsewhere}

    _, page = ask(reverse("accounts:login"))

    assert "https://accounts.google.com" in page["Content-Security-Policy"]
    assert policy_points(page) == MOST["Content-Security-Policy"]


def test_the_score_of_a_preloaded_host_is_the_maximum(ask, settings):
    """With HSTS_SUBDOMAINS=True, the host can be added to the preload list of browsers."""
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    plain, page = ask(reverse("accounts:login"))

    assert page["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    points = points_of(plain, page, is_preloaded=True)

    assert points == MOST
    assert score_of(points) == 100 + sum(MOST.values()) == 145


def test_the_welcome_page_has_all_points_except_for_cookies(ask):
    points = points_of(*ask("/"))

    assert not points.pop("Cookies"), "It sets none, and that gives none."
    assert points.items() <= (MOST | {"Strict-Transport-Security": 0}).items()


def test_signing_in_keeps_the_points_for_cookies(ask, client):
    sent = {"username": make_person().username, "password": PASSWORD}

    response = client.post(reverse("accounts:login"), sent, secure=True)

    assert "__Host-sessionid" in response.cookies
    assert cookie_points(response) == MOST["Cookies"]


@pytest.mark.parametrize(
    ("header", "test", "points"),
    [
        ("Content-Security-Policy", "Content-Security-Policy", -25),
        ("Strict-Transport-Security", "Strict-Transport-Security", -20),
        ("X-Content-Type-Options", "X-Content-Type-Options", -5),
        ("Referrer-Policy", "Referrer-Policy", 0),
        ("Cross-Origin-Resource-Policy", "Cross-Origin-Resource-Policy", 0),
    ],
)
def test_a_header_that_was_missing_would_be_seen(ask, header, test, points):
    plain, page = ask(reverse("accounts:login"))
    whole = score_of(points_of(plain, page))
    del page[header]

    assert points_of(plain, page)[test] == points
    assert score_of(points_of(plain, page)) < whole
