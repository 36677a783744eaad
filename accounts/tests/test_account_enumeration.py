"""No form reveals to strangers who has an account: by its texts, by rate limits, or by its database statements."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts import rate_limits
from accounts.models import User
from accounts.tests.codes import switch_on
from accounts.tests.factories import PASSWORD, make_person

BY_CODE, LOGIN, RESET, SIGN_UP = (reverse(f"accounts:{name}") for name in ("reset_by_code", "login", "reset", "signup"))
NEW = "quite-another-battery"
NAMES = ["maria", "on-hold", "unknown"]

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]


@pytest.fixture(autouse=True)
def people(db):
    """A person with recovery codes, and a deactivated one."""
    facts = {"display_name": "Wintergarten", "email": "seelenbuch@example.org"}
    maria = make_person(username="maria", **facts)
    EmailAddress.objects.create(user=maria, email=maria.email, verified=True, primary=True)
    make_person(username="on-hold", is_active=False, **facts)
    return maria


@pytest.fixture
def codes(people) -> list[str]:
    client = Client()
    client.force_login(people)
    return switch_on(client)[1]


def by_code(name, code="00000000", password=NEW, client=None, **more):
    form = {"username": name, "code": code, "new_password1": password, "new_password2": password}
    return (client or Client()).post(BY_CODE, form, **more)


def errors_of_form(response) -> dict:
    return response.context["form"].errors


# By recovery code


@pytest.mark.parametrize("password", ["wintergarten-7", "seelenbuch-7", "maria-maria-7", "short", NEW])
def test_a_new_password_is_not_compared_with_the_person_before_the_code_is_correct(codes, password):
    answers = [errors_of_form(by_code(name, password=password)) for name in NAMES]

    assert answers[0] == answers[1] == answers[2]
    assert "similar" not in str(answers)


def test_each_guess_counts_as_an_attempt(codes):
    attempts = rate_limits.SIGN_IN_BY_NAME.attempts
    found = [by_code("maria", password="wintergarten-7").status_code for _ in range(attempts + 1)]

    assert found == [200] * attempts + [429]


def test_a_refused_password_does_not_use_the_code_up(codes, people):
    refused = by_code("maria", codes[0], "wintergarten-7")

    assert list(errors_of_form(refused)) == ["new_password2"] and "too similar" in str(errors_of_form(refused))
    assert User.objects.get(pk=people.pk).check_password(PASSWORD)
    assert by_code("maria", codes[0]).status_code == 302


def test_a_refused_password_counts_as_an_attempt(codes):
    """The page differs for a correct code then, so the refusal counts like a wrong code."""
    attempts = rate_limits.SIGN_IN_BY_NAME.attempts
    found = [by_code("maria", codes[0], "wintergarten-7").status_code for _ in range(attempts + 1)]

    assert found == [200] * attempts + [429]


def test_a_correct_code_of_a_deactivated_person_is_refused(codes, people):
    User.objects.update(is_active=False)

    assert "do not go together" in str(errors_of_form(by_code("maria", codes[0])))


# All forms that name a person or an address


def statements(action) -> list[str]:
    """The statements of a request, without values and names of savepoints."""
    with CaptureQueriesContext(connection) as queries:
        action()
    return [re.sub(r"'[^']*'|\d+|\"s\d\w+\"", "?", query["sql"])[:60] for query in queries]


FORMS = {
    "login": lambda name, client: client.post(LOGIN, {"username": name, "password": "wrong"}),
    "reset_by_code": lambda name, client: by_code(name, client=client),
    "reset": lambda name, client: client.post(RESET, {"email": f"{name}@example.org"}),
}


@pytest.mark.matrix
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
def test_unknown_names_run_the_same_statements(codes, people, settings, form, again):
    settings.HAS_EMAIL = True
    EmailAddress.objects.update(email="maria@example.org")
    counts = {}
    for number, name in enumerate(NAMES):
        address = f"10.0.0.{number}"  # the first try of an address costs more
        if again:
            FORMS[form](name, Client(REMOTE_ADDR=address))
        counts[name] = len(statements(lambda: FORMS[form](name, Client(REMOTE_ADDR=address))))  # noqa: B023

    assert counts["maria"] == counts["on-hold"] == counts["unknown"]


@pytest.mark.parametrize("form", ["login", "reset_by_code"])
def test_an_attempt_is_counted_before_a_person_is_looked_up(codes, form):
    asked = statements(lambda: FORMS[form]("maria", Client()))

    first_person = next(number for number, sql in enumerate(asked) if "accounts_user" in sql or "mfa_auth" in sql)
    first_count = next(number for number, sql in enumerate(asked) if "accounts_throttle" in sql)
    assert first_count < first_person


@pytest.mark.parametrize("registration", ["closed", "invite"])
def test_signing_up_reveals_no_names_when_registration_is_not_open(settings, registration):
    settings.REGISTRATION = registration
    form = {"username": "maria", "password1": NEW, "password2": NEW, "timezone": "UTC"}

    assertContains(Client().post(SIGN_UP, form), "By invitation only")


def test_checking_names_by_signing_up_is_limited():
    form = {"username": "maria", "password1": NEW, "password2": NEW, "timezone": "UTC"}
    attempts = rate_limits.SIGN_UP.attempts
    answers = [Client().post(SIGN_UP, form) for _ in range(attempts + 1)]

    assert [answer.status_code for answer in answers] == [200] * attempts + [429]
    assert list(errors_of_form(answers[0])) == ["username"]


@pytest.mark.parametrize("token", ["x", "set-password", "cabc12-0123456789abcdef0123456789abcdef"])
def test_a_forged_link_gets_the_same_answer_for_every_id(people, token):
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode

    pages = []
    for number in (people.pk, people.pk + 1000):
        identity = urlsafe_base64_encode(force_bytes(number))
        pages.append(Client().get(reverse("accounts:reset_by_link", args=[identity, token])).content)

    assert pages[0] == pages[1] or len(pages[0]) == len(pages[1])
