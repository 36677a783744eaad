"""Who may go where: every address, for visitors and for other people, reading and sending."""

import pytest
from django.conf import settings
from django.contrib.admin import site
from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog.tests.addresses import ADDRESSES, DAY, SUNDAY, addresses_of
from logs.models import DailyLog, Dose, Medication
from logs.tests.factories import make_dose, make_full_log, make_medication
from reflections.models import WeeklyReflection
from reflections.tests.factories import make_reflection

OURS = (User, DailyLog, Medication, Dose, WeeklyReflection)


@pytest.fixture
def maria(db):
    """The person whose rows lie at these addresses."""
    maria = make_person(username="maria")
    make_dose(
        make_full_log(maria, DAY, dreams="A secret dream"),
        make_medication(maria, pk=1, note="A secret note"),
    )
    make_reflection(maria, SUNDAY, week_highlights="A secret walk")
    return maria


@pytest.fixture
def as_other(client, maria):
    client.force_login(make_person(username="other"))
    return client


def everything_of(person) -> list[dict]:
    """Every column of every row about a person."""
    lookups = {User: "pk", Dose: "daily_log__user"}
    rows: list[type[Model]] = []
    for model in OURS:
        rows += model.objects.filter(**{lookups.get(model, "user"): person.pk}).order_by("pk").values()
    return rows


def test_every_address_is_in_the_list():
    ours = {name for name, _ in addresses_of() if not name.startswith("admin:")}

    assert ours == {address.name for address in ADDRESSES}


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.path)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visitor(client, maria, address, method):
    before = everything_of(maria)
    expected = address.visitor[method == "post"]

    response = getattr(client, method)(address.path)

    if expected == "login":
        assert (response.status_code, response.url) == (302, f"{reverse('accounts:login')}?next={address.path}")
    else:
        assert response.status_code == expected
    assert "secret" not in response.content.decode()
    assert everything_of(maria) == before


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.path)
@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_else(as_other, maria, address, method):
    before = everything_of(maria)

    response = getattr(as_other, method)(address.path)

    assert response.status_code == address.other[method == "post"]
    assert "secret" not in response.content.decode()
    assert everything_of(maria) == before


ADMIN = [(name, pattern) for name, pattern in addresses_of() if name.startswith("admin:")]


def admin_path(name) -> str:
    """Whatever arguments the address takes: a row, or a table's name."""
    for arguments in ((), (1,), ("logs",), (1, 1)):
        try:
            return reverse(name, args=arguments)
        except NoReverseMatch:
            continue
    return f"/admin/{name.removeprefix('admin:')}/"


def test_the_addresses_of_the_admin_are_found():
    assert len(ADMIN) > 5 * len(site._registry)
    assert "/admin/accounts/user/1/delete/" in {admin_path(name) for name, _ in ADMIN}


@pytest.mark.parametrize("name", sorted({name for name, _ in ADMIN} - {"admin:login"}))
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["a visitor", "somebody else"])
def test_the_admin_is_for_staff(client, maria, name, method, who):
    if who == "somebody else":
        client.force_login(make_person(username="other"))
    before = everything_of(maria)

    response = getattr(client, method)(admin_path(name), {"post": "yes", "action": "delete_selected"})

    if name == "admin:logout" and (method, who) != ("post", "a visitor"):
        assert response.status_code in {200, 302, 405}
    else:
        assert response.status_code == 302
        logins = tuple(f"{reverse(login)}?next=" for login in ("accounts:login", "admin:login"))
        assert response.url.startswith(logins) or response.url == reverse("admin:index")
    assert "maria" not in response.content.decode()
    assert everything_of(maria) == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_static_files_lead_nowhere_else(client, db, method):
    for path in (
        f"/{settings.STATIC_URL.strip('/')}/../manage.py",
        "/static/../brainlog/settings.py",
        "/.env",
        "/db.sqlite3",
    ):
        assert getattr(client, method)(path).status_code in {403, 404, 405}
