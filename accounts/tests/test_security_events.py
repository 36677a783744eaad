"""Security events: recorded, shown to the person, and never changed."""

import datetime

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from accounts import security_events
from accounts.models import SecurityEvent
from accounts.password_reset import reset_link
from accounts.tests.codes import confirm_by_password, confirmation_token, switch_on
from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.test_sessions_page import PHONE, browser

PAGE, LOGIN = reverse("accounts:events"), reverse("accounts:login")
NEW = "quite-another-battery"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def as_staff(db):
    client = Client()
    client.force_login(make_person(username="keeper", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def protected(as_maria, django_capture_on_commit_callbacks) -> list[str]:
    """Switches on codes from an app for Maria. Returns her recovery codes."""
    with django_capture_on_commit_callbacks(execute=True):
        return switch_on(as_maria)[1]


def kinds(person) -> list[str]:
    """Kinds of the person's events, the oldest first."""
    return list(person.security_events.order_by("pk").values_list("kind", flat=True))


def try_to_log_in(username, password="wrong", client=None):
    return (client or Client()).post(LOGIN, {"username": username, "password": password})


# Logging in


def test_a_login_is_recorded_with_the_device_and_no_address(maria):
    browser(maria, PHONE, "10.0.0.8")

    (row,) = SecurityEvent.objects.values()
    assert (row["kind"], row["device"], row["is_local"]) == ("signed_in", "Firefox on Android", True)
    assert (row["person_id"], row["at"], row["by_id"]) == (maria.pk, timezone.now(), None)
    assert "10.0.0.8" not in str(row)


def test_wrong_passwords_are_recorded_once_a_minute(maria, noon):
    for seconds in (0, 1, 58, 2):
        noon.shift(seconds)
        try_to_log_in("MARIA")

    assert kinds(maria) == ["sign_in_failed"] * 2


def test_attempts_for_unknown_names_are_not_recorded(maria):
    try_to_log_in("unknown-name")

    assert not SecurityEvent.objects.exists()


def test_known_and_unknown_names_take_the_same_number_of_writes(maria):
    writes = []
    for name in ("unknown", "maria"):
        with CaptureQueriesContext(connection) as queries:
            try_to_log_in(name)
        writes.append(sum(query["sql"].startswith("INSERT") for query in queries))

    assert writes[0] == writes[1]


def test_used_up_attempts_are_recorded_once(maria):
    for _ in range(12):
        response = try_to_log_in("maria")

    assert response.status_code == 429
    assert kinds(maria) == ["sign_in_failed", "locked"]


def test_an_exceeded_limit_of_an_address_is_not_recorded_for_the_name(maria):
    for number in range(30):
        try_to_log_in(f"unknown-{number}")
    assert try_to_log_in("maria").status_code == 429

    assert kinds(maria) == []


def test_a_logout_is_recorded_and_that_of_a_visitor_is_not(as_maria, maria):
    for _ in range(2):
        as_maria.post(reverse("accounts:logout"))

    assert kinds(maria) == ["signed_out"]


# What people do with their accounts


def test_a_changed_password_is_recorded(as_maria, maria):
    new = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    as_maria.post(reverse("accounts:security"), new)

    assert kinds(maria) == ["password_changed"]


def test_a_password_reset_is_recorded(client, maria, rf):
    client.get(reset_link(rf.get("/"), maria))
    link = reset_link(rf.get("/"), maria).rsplit("/", 2)[0].removeprefix("http://testserver") + "/set-password/"
    client.post(link, {"new_password1": NEW, "new_password2": NEW})

    assert kinds(maria) == ["password_reset"]


def test_adding_a_second_factor_and_its_recovery_codes_is_recorded(protected, maria):
    assert sorted(kinds(maria)) == ["app_on", "codes_made"]
    form = {"username": "maria", "code": protected[0], "new_password1": NEW, "new_password2": NEW}
    Client().post(reverse("accounts:reset_by_code"), form | {"code": "00000000"})
    Client().post(reverse("accounts:reset_by_code"), form)

    assert kinds(maria)[2:] == ["sign_in_failed", "code_used", "password_reset"]


def test_switching_off_a_second_factor_is_recorded(protected, as_maria, maria):
    as_maria.post(reverse("accounts:app_off"))

    assert sorted(kinds(maria)[2:]) == ["app_off", "codes_removed"]


def test_a_login_with_a_recovery_code_is_recorded(protected, maria):
    client = Client()
    try_to_log_in("maria", PASSWORD, client)
    client.post(reverse("accounts:code"), {"code": protected[0]})

    assert kinds(maria)[2:] == ["code_used", "signed_in"]


def test_a_wrong_code_after_the_correct_password_is_recorded(protected, maria):
    client = Client()
    try_to_log_in("maria", PASSWORD, client)
    for _ in range(2):
        client.post(reverse("accounts:code"), {"code": "000000"})

    assert kinds(maria)[2:] == ["code_refused"]


def test_changing_and_confirming_an_address_is_recorded(as_maria, maria):
    confirm_by_password(as_maria)
    for email in ("maria@example.org", "new@example.org"):
        as_maria.post(reverse("accounts:email"), {"email": email})
    maria.refresh_from_db()
    as_maria.post(reverse("accounts:email_confirm", args=[confirmation_token(maria)]))

    assert kinds(maria) == ["email_changed", "email_confirmed"]


def test_ending_sessions_is_recorded(as_maria, maria):
    end = reverse("accounts:end_sessions")
    confirm_by_password(as_maria)
    as_maria.post(end)
    assert kinds(maria) == []
    browser(maria)
    as_maria.post(end)

    assert kinds(maria) == ["signed_in", "sessions_ended"]


# Mails


@pytest.fixture
def confirmed(maria, settings):
    """Maria has a confirmed address, and there is a mail server."""
    settings.HAS_EMAIL = True
    EmailAddress.objects.create(user=maria, email="maria@example.org", verified=True, primary=True)


def mails() -> list[tuple[str, str]]:
    """Recipient and event of each mail."""
    return [(mail.to[0], mail.body.split("\n\n")[1]) for mail in outbox.outbox]


def test_a_change_of_credentials_is_mailed_without_names(as_maria, maria, confirmed):
    as_maria.post(reverse("accounts:security"), {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})

    assert mails() == [("maria@example.org", "Changed the password")]
    [message] = outbox.outbox
    assert "http://testserver/accounts/events/" in message.body
    assert "maria" not in (message.subject + message.body).lower()


def test_a_new_address_is_mailed_to_the_old_one(as_maria, maria, confirmed):
    confirm_by_password(as_maria)
    as_maria.post(reverse("accounts:email"), {"email": "new@example.org"})

    assert mails()[0] == ("maria@example.org", "Changed the e-mail address")
    assert outbox.outbox[1].to == ["new@example.org"]


def test_removing_an_address_is_mailed_to_it(as_maria, maria, confirmed):
    confirm_by_password(as_maria)
    as_maria.post(reverse("accounts:email"), {"email": ""})

    assert mails() == [("maria@example.org", "Changed the e-mail address")]


def test_an_export_is_mailed(as_maria, maria, confirmed):
    confirm_by_password(as_maria)
    as_maria.post(reverse("personal_data:export"))

    assert mails() == [("maria@example.org", "Exported your data")]


def test_changes_by_staff_are_mailed_too(as_staff, maria, confirmed):
    people = reverse("admin:accounts_user_changelist")
    as_staff.post(people, {"action": "switch_off_second_factor", "_selected_action": maria.pk})

    assert mails() == [("maria@example.org", "Switched off the second factor")]


@pytest.mark.parametrize("missing", ["mail server", "proof"])
def test_without_a_mail_server_or_a_confirmed_address_nothing_is_mailed(as_staff, maria, confirmed, settings, missing):
    if missing == "proof":
        maria.emailaddress_set.update(verified=False)
    settings.HAS_EMAIL = missing == "proof"
    people = reverse("admin:accounts_user_changelist")
    as_staff.post(people, {"action": "switch_off_second_factor", "_selected_action": maria.pk})

    assert kinds(maria) == ["second_factor_off"] and outbox.outbox == []


def test_a_login_is_not_mailed(client, maria, confirmed):
    try_to_log_in("maria", PASSWORD, client)

    assert kinds(maria) == ["signed_in"] and outbox.outbox == []


# What staff does


def test_opening_an_account_as_staff_is_recorded(as_staff, maria):
    as_staff.get(reverse("admin:accounts_user_changelist"))
    assert kinds(maria) == []
    as_staff.get(reverse("admin:accounts_user_change", args=[maria.pk]))

    (event,) = maria.security_events.all()
    assert (event.kind, event.by_name) == ("looked_at_account", "keeper")


def test_opening_ones_own_account_as_staff_is_not_recorded(as_staff):
    keeper = as_staff.get(reverse("accounts:profile")).wsgi_request.user
    as_staff.get(reverse("admin:accounts_user_change", args=[keeper.pk]))

    assert kinds(keeper) == []


@pytest.mark.parametrize(("more", "expected"), [({"is_staff": "on"}, ["rights_changed"]), ({}, [])])
def test_a_change_of_rights_in_the_admin_is_recorded(as_staff, maria, more, expected):
    address = reverse("admin:accounts_user_change", args=[maria.pk])
    form = as_staff.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False, [])}
    assert as_staff.post(address, values | more).status_code == 302

    assert [kind for kind in kinds(maria) if kind != "looked_at_account"] == expected


def test_a_password_set_in_the_admin_is_recorded(as_staff, maria):
    address = reverse("admin:auth_user_password_change", args=[maria.pk])
    as_staff.post(address, {"password1": NEW, "password2": NEW, "usable_password": "true"})

    assert kinds(maria) == ["looked_at_account", "password_changed"]
    assert maria.security_events.last().by_name == "keeper"


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("make_reset_link", "reset_link_made"),
        ("switch_off_second_factor", "second_factor_off"),
        ("end_sessions", "sessions_ended"),
    ],
)
def test_admin_actions_are_recorded(as_staff, maria, action, kind):
    as_staff.post(reverse("admin:accounts_user_changelist"), {"action": action, "_selected_action": maria.pk})

    assert list(maria.security_events.values_list("kind", "by_name")) == [(kind, "keeper")]


def test_only_superusers_see_the_list_in_the_admin(as_staff, client, maria):
    security_events.record(security_events.Kind.LOCKED, maria)
    address = reverse("admin:accounts_securityevent_changelist")
    staff = make_person(is_staff=True)
    staff.user_permissions.set(Permission.objects.all())
    client.force_login(staff)

    assertContains(as_staff.get(address, {"q": "Maria"}), "Too many failed attempts")
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_no_page_of_the_admin_changes_a_row(as_staff, maria, page):
    security_events.record(security_events.Kind.LOCKED, maria)
    before = list(SecurityEvent.objects.values())
    event = SecurityEvent.objects.get()

    as_staff.post(reverse(f"admin:accounts_securityevent_{page}", args=[event.pk]), {"kind": "wiped", "post": "yes"})
    action = {"action": "delete_selected", "_selected_action": event.pk, "post": "yes"}
    as_staff.post(reverse("admin:accounts_securityevent_changelist"), action)

    assert list(SecurityEvent.objects.filter(pk=event.pk).values()) == before
    assert {each.kind for each in SecurityEvent.objects.exclude(pk=event.pk)} <= {"looked_at_events"}
    assert as_staff.post(reverse("admin:accounts_securityevent_add"), {"kind": "wiped"}).status_code == 403


def test_the_staff_members_name_outlives_their_account(maria):
    keeper = make_person(username="keeper")
    security_events.record(security_events.Kind.LOOKED_AT_DAY, maria, by=keeper)
    keeper.delete()

    assert list(maria.security_events.values_list("by_id", "by_name")) == [(None, "keeper")]


# The person's page


def test_the_page_shows_events_and_authors_newest_first(as_maria, maria, noon):
    security_events.record(security_events.Kind.LOCKED, maria)
    noon.shift(60)
    security_events.record(security_events.Kind.LOOKED_AT_DAY, maria, by=make_person(username="keeper"))
    security_events.record(security_events.Kind.WIPED, make_person())

    page = as_maria.get(PAGE)

    assert [event.kind for event in page.context["events"]] == ["looked_at_day", "locked"]
    assertContains(page, "Looked at a day of yours", count=1)
    assertContains(page, '<span class="detail">staff</span>', count=1, html=True)
    assertContains(page, "by keeper, of the staff", count=1)


def test_the_page_shows_ninety_days(client, maria, noon):
    security_events.record(security_events.Kind.LOCKED, maria)
    noon.shift(1)
    security_events.record(security_events.Kind.SIGNED_OUT, maria)
    noon.shift(datetime.timedelta(days=90, seconds=-1))
    client.force_login(maria)

    assert [event.kind for event in client.get(PAGE).context["events"]] == ["signed_out"]


def test_a_page_shows_thirty_events_in_two_queries(as_maria, maria, django_assert_num_queries):
    for _ in range(31):
        security_events.record(security_events.Kind.SIGNED_IN, maria)

    with django_assert_num_queries(2):
        first = as_maria.get(PAGE)
    second = as_maria.get(PAGE, {"page": first.context["older_page"]})

    assert [len(page.context["events"]) for page in (first, second)] == [30, 1]
    assert second.context["newer_page"] == 1


@pytest.mark.parametrize("page", ["x", "-1", "0", "2", "9" * 5000, "\0"])
def test_a_missing_page_is_not_found(as_maria, page):
    assert as_maria.get(PAGE, {"page": page}).status_code == 404


def test_recording_is_one_query(maria, django_assert_num_queries):
    with django_assert_num_queries(1):
        security_events.record(security_events.Kind.WIPED, maria)
