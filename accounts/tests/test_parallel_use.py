"""Links and codes that work once work once for parallel requests too."""

from functools import partial

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import rate_limits
from accounts.models import SecurityEvent, User
from accounts.password_reset import reset_link
from accounts.tests.codes import confirmation_token, switch_on
from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.visitors import Visitor, all_at_once

AT_ONCE = 6

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def maria(transactional_db):
    return make_person(username="maria", email="maria@example.org")


@pytest.fixture
def codes(maria) -> list[str]:
    client = Client()
    client.force_login(maria)
    return switch_on(client)[1]


def count(kind: str) -> int:
    return SecurityEvent.objects.filter(kind=kind).count()


def visitors(live_server) -> list[Visitor]:
    return [Visitor(live_server.url) for _ in range(AT_ONCE)]


def new(number: int) -> dict:
    password = f"quite-another-battery-{number}"
    return {"new_password1": password, "new_password2": password}


def test_parallel_uses_of_a_reset_link(live_server, maria):
    link = reset_link(RequestFactory().get("/"), maria).removeprefix("http://testserver")
    form = link.rsplit("/", 2)[0] + "/set-password/"
    browsers = visitors(live_server)
    pages = [browser.get(link) for browser in browsers]

    results = all_at_once(
        *(
            lambda browser=browser, page=page, number=number: browser.send(form, new(number), page)
            for number, (browser, page) in enumerate(zip(browsers, pages, strict=True))
        )
    )

    assert {status for status, _url, _page in results} == {200}
    assert sum("does not work any more" in page for _status, _url, page in results) == AT_ONCE - 1
    assert count("password_reset") == 1
    [winner] = [number for number, (_status, url, _page) in enumerate(results) if url.endswith("/login/")]
    assert User.objects.get().check_password(new(winner)["new_password1"])


def test_parallel_resets_by_one_recovery_code(live_server, maria, codes):
    form = reverse("accounts:reset_by_code")
    browsers = visitors(live_server)
    pages = [browser.get(form) for browser in browsers]

    results = all_at_once(
        *(
            lambda browser=browser, page=page, number=number: browser.send(
                form, {"username": "maria", "code": codes[0]} | new(number), page
            )
            for number, (browser, page) in enumerate(zip(browsers, pages, strict=True))
        )
    )

    assert sum("do not go together" in page for _status, _url, page in results) == AT_ONCE - 1
    assert (count("code_used"), count("password_reset")) == (1, 1)


def test_parallel_resets_by_several_recovery_codes_of_one_list(live_server, maria, codes):
    """The first one uses up the list, under a lock on its row."""
    form = reverse("accounts:reset_by_code")
    browsers = visitors(live_server)[:4]
    pages = [browser.get(form) for browser in browsers]

    results = all_at_once(
        *(
            lambda browser=browser, page=page, number=number: browser.send(
                form, {"username": "maria", "code": codes[number]} | new(number), page
            )
            for number, (browser, page) in enumerate(zip(browsers, pages, strict=True))
        )
    )

    assert sum("do not go together" in page for _status, _url, page in results) == 3
    assert (count("code_used"), count("password_reset")) == (1, 1)
    assert Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes() == []


@pytest.mark.parametrize("kind", ["recovery code", "app"])
def test_parallel_logins_by_one_code(live_server, maria, codes, kind, monkeypatch):
    """Each browser has passed the password step and sends the same code."""
    if kind == "app":
        # What one process remembers of used codes others do not know.
        monkeypatch.setattr("allauth.mfa.totp.internal.auth.TOTP.validate_code", lambda self, code: code == "123456")
    form = reverse("accounts:code")
    browsers = visitors(live_server)
    pages = []
    for browser in browsers:
        _status, url, page = browser.post("/accounts/login/", {"username": "maria", "password": PASSWORD})
        assert url.endswith(form)
        pages.append(page)
    code = codes[0] if kind == "recovery code" else "123456"

    all_at_once(
        *(
            lambda browser=browser, page=page: browser.send(form, {"code": code}, page)
            for browser, page in zip(browsers, pages, strict=True)
        )
    )

    assert count("signed_in") == 1


def test_parallel_uses_of_a_confirmation_link(live_server, maria):
    address = reverse("accounts:email_confirm", args=[confirmation_token(maria)])
    browsers = visitors(live_server)
    pages = [browser.get(address) for browser in browsers]

    results = all_at_once(
        *(
            lambda browser=browser, page=page: browser.send(address, {}, page)
            for browser, page in zip(browsers, pages, strict=True)
        )
    )

    assert sum("does not work any more" in page for _status, _url, page in results) == AT_ONCE - 1
    assert not any("belongs to another account" in page for _status, _url, page in results)
    assert count("email_confirmed") == EmailAddress.objects.filter(user=maria, verified=True).count() == 1


def test_parallel_claims_of_one_text():
    claim = partial(rate_limits.claim_once, "something", 60)

    assert sorted(all_at_once(*[claim] * AT_ONCE)) == [False] * (AT_ONCE - 1) + [True]
