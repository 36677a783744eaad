"""Changes and views by staff in the admin, and changes by commands, are recorded for the person."""

import json

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import SecurityEvent, User
from accounts.models.security_event import STAFF_EDITABLE_FIELDS
from accounts.tests.factories import PASSWORD, make_person
from operations import staff

PAGE = reverse("accounts:events")
PEOPLE = reverse("admin:accounts_user_changelist")
FORMER = "maria@example.org"
NEW = "another long passphrase"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough_on_sqlite]


@pytest.fixture(autouse=True)
def mail_server(settings, transactional_db):
    settings.HAS_EMAIL = True


@pytest.fixture
def maria(transactional_db):
    person = make_person(username="maria", email=FORMER)
    EmailAddress.objects.create(user=person, email=FORMER, verified=True, primary=True)
    return person


@pytest.fixture
def as_staff(transactional_db):
    client = Client()
    client.force_login(make_person(username="keeper", is_staff=True, is_superuser=True))
    return client


def address_of(person, page="change"):
    return reverse(f"admin:accounts_user_{page}", args=[person.pk])


def change(client, person, **values):
    """Submit the form of the admin with these values."""
    form = client.get(address_of(person)).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in shown.items() if value not in (None, False, [])} | values
    response = client.post(address_of(person), sent)
    assert response.status_code == 302, response.context["adminform"].form.errors


def recorded(person) -> list[tuple[str, str, str]]:
    """The recorded events except views: kind, fields and author."""
    events = person.security_events.exclude(kind__startswith="looked_at").order_by("pk")
    return list(events.values_list("kind", "changed", "by_name"))


def mails() -> list[tuple[str, str]]:
    return [(message.to[0], message.body.split("\n\n")[1]) for message in mail.outbox]


CHANGES = [
    ({"username": "mario"}, "username_changed", "username", "Changed the username: username"),
    ({"email": "new@example.org"}, "email_changed", "email", "Changed the e-mail address: E-mail address"),
    ({"is_staff": "on"}, "rights_changed", "is_staff", "Changed what this account may do: staff status"),
    ({"week_starts_on": "monday"}, "account_changed", "week_starts_on", None),
    ({"timezone": "Europe/Berlin", "theme": "dark"}, "account_changed", "timezone theme", None),
    ({"day_ends_at": "2"}, "account_changed", "day_ends_at", None),
]


@pytest.mark.parametrize(("values", "kind", "fields", "text"), CHANGES, ids=lambda each: str(each)[:20])
def test_a_change_in_the_admin_is_recorded_and_mailed_if_required(as_staff, maria, values, kind, fields, text):
    change(as_staff, maria, **values)

    assert recorded(maria) == [(kind, fields, "keeper")]
    assert mails() == ([(FORMER, text)] if text else [])
    assert not any(str(value) in str(mails()) for value in values.values() if value != "on")


def test_another_end_of_the_day_in_the_admin_increases_the_version_of_answers(as_staff, maria):
    maria.answers_changed()

    for values, expected in (({"theme": "dark"}, 1), ({"day_ends_at": "2"}, 2)):
        change(as_staff, maria, **values)
        maria.refresh_from_db()
        assert maria.answers_version == expected


def test_all_changes_of_one_save_are_mailed_to_the_former_address(as_staff, maria):
    change(as_staff, maria, username="mario", email="new@example.org", theme="dark", is_staff="on")

    assert {kind for kind, _fields, _by in recorded(maria)} == {
        "username_changed",
        "email_changed",
        "account_changed",
        "rights_changed",
    }
    assert [to for to, _what in mails()] == [FORMER] * 3


def test_every_field_of_the_admin_form_is_recorded(as_staff, maria):
    """A new field of the form must be added to STAFF_EDITABLE_FIELDS, or its change would have no name."""
    form = as_staff.get(address_of(maria)).context["adminform"].form

    assert set(form.fields) <= set(STAFF_EDITABLE_FIELDS)
    assert len(" ".join(STAFF_EDITABLE_FIELDS)) <= SecurityEvent._meta.get_field("changed").max_length


def test_a_save_without_a_change_is_not_recorded(as_staff, maria):
    change(as_staff, maria)

    assert recorded(maria) == [] and mails() == []


def test_a_password_set_in_the_admin_is_recorded(as_staff, maria):
    address = reverse("admin:auth_user_password_change", args=[maria.pk])
    form = {"password1": "quite-another-battery", "password2": "quite-another-battery", "usable_password": "true"}
    as_staff.post(address, form)

    assert recorded(maria) == [("password_changed", "password", "keeper")]
    assert mails() == [(FORMER, "Changed the password: password")]


def test_a_person_created_in_the_admin_is_recorded(as_staff):
    form = {"username": "eve", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    as_staff.post(reverse("admin:accounts_user_add"), form)

    assert recorded(User.objects.get(username="eve")) == [("account_made", "", "keeper")]


def test_the_person_sees_the_changed_fields_and_the_author_but_no_values(as_staff, maria):
    change(as_staff, maria, timezone="Europe/Berlin", theme="dark")
    client = Client()
    client.force_login(maria)

    page = client.get(PAGE)

    assertContains(page, "Changed the account: Time zone, Colours")
    assertContains(page, "by keeper, of the staff")
    assertNotContains(page, "Europe/Berlin")


def test_staff_cannot_change_the_display_name(as_staff, maria):
    change(as_staff, maria, display_name="Mia")

    assert User.objects.get(pk=maria.pk).display_name == maria.display_name
    assert recorded(maria) == []


# What a group may do


def test_a_change_of_a_groups_rights_is_recorded_for_its_members(as_staff, maria):
    group = Group.objects.create(name="helpers")
    maria.groups.add(group)
    permission = Permission.objects.get(codename="view_user")
    address = reverse("admin:auth_group_change", args=[group.pk])
    as_staff.post(address, {"name": "helpers", "permissions": [permission.pk]})
    as_staff.post(address, {"name": "other name", "permissions": [permission.pk]})
    as_staff.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})

    assert recorded(maria) == [("rights_changed", "groups", "keeper")] * 2
    assert [to for to, _what in mails()] == [FORMER] * 2


def test_deleting_a_group_is_recorded_for_its_members(as_staff, maria):
    group = Group.objects.create(name="helpers")
    maria.groups.add(group)
    action = {"action": "delete_selected", "_selected_action": group.pk, "post": "yes"}
    as_staff.post(reverse("admin:auth_group_changelist"), action)

    assert recorded(maria) == [("rights_changed", "groups", "keeper")]


# Looks


@pytest.mark.parametrize(
    ("page", "kind"),
    [("change", "looked_at_account"), ("history", "looked_at_account"), ("delete", "looked_at_deletion")],
)
def test_each_page_of_a_person_is_recorded_as_one_view(as_staff, maria, page, kind):
    as_staff.get(address_of(maria, page))

    assert list(maria.security_events.values_list("kind", "by_name")) == [(kind, "keeper")]


def test_the_deletion_preview_is_recorded_for_each_person(as_staff, maria):
    other = make_person()
    action = {"action": "delete_selected", "_selected_action": [maria.pk, other.pk]}
    assertContains(as_staff.post(PEOPLE, action), "Are you sure")

    for person in (maria, other):
        assert [event.kind for event in person.security_events.all()] == ["looked_at_deletion"]


@pytest.mark.parametrize("page", ["change", "history"])
def test_viewing_security_events_is_recorded(as_staff, maria, page):
    event = SecurityEvent.objects.create(person=maria, kind="signed_in")
    as_staff.get(reverse(f"admin:accounts_securityevent_{page}", args=[event.pk]))

    assert [event.kind for event in maria.security_events.order_by("pk")] == ["signed_in", "looked_at_events"]


def test_lists_and_searches_are_not_recorded_as_views(as_staff, maria):
    """They show who has an account, see decision 15."""
    as_staff.get(PEOPLE, {"q": "maria"})
    field = {"app_label": "accounts", "model_name": "securityevent", "field_name": "person", "term": "maria"}
    as_staff.get(reverse("admin:autocomplete"), field)

    assert not maria.security_events.exists()


# Deletion


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_deletion_by_staff_is_mailed(as_staff, maria, way):
    if way == "page":
        as_staff.post(address_of(maria, "delete"), {"post": "yes"})
    else:
        as_staff.post(PEOPLE, {"action": "delete_selected", "_selected_action": maria.pk, "post": "yes"})

    assert not User.objects.filter(pk=maria.pk).exists()
    assert [(message.to, message.subject) for message in mail.outbox] == [([FORMER], "Your account was deleted")]
    assert "maria" not in mail.outbox[0].body.lower()


def test_a_deletion_by_the_person_is_mailed_as_well(maria):
    """The request can come from a stolen device, by a thief who knows the password."""
    client = Client()
    client.force_login(maria)
    client.post(reverse("accounts:delete"), {"username": "maria", "password": PASSWORD})

    assert [message.subject for message in mail.outbox] == ["Your account was deleted"]


# Commands


def test_a_password_changed_by_the_command_is_recorded(maria, monkeypatch):
    command = "accounts.management.commands.changepassword.Command._get_pass"
    monkeypatch.setattr(command, lambda *prompt: "quite-another-battery")
    call_command("changepassword", "maria")

    assert recorded(maria) == [("password_changed", "password", "manage.py changepassword")]
    assert mails() == [(FORMER, "Changed the password: password")]
    assert "http://testserver/accounts/events/" in mail.outbox[0].body
    client = Client()
    client.force_login(User.objects.get(pk=maria.pk))
    assertContains(client.get(PAGE), "by manage.py changepassword, on the server")


def test_staff_accounts_imported_from_a_file_are_recorded(maria):
    User.objects.filter(pk=maria.pk).update(is_staff=True)
    maria.refresh_from_db()
    maria.groups.add(Group.objects.create(name="helpers"))
    written = json.loads(staff.dump([maria]))
    [account] = [row for row in written if row["model"] == "accounts.user"]
    account["fields"] |= {"is_superuser": True, "email": "new@example.org", "theme": "dark"}
    [group] = [row for row in written if row["model"] == "auth.group"]
    group["fields"]["permissions"] = [["view_user", "accounts", "user"]]

    staff.load(json.dumps(written), take_over=True, is_dry_run=True)
    assert recorded(maria) == [] and mails() == []
    staff.load(json.dumps(written), take_over=True)

    by = "manage.py staff"
    assert recorded(maria) == [
        ("rights_changed", "groups", by),
        ("rights_changed", "is_superuser", by),
        ("email_changed", "email", by),
        ("account_changed", "theme", by),
    ]
    assert [to for to, _what in mails()] == [FORMER] * 3


# The kinds


def test_the_database_accepts_exactly_the_known_kinds(maria):
    from django.db import IntegrityError, transaction

    for kind in SecurityEvent.Kind.values:
        SecurityEvent.objects.create(person=maria, kind=kind)
    with pytest.raises(IntegrityError), transaction.atomic():
        SecurityEvent.objects.create(person=maria, kind="invented")


def test_an_account_deleted_while_its_password_is_changed_is_no_error(as_staff, maria, monkeypatch):
    change_by_django = UserAdmin.user_change_password

    def change_and_delete(*args):
        response = change_by_django(*args)
        User.objects.filter(pk=maria.pk).delete()
        return response

    monkeypatch.setattr(UserAdmin, "user_change_password", change_and_delete)

    response = as_staff.post(
        reverse("admin:auth_user_password_change", args=[maria.pk]), {"password1": NEW, "password2": NEW}
    )

    assert response.status_code == 302 and not User.objects.filter(pk=maria.pk).exists()
