"""Every list that a person or a script can extend has a limit or pages."""

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from django.contrib.messages import get_messages
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import passkeys, rate_limits
from accounts.admin import InvitationAdmin
from accounts.models import Invitation, KnownBrowser, SecurityEvent, Session
from accounts.reauthentication import MAX_RECORDS
from accounts.tests.codes import confirm_by_password, switch_on
from accounts.tests.factories import PASSWORD, make_person
from accounts.views import SESSIONS_A_PAGE
from brainlog.message_storage import Storage
from brainlog.pagination import ROWS

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]


def make_sessions(person, number: int) -> list[Session]:
    now = timezone.now()
    return Session.objects.bulk_create(
        Session(
            key_hash=f"{person.pk:04}{place:060}",
            user=person,
            expire_date=now + timezone.timedelta(days=1),
            seen_at=now - timezone.timedelta(minutes=number - place),
        )
        for place in range(number)
    )


def test_sessions_are_limited_and_the_oldest_end(client, maria):
    stranger = make_person()
    theirs = make_sessions(stranger, 3)
    sessions = make_sessions(maria, Session.MAX_PER_PERSON + 50)

    client.post(reverse("accounts:login"), {"username": "maria", "password": PASSWORD})

    kept = set(maria.sessions.values_list("pk", flat=True))
    assert len(kept) == Session.MAX_PER_PERSON
    assert client.session.key_hash in kept
    assert kept >= {session.pk for session in sessions[51:]}
    assert stranger.sessions.count() == len(theirs)


def test_known_browsers_are_limited_and_the_oldest_are_deleted(client, maria):
    now = timezone.now()
    browsers = KnownBrowser.objects.bulk_create(
        KnownBrowser(person=maria, token_hash=f"{place:064}", used_at=now - timezone.timedelta(minutes=200 - place))
        for place in range(KnownBrowser.MAX_PER_PERSON + 50)
    )

    client.post(reverse("accounts:login"), {"username": "maria", "password": PASSWORD})

    kept = set(maria.known_browsers.values_list("pk", flat=True))
    assert len(kept) == KnownBrowser.MAX_PER_PERSON
    assert kept >= {browser.pk for browser in browsers[51:]}


def test_the_list_of_sessions_has_pages(as_maria, maria):
    make_sessions(maria, Session.MAX_PER_PERSON - 1)

    pages = [as_maria.get(reverse("accounts:sessions"), {"page": page}) for page in (1, 2)]

    assert [len(page.context["sessions"]) for page in pages] == [SESSIONS_A_PAGE] * 2
    assert as_maria.get(reverse("accounts:sessions"), {"page": 3}).status_code == 404
    assert pages[0].context["older_page"] == 2 and pages[1].context["newer_page"] == 1
    assert f"You can be logged in {Session.MAX_PER_PERSON} times at most." in pages[0].content.decode()
    assert "End all others" in pages[1].content.decode()


def test_the_list_of_security_events_has_pages(as_maria, maria):
    SecurityEvent.objects.bulk_create(SecurityEvent(person=maria, kind="signed_in") for _ in range(1_000))

    with CaptureQueriesContext(connection) as queries:
        page = as_maria.get(reverse("accounts:events"))

    assert len(page.context["events"]) == ROWS
    assert len(queries) < 6


def test_unshown_messages_are_limited(as_maria):
    profile = {
        "timezone": "UTC",
        "theme": "dark",
        "day_ends_at": "3",
        "week_starts_on": "monday",
        "hour_format": "24",
        "date_format": "iso",
    }
    for _ in range(5 * Storage.MOST):
        as_maria.post(reverse("accounts:profile"), profile)

    shown = as_maria.get(reverse("accounts:profile"))

    assert len(list(get_messages(shown.wsgi_request))) <= Storage.MOST
    assert shown.content.decode().count("Your profile is saved.") == Storage.MOST


def test_reauthentications_do_not_make_the_session_grow(as_maria):
    for _ in range(MAX_RECORDS + 5):
        confirm_by_password(as_maria)

    assert len(as_maria.session[AUTHENTICATION_METHODS_SESSION_KEY]) == MAX_RECORDS


@pytest.mark.parametrize("method", ["get", "post"])
def test_passkeys_are_limited(as_maria, maria, method):
    switch_on(as_maria)  # Counts as a confirmation.
    for number in range(passkeys.MAX_PASSKEYS):
        maria.authenticator_set.create(type="webauthn", data={"name": f"Passkey {number}", "credential": {}})

    response = getattr(as_maria, method)(reverse("accounts:passkey_add"))

    assert response.url == reverse("accounts:second_factor")
    assert [str(message) for message in get_messages(response.wsgi_request)][-1].startswith("You have 20 passkeys")


def test_a_person_has_one_email_address(as_maria, maria, settings):
    settings.HAS_EMAIL = True
    confirm_by_password(as_maria)
    for number in range(rate_limits.MAIL.attempts - 1):
        as_maria.post(reverse("accounts:email"), {"email": f"maria{number}@example.org"})
        link = next(word for word in mail.outbox[-1].body.split() if "/accounts/email/" in word)
        as_maria.post(link.removeprefix("http://testserver"))

    assert EmailAddress.objects.count() == 1


def test_open_invitations_are_limited(client):
    staff = make_person(is_staff=True, is_superuser=True)
    client.force_login(staff)
    for number in range(InvitationAdmin.MAX_OPEN):
        invitation = Invitation(created_by=staff if number else make_person(), note=str(number))
        invitation.make_token()
        invitation.save()
    add = reverse("admin:accounts_invitation_add")

    assert client.post(add, {"note": "one more"}).status_code == 302
    refused = client.post(add, {"note": "too many"}, follow=True)

    assert not Invitation.objects.filter(note="too many").exists()
    assert "You have made 100 invitations that are not used yet." in refused.content.decode()
    assert Client().get(add).url.startswith(reverse("accounts:login"))
