"""Security headers of all responses, and pages that comply with them."""

from http.cookies import SimpleCookie

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts.tests.factories import PASSWORD, make_person
from brainlog.middleware import SECRET_ADDRESSES
from brainlog.tests.addresses import ADDRESSES, DAY, SUNDAY
from brainlog.tests.html import Page
from logs.tests.factories import answers, dose_rows, make_dose, make_full_log, make_medication
from reflections.tests.factories import make_reflection
from testing.rollback import rolled_back

pytestmark = pytest.mark.once

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "brainlog-worker",
}
POLICY_OF_WORKER = {
    "default-src": "'none'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
# The same for everyone.
PUBLIC = {"/manifest.webmanifest": "public, max-age=3600", "/offline/": "no-cache"}
TYPES = {
    "/manifest.webmanifest": "application/manifest+json",
    "/sw.js": "text/javascript; charset=utf-8",
    "/logs/waiting/": "application/json",
    "/insights/trends/focus.csv": "text/csv; charset=utf-8",
    "/insights/findings/state/": "application/json",
}
ADMIN = ["/admin/", "/admin/logs/dailylog/", "/admin/accounts/user/", "/admin/accounts/user/add/", "/admin/jsi18n/"]
PATHS = [*(address.path for address in ADDRESSES), *ADMIN, "/nowhere/"]


@pytest.fixture
def as_maria(client, db):
    """A client of a person with answers on every page, who is also an administrator."""
    maria = make_person(username="maria", is_staff=True, is_superuser=True)
    make_dose(make_full_log(maria, DAY), make_medication(maria, pk=1))
    make_reflection(maria, SUNDAY)
    client.force_login(maria)
    return client


def policy_of(response) -> dict:
    directives = response["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def policy_for(path, method="get") -> dict:
    """The policy of the admin has no trusted types: its jQuery writes HTML when it is loaded. It is no app."""
    if path == "/sw.js" and method == "get":
        return POLICY_OF_WORKER
    of_the_admin = {"require-trusted-types-for", "trusted-types", "manifest-src", "worker-src"}
    left_out = of_the_admin if path.startswith("/admin/") else set()
    return {directive: sources for directive, sources in POLICY.items() if directive not in left_out}


def assert_headers(response, path, method="get"):
    assert policy_of(response) == policy_for(path, method)
    assert_guarded(response, "strict-origin" if path.startswith(SECRET_ADDRESSES) else "same-origin")


def assert_guarded(response, referrer="same-origin"):
    """The headers of all responses, including static files and probes."""
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == referrer
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    features = features_of(response)
    assert features.pop("publickey-credentials-get") == features.pop("publickey-credentials-create") == "(self)"
    assert {"camera", "microphone", "geolocation"} < set(features) and set(features.values()) == {"()"}
    assert "frame-ancestors" in policy_of(response)


def features_of(response) -> dict:
    return dict(feature.split("=") for feature in response["Permissions-Policy"].split(", "))


@pytest.mark.parametrize("method", ["get", "post"])
def test_responses_to_a_person_have_security_headers_and_no_store(as_maria, subtests, method):
    cookies = {name: cookie.value for name, cookie in as_maria.cookies.items()}
    for path in PATHS:
        as_maria.cookies = SimpleCookie(cookies)  # Some of these log out.
        with subtests.test(path), rolled_back():
            response = getattr(as_maria, method)(path)

            assert_headers(response, path, method)
            if method == "get" and path in PUBLIC:
                assert response["Cache-Control"] == PUBLIC[path]
            elif path != reverse("accounts:logout"):
                assert "no-store" in response["Cache-Control"]


def test_responses_to_a_visitor_have_security_headers(client, db, subtests):
    for path in PATHS:
        with subtests.test(path):
            response = client.get(path)

            assert_headers(response, path)
            assert "Cookie" in response.get("Vary", "") or response.status_code in {302, 404, 405}


def test_early_error_responses_have_security_headers(client, db):
    wrong_host = client.get("/", headers={"host": "evil.example"})
    far_too_much = client.post(reverse("accounts:login"), {"username": "x" * 17 * 1024 * 1024})

    for response, status in ((wrong_host, 400), (far_too_much, 413)):
        assert response.status_code == status
        assert policy_of(response) == POLICY
        assert_guarded(response)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/static/brainlog.css", "/static/none.css"])
def test_static_files_and_probes_have_security_headers(client, db, settings, path):
    settings.METRICS_TOKEN = "a-token"
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True

    response = client.get(path, headers={"authorization": "Bearer a-token"})

    response.getvalue()  # Or the file stays open.
    response.close()
    assert response.status_code == (404 if "none" in path else 200)
    assert_guarded(response)
    assert "Access-Control-Allow-Origin" not in response


def test_pages_have_content_type_and_charset(as_maria):
    others = {
        address.path: answer["Content-Type"]
        for address in ADDRESSES
        if (answer := as_maria.get(address.path)).getvalue() and answer["Content-Type"] != "text/html; charset=utf-8"
    }

    assert others == TYPES


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("brainlog.css", 'text/css; charset="utf-8"'),
        ("brainlog.js", 'text/javascript; charset="utf-8"'),
        ("images/favicon.svg", "image/svg+xml"),
    ],
)
def test_static_files_have_content_type_and_charset(client, db, settings, path, said):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    response = client.get(f"/static/{path}")
    response.getvalue()  # Or it stays open.
    response.close()

    assert response["Content-Type"] == said


@pytest.mark.urls("brainlog.tests.browser.urls")
@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_error_pages_have_security_headers(client, db, status):
    client.raise_request_exception = False

    response = client.get(f"/broken/{status}/")

    assert response.status_code == status
    assert policy_of(response) == POLICY
    assert_guarded(response)


def test_login_and_logout_are_not_cached(client, db):
    make_person(username="maria")

    login = client.post(reverse("accounts:login"), {"username": "maria", "password": PASSWORD})
    logout = client.post(reverse("accounts:logout"))

    assert "no-store" in login["Cache-Control"]
    assert "no-store" in logout["Cache-Control"]


# The content of pages


def refused_by_the_browser(response) -> list[str]:
    """Nothing of a file, which a browser stores instead of showing it."""
    return [] if is_file(response) else Page(response.getvalue().decode()).against_the_policy()


def is_file(response) -> bool:
    return response.get("Content-Disposition", "").startswith("attachment")


def test_pages_comply_with_the_content_security_policy(as_maria, subtests):
    for path in PATHS:
        with subtests.test(path):
            response = as_maria.get(path, follow=True)

            assert path == "/admin/jsi18n/" or refused_by_the_browser(response) == []


@pytest.mark.parametrize("name", ["today", "accounts:signup", "accounts:login"])
def test_pages_for_visitors_comply_with_the_content_security_policy(client, db, name):
    response = client.get(reverse(name))

    assertContains(response, "<h1>")
    assert refused_by_the_browser(response) == []


@pytest.mark.parametrize("stage", ["morning", "medication", "midday", "afternoon", "evening"])
def test_pages_with_errors_comply_with_the_content_security_policy(as_maria, stage):
    path = reverse("logs:check_in", args=[DAY, stage])
    sent = answers(stage) | dose_rows({"medication": "x" * 101, "amount": "-5"}) | {"version": "0" * 16}

    response = as_maria.post(path, sent)

    assert response.context["form"].errors
    assert refused_by_the_browser(response) == []


def test_every_page_has_a_title_one_heading_and_the_others_in_order(as_maria, subtests):
    pages = {address.path for address in ADDRESSES if address.other[0] in {200, 404}} - TYPES.keys()
    for path in sorted(pages):
        with subtests.test(path):
            response = as_maria.get(path, follow=True)

            page = Page(response.content.decode())
            levels = [int(heading[1]) for heading in page.headings]
            assert "<title> · Brain Log" not in response.content.decode()
            assert levels.count(1) == 1
            assert levels[0] == 1
            assert all(deeper <= level + 1 for level, deeper in zip(levels, levels[1:], strict=False))


def test_what_people_write_is_shown_as_text(client, db):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    maria = make_person(display_name=evil)
    make_dose(make_full_log(maria, DAY, dreams=evil, breakfast=evil), make_medication(maria, evil, pk=1))
    make_reflection(maria, SUNDAY, week_highlights=evil, next_week_focus=evil)
    client.force_login(maria)

    for path in (address.path for address in ADDRESSES if address.other[0] in {200, 404}):
        response = client.get(path, follow=True)
        assert refused_by_the_browser(response) == [], path
        assert is_file(response) or "<script>alert" not in response.content.decode(), path
