"""Actions of the admin on people: reset links, switching off a second factor, ending logins."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.links import NEW, can_log_in, choose_password

LOGIN = reverse("accounts:login")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "mail_server")]


def act(client, action, *people):
    data = {"action": action, "_selected_action": [person.pk for person in people]}
    return client.post(reverse("admin:accounts_user_changelist"), data, follow=True)


@pytest.fixture
def as_staff(client):
    staff = make_person(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(staff)
    return client


def test_an_admin_creates_a_link_that_is_shown_once(as_staff, person):
    page = act(as_staff, "make_reset_link", person).content.decode()
    [link] = re.findall(r"http://testserver(/accounts/reset/[\w/-]+/)", page)

    assert link not in as_staff.get(reverse("admin:accounts_user_changelist")).content.decode()
    assertRedirects(choose_password(Client(), link), LOGIN)
    assert can_log_in(person.username, NEW)
    entry = LogEntry.objects.get()
    assert entry.object_repr == person.username and link not in entry.change_message


def test_too_many_selected_people_are_refused_with_a_message(as_staff, monkeypatch):
    monkeypatch.setattr("accounts.admin.UserAdmin.MAX_AT_ONCE", 2)
    people = [make_person() for _ in range(3)]
    for person in people:
        Client().force_login(person)

    assertContains(act(as_staff, "end_sessions", *people), "Nothing was done")
    assert all(person.sessions.exists() for person in people)
    act(as_staff, "end_sessions", *people[:2])
    assert [person.sessions.exists() for person in people] == [False, False, True]


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}])
@pytest.mark.parametrize("action", ["make_reset_link", "switch_off_second_factor", "end_sessions"])
def test_staff_cannot_take_over_staff(as_staff, rights, action):
    boss = make_person(**rights)
    boss.authenticator_set.create(type="recovery_codes", data={})
    Client().force_login(boss)

    response = act(as_staff, action, boss)

    assertContains(response, "Only a superuser")
    assertNotContains(response, "/accounts/reset/")
    assert boss.authenticator_set.exists() and boss.sessions.exists()


def test_staff_with_view_permission_only_cannot_create_links(client, person):
    staff = make_person(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_user"))
    client.force_login(staff)

    assertNotContains(act(client, "make_reset_link", person), "/accounts/reset/")


def test_an_admin_switches_a_lost_second_factor_off(protected, as_person, person):
    client = Client()
    client.force_login(make_person(is_staff=True, is_superuser=True))

    act(client, "switch_off_second_factor", person)

    assert can_log_in(person.username, PASSWORD)
    assert LogEntry.objects.get().object_repr == person.username


def test_an_admin_ends_all_logins_of_a_person(as_person, person):
    admin, other = Client(), Client()
    admin.force_login(make_person(is_staff=True, is_superuser=True))
    other.force_login(make_person())

    act(admin, "end_sessions", person)

    profile = reverse("accounts:profile")
    assert [client.get(profile).status_code for client in (as_person, other, admin)] == [302, 200, 200]
    assert LogEntry.objects.get().change_message == "Ended all logins."
