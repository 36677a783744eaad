"""Social login with a small provider, on both databases."""

import json
import re
import subprocess
import sys
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest

from accounts.tests.factories import PASSWORD
from testing.chromium import watched_pages
from testing.gunicorn import ROOT, environment_with, manage, throwaway_site
from testing.migrated import migrate
from testing.oidc import throwaway_provider
from testing.people import Visitor
from testing.postgres import free_port, throwaway_cluster

NAME, SIGN_UP = "/accounts/external/signup/", "/accounts/signup/"
START = "/accounts/oidc/oidc/login/"
CONNECT = f"{START}?process=connect"
EXTERNAL = "/accounts/external/"


@pytest.fixture(scope="module")
def provider():
    with throwaway_provider() as provider:
        yield provider


@pytest.fixture(scope="module", params=[pytest.param("SQLite", marks=pytest.mark.thorough), "PostgreSQL"])
def database_url(request, tmp_path_factory):
    if request.param == "SQLite":
        yield f"sqlite:///{tmp_path_factory.mktemp('external')}/db.sqlite3"
        return
    with throwaway_cluster() as cluster:
        yield cluster.url


@pytest.fixture(scope="module")
def site(database_url, provider):
    migrate(database_url)
    # With a provider there are more tables.
    migrated = manage(database_url, "migrate", "--verbosity=0", **provider.environment)
    assert migrated.returncode == 0, migrated.stderr
    with throwaway_site(database_url, workers=1, **provider.environment) as site:
        yield site


# A process in which the provider is configured, as it is for the site: runs code and answers with what it prints.
SHELL = """
import contextlib, io, json, sys
from accounts.models import *
from allauth.socialaccount.models import *
for line in sys.stdin:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(json.loads(line), globals())
    print(json.dumps(printed.getvalue().strip()), flush=True)
"""


@pytest.fixture(scope="module")
def ask(site, database_url, provider):
    """Ask the database, in Python: what the code prints."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-v0", "-c", SHELL],
        cwd=ROOT,
        env=environment_with(database_url, **provider.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:

        def ask(code: str) -> str:
            shell.stdin.write(json.dumps(code) + "\n")
            shell.stdin.flush()
            answer = shell.stdout.readline()
            assert answer, code
            return json.loads(answer)

        yield ask
        shell.stdin.close()


@pytest.fixture(autouse=True)
def as_before(request):
    if "provider" in request.fixturenames:
        provider = request.getfixturevalue("provider")
        yield
        provider.refuses, provider.claims, provider.issuer = False, {}, ""
        provider.redirected, provider.is_down = set(), False
    else:
        yield


def come(site, provider, sub, **more) -> Visitor:
    """A visitor with the account of this id at the provider."""
    provider.person = {"sub": sub, "preferred_username": f"club-{sub}", "email": f"{sub}@example.org"} | more
    return Visitor(site.url)


def sign_up(site, provider, sub) -> Visitor:
    visitor = come(site, provider, sub)
    visitor.post(START, {})
    status, address, page = visitor.post(NAME, {"username": f"club-{sub}", "timezone": "UTC"})
    assert (status, address) == (200, f"{site.url}/"), page
    return visitor


def is_in(visitor) -> bool:
    return "Log out" in visitor.get("/accounts/profile/")


def sign_up_with_password(site, username) -> Visitor:
    visitor = Visitor(site.url)
    data = {"username": username, "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC"}
    assert visitor.post(SIGN_UP, data)[1] == f"{site.url}/"
    return visitor


pytestmark = pytest.mark.once


def test_a_new_person_chooses_a_name_and_can_log_in_again(site, provider, ask):
    assert "Log in with The Club" in Visitor(site.url).get("/accounts/login/")
    visitor = come(site, provider, "101")
    status, address, page = visitor.post(START, {})
    assert address == f"{site.url}{NAME}" and 'value="club-101"' in page
    visitor.post(NAME, {"username": "club-101", "timezone": "Europe/Berlin"})
    assert is_in(visitor)

    again = come(site, provider, "101", preferred_username="renamed")
    _, address, _ = again.post(f"{START}?next=/reflections/", {})

    assert address == f"{site.url}/reflections/"
    assert "club-101" in again.get("/accounts/profile/")
    assert ask("print(User.objects.get(username='club-101').timezone)") == "Europe/Berlin"


def key_of(visitor) -> str:
    return {cookie.name: cookie.value for cookie in visitor.cookies}["sessionid"]


def test_a_login_changes_the_session_key(site, provider):
    """At signing up, and at a login in a browser that has a session."""
    new = come(site, provider, "121")
    new.post(START, {})
    before = key_of(new)
    new.post(NAME, {"username": "club-121", "timezone": "UTC"})
    assert is_in(new) and key_of(new) != before

    again = come(site, provider, "a stranger")
    again.post(START, {})
    before = key_of(again)
    provider.person = {"sub": "121"}
    again.post(START, {})

    assert is_in(again) and key_of(again) != before


def test_only_the_id_of_the_other_account_is_stored(site, provider, ask):
    sign_up(site, provider, "102")
    come(site, provider, "102").post(START, {})

    said = ask(
        "a = SocialAccount.objects.get(uid='102'); print(a.extra_data, repr(a.user.email), SocialToken.objects.count())"
    )
    assert said == "{} '' 0"
    assert set(provider.asked[-1]["scope"].split()) == {"openid", "profile"}


def test_a_taken_name_is_refused_in_any_spelling(site, provider):
    sign_up(site, provider, "103")
    visitor = come(site, provider, "104")
    visitor.post(START, {})

    _, _, page = visitor.post(NAME, {"username": "CLUB-103", "timezone": "UTC"})

    assert "This name is taken." in page and not is_in(visitor)


def test_a_matching_name_or_email_does_not_identify_a_person(site, provider):
    """A person can choose another's name or e-mail address at the provider."""
    sign_up_with_password(site, "maria")
    visitor = come(site, provider, "105", preferred_username="maria", email="maria@example.org", email_verified=True)

    _, address, _ = visitor.post(START, {})

    assert address == f"{site.url}{NAME}" and not is_in(visitor)


def test_a_cancelled_login_shows_a_message(site, provider):
    visitor = come(site, provider, "106")
    provider.refuses = True

    _, _, page = visitor.post(START, {})

    assert "Not logged in" in page


def test_an_unreachable_provider_shows_a_message(site, provider):
    visitor = come(site, provider, "122")
    page = visitor.get(START)
    provider.is_down = True

    status, address, page = visitor.send(START, {}, page)

    assert (status, address) == (200, f"{site.url}/accounts/login/")
    assert "cannot be reached just now" in page and "Traceback" not in site.log


@pytest.mark.parametrize("claims", [{"aud": "another-client"}, {"iss": "https://evil.example"}, {"exp": 1}])
def test_tokens_for_another_audience_are_refused(site, provider, claims):
    visitor = come(site, provider, "107")
    provider.claims = claims

    status, _, page = visitor.post(START, {})

    assert (status, "Not logged in" in page) == (401, True) and not is_in(visitor)


def test_state_and_verifier_are_random(site, provider):
    sent = []
    for _ in range(2):
        come(site, provider, "133").post(START, {})
        sent.append(provider.asked[-1])

    assert sent[0]["state"] != sent[1]["state"] and sent[0]["code_challenge"] != sent[1]["code_challenge"]
    assert min(len(asked["state"]) for asked in sent) * 6 >= 128, "Each character of base64 is six bits."
    assert {asked["code_challenge_method"] for asked in sent} == {"S256"}


@pytest.mark.parametrize("path", ["/token", "/userinfo", "/.well-known/openid-configuration"])
def test_redirects_of_the_provider_are_not_followed(site, provider, path):
    """The other server would receive the code, the token or our secret."""
    visitor = come(site, provider, "131")
    provider.redirected = {path}

    _, _, page = visitor.post(START, {})

    assert "Not logged in" in page or "cannot be reached" in page
    assert not is_in(visitor)


def test_a_foreign_issuer_is_refused(site, provider):
    visitor = come(site, provider, "132")
    provider.issuer = "https://another.example"
    provider.claims = {"iss": provider.issuer}  # Nor are its tokens, which are as consistent.

    _, address, page = visitor.post(START, {})

    assert address == f"{site.url}/accounts/login/" and "cannot be reached" in page
    assert not is_in(visitor)


def test_other_login_methods_work_while_the_provider_is_down(database_url, site, provider):
    environment = provider.environment | {"OIDC_SERVER_URL": f"http://127.0.0.1:{free_port()}"}
    with throwaway_site(database_url, workers=1, **environment) as other_site:
        _, address, page = Visitor(other_site.url).post(START, {})

        assert address == f"{other_site.url}/accounts/login/" and "cannot be reached" in page
        assert 'name="password"' in page
        assert "Request to the login provider failed: ConnectionError" in other_site.log


def test_a_callback_without_a_started_login_is_refused(site, provider):
    """With an attacker's code in their browser, people would write into the attacker's log."""
    asked = {"redirect_uri": f"{site.url}/accounts/oidc/oidc/login/callback/", "state": "x", "code_challenge": ""}
    link = provider.authorize(asked).removeprefix(site.url)
    visitor = come(site, provider, "108")

    with pytest.raises(Exception, match="401"):
        visitor.get(link)
    assert not is_in(visitor)


def test_a_get_request_does_not_start_a_login(site, provider):
    before = len(provider.asked)

    page = come(site, provider, "109").get(START)

    assert "Go on with The Club?" in page and len(provider.asked) == before


def test_an_account_is_added_after_reauthentication_and_removed(site, provider, ask):
    visitor = sign_up_with_password(site, "ada")
    provider.person = {"sub": "110"}
    assert "Is it you?" in visitor.get(EXTERNAL)
    _, address, page = visitor.post(CONNECT, {})
    assert "Is it you?" in page

    _, _, page = visitor.post("/accounts/confirm/", {"password": PASSWORD})
    page = visitor.get(EXTERNAL)
    number = re.search(r'name="account" value="(\d+)"', page)[1]
    other = come(site, provider, "110")
    other.post(START, {})
    assert is_in(other)

    assert "You can no longer log in with it." in visitor.post(EXTERNAL, {"account": number})[2]
    assert come(site, provider, "110").post(START, {})[1] == f"{site.url}{NAME}"
    rows = "SecurityEvent.objects.filter(person__username='ada').order_by('pk')"
    kinds = ask(f"print(*{rows}.values_list('kind', flat=True))")
    assert kinds.split() == ["signed_in", "provider_added", "signed_in_by_provider", "provider_removed"]


def test_the_last_login_method_cannot_be_removed(site, provider, ask):
    visitor = sign_up(site, provider, "111")
    number = re.search(r'name="account" value="(\d+)"', visitor.get(EXTERNAL))[1]

    _, _, page = visitor.post(EXTERNAL, {"account": number})

    assert "Choose a password first" in page
    assert ask("print(SocialAccount.objects.filter(uid='111').count())") == "1"


def test_another_persons_social_account_cannot_be_removed(site, provider, ask):
    sign_up(site, provider, "112")
    number = ask("print(SocialAccount.objects.get(uid='112').pk)")
    other = sign_up(site, provider, "113")

    other.post(EXTERNAL, {"account": number})

    assert ask("print(SocialAccount.objects.filter(uid='112').count())") == "1"


def test_a_social_account_of_another_person_is_not_taken_over(site, provider):
    sign_up(site, provider, "114")
    visitor = sign_up_with_password(site, "eve")
    visitor.get(EXTERNAL)
    visitor.post("/accounts/confirm/", {"password": PASSWORD})
    provider.person = {"sub": "114"}

    _, _, page = visitor.post(CONNECT, {})

    assert "already used by another person" in page


def test_social_accounts_are_limited(site, provider, ask):
    visitor = sign_up(site, provider, "126")
    provider.person = {"sub": "127"}
    ask(
        "person = User.objects.get(username='club-126')\n"
        "rows = [SocialAccount(user=person, provider='oidc', uid=f'more-{number}') for number in range(19)]\n"
        "SocialAccount.objects.bulk_create(rows)"
    )

    _, address, page = visitor.post(CONNECT, {})

    assert address == f"{site.url}{EXTERNAL}"
    assert "You have 20 accounts elsewhere" in page
    assert ask("print(SocialAccount.objects.filter(user__username='club-126').count())") == "20"


def test_social_login_requires_the_second_factor(site, provider, ask):
    sign_up(site, provider, "115")
    ask(
        "from encryption.mfa_secrets import encrypt\n"
        "person = User.objects.get(username='club-115')\n"
        "person.authenticator_set.create(type='totp', data={'secret': encrypt('A' * 32)})"
    )

    visitor = come(site, provider, "115")
    _, address, _ = visitor.post(START, {})

    assert address == f"{site.url}/accounts/login/code/" and not is_in(visitor)


def test_a_deactivated_person_cannot_log_in(site, provider, ask):
    sign_up(site, provider, "116")
    ask("User.objects.filter(username='club-116').update(is_active=False)")

    visitor = come(site, provider, "116")
    visitor.post(START, {})

    assert not is_in(visitor)


def test_deleting_the_account_deletes_social_accounts(site, provider, ask):
    visitor = sign_up(site, provider, "117")

    visitor.post("/accounts/delete/", {"username": "club-117"})

    assert (
        ask("print(SocialAccount.objects.filter(uid='117').count(), User.objects.filter(username='club-117').count())")
        == "0 0"
    )


@pytest.mark.parametrize(
    ("registration", "only", "comes"),
    [
        ("closed", "False", False),
        pytest.param("invite", "False", False, marks=pytest.mark.thorough),
        ("closed", "True", True),
    ],
)
def test_registration_applies_to_social_login(database_url, site, provider, registration, only, comes):
    """If login is by provider only, the provider decides."""
    environment = provider.environment | {"REGISTRATION": registration, "LOGIN_ONLY_BY_PROVIDER": only}
    with throwaway_site(database_url, workers=1, **environment) as other_site:
        _, address, page = come(other_site, provider, "118").post(START, {})

        assert address.endswith(NAME) == comes
        assert ("By invitation only" in page) != comes


def test_social_login_can_be_the_only_login_method(database_url, site, provider):
    sign_up_with_password(site, "grace")
    sign_up(site, provider, "119")
    with throwaway_site(database_url, workers=1, LOGIN_ONLY_BY_PROVIDER="True", **provider.environment) as closed:
        visitor = come(closed, provider, "119")
        page = visitor.get("/accounts/login/")
        assert 'name="password"' not in page and "passkey" not in page
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        sent = {"username": "grace", "password": PASSWORD, "csrfmiddlewaretoken": token, "credential": "{}"}
        for address in ("/accounts/login/", "/accounts/login/passkey/", "/accounts/reset/", "/accounts/reset/code/"):
            assert post_directly(visitor, address, sent) == 403
        assert post_directly(visitor, SIGN_UP, sent) == 403
        assert not is_in(visitor)

        visitor.post(START, {})
        assert is_in(visitor)


def post_directly(visitor, address, data) -> int:
    try:
        with visitor.opener.open(visitor.server_url + address, urlencode(data).encode()) as response:
            return response.status
    except HTTPError as error:
        return error.code


def test_the_policy_allows_the_provider_button(site, provider, chromium):
    """The strict policy names where forms may lead."""
    provider.person = {"sub": "120", "preferred_username": "club-120"}
    with watched_pages(chromium, site.url, ["status of 404", "MIME type"]) as open_page:  # no static files here
        page = open_page()
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Log in with The Club").click()
        page.wait_for_url(f"**{NAME}")


def test_without_a_provider_no_social_login_is_shown(client, db):
    for address in (START, EXTERNAL, NAME):
        assert client.get(address).status_code == 404
    assert "Log in with" not in client.get("/accounts/login/").content.decode()
