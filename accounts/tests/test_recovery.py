"""The e-mail address, and the ways to a new password. None tells who is here, or goes around a second factor."""

import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import recovery, throttle
from accounts.models import User
from accounts.tests.codes import code_of, confirm_by_password, signed_address, switch_on
from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.test_one_way_in import hashings  # noqa: F401
from testing.people import all_at_once

EMAIL, RESET, BY_CODE = (reverse(f"accounts:{name}") for name in ("email", "reset", "reset_by_code"))
LOGIN = reverse("accounts:login")
ADDRESS, NEW = "maria@example.org", "quite-another-battery"

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel("2026-05-04 12:00:01Z", tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def mail_server(settings):
    settings.HAS_EMAIL = True


@pytest.fixture
def maria(db):
    person = make_person(username="Maria", email=ADDRESS)
    EmailAddress.objects.create(user=person, email=ADDRESS, verified=True, primary=True)
    return person


def link_in(message) -> str:
    [link] = re.findall(r"http://testserver(\S+)", message.body)
    return link


def choose(client, link, password=NEW):
    """Open the link and send the form of the page that it leads to."""
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0] if page.redirect_chain else link
    return client.post(address, {"new_password1": password, "new_password2": password})


def change_password(person) -> int:
    client = Client()
    client.force_login(person)
    passwords = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    return client.post(reverse("accounts:security"), passwords).status_code


def can_log_in(username, password) -> bool:
    client = Client()
    client.post(LOGIN, {"username": username, "password": password})
    return "_auth_user_id" in client.session


# The address


def test_an_address_is_confirmed_by_the_link_in_the_mail(as_person, person):
    confirm_by_password(as_person)
    as_person.post(EMAIL, {"email": ADDRESS})
    [message] = mail.outbox
    assert message.to == [ADDRESS] and recovery.verified_email(person) == ""

    visitor = Client()  # on another device
    assertContains(visitor.get(link_in(message)), "It is mine")
    assert recovery.verified_email(person) == ""
    visitor.post(link_in(message))

    assert recovery.verified_email(person) == ADDRESS
    assert "_auth_user_id" not in visitor.session
    assertContains(visitor.get(link_in(message)), "not good any more")


def test_the_address_is_asked_for_by_nobody_else(as_person):
    assertRedirects(as_person.get(EMAIL), f"{reverse('accounts:confirm')}?next={EMAIL}")
    as_person.post(EMAIL, {"email": "thief@example.org"})
    assert not mail.outbox


def test_signing_up_with_an_address_sends_the_mail(client):
    data = {"username": "maria", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC", "email": ADDRESS}
    client.post(reverse("accounts:signup"), data)

    client.post(link_in(mail.outbox[0]))

    assert recovery.verified_email(User.objects.get()) == ADDRESS


def test_a_link_for_an_address_given_up_since_confirms_nothing(client, person):
    person.email = ADDRESS
    token = signed_address(person)
    User.objects.filter(pk=person.pk).update(email="new@example.org")

    assertContains(client.post(reverse("accounts:email_confirm", args=[token])), "not good any more")
    assert not EmailAddress.objects.exists()


@pytest.mark.parametrize("wait", [3 * 24 * 60 * 60 + 2])
def test_a_link_ends_after_three_days(client, maria, noon, wait):
    EmailAddress.objects.all().delete()
    link = reverse("accounts:email_confirm", args=[signed_address(maria)])
    noon.shift(wait)

    assertContains(client.post(link), "not good any more")


@pytest.mark.parametrize("token", ["x", "a:b:c", "é", "x" * 3000])
def test_a_made_up_link_confirms_nothing(client, maria, token):
    assertContains(client.post(reverse("accounts:email_confirm", args=[token])), "not good any more")


def test_an_address_of_somebody_else_is_not_taken_over(client, maria):
    other = make_person(email=ADDRESS)

    response = client.post(reverse("accounts:email_confirm", args=[signed_address(other)]), follow=True)

    assertContains(response, "belongs to another account")
    assert EmailAddress.objects.get().user == maria


def test_the_old_address_counts_until_the_new_one_is_confirmed(client, maria):
    client.force_login(maria)
    confirm_by_password(client)
    client.post(EMAIL, {"email": "new@example.org"})
    assert recovery.verified_email(maria) == ADDRESS

    client.post(link_in(mail.outbox[-1]))
    assert recovery.verified_email(maria) == "new@example.org"


def test_an_address_can_be_taken_back(client, maria):
    client.force_login(maria)
    confirm_by_password(client)

    client.post(EMAIL, {"email": ""})

    assert recovery.verified_email(maria) == User.objects.get().email == ""


def test_a_mail_server_that_is_down_is_said_and_breaks_nothing(as_person, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    confirm_by_password(as_person)

    assertContains(as_person.post(EMAIL, {"email": ADDRESS}, follow=True), "could not be sent just now")
    assert ADDRESS not in caplog.text


# By mail


def test_a_new_password_by_mail(client, maria):
    assertRedirects(client.post(RESET, {"email": ADDRESS.upper()}), LOGIN)
    [message] = mail.outbox
    assert message.to == [ADDRESS] and "Maria" in message.body

    assertRedirects(choose(Client(), link_in(message)), LOGIN)

    assert can_log_in("maria", NEW) and not can_log_in("maria", PASSWORD)


def test_it_ends_all_sessions(client, maria):
    client.force_login(maria)
    choose(Client(), recovery_link(maria))

    assert client.get(reverse("accounts:profile")).status_code == 302
    assert maria.sessions.count() == 0


def recovery_link(person) -> str:
    from django.test import RequestFactory

    return recovery.reset_link(RequestFactory().get("/"), person).removeprefix("http://testserver")


def test_a_link_is_good_once(client, maria):
    link = recovery_link(maria)
    choose(client, link)

    assertContains(Client().get(link), "not good any more")


@pytest.mark.parametrize("way", ["link", "code"])
def test_a_reset_in_a_browser_that_is_logged_in_logs_it_out(person, as_person, way):
    """Its own session ends with the others, and is not saved at the end of the request."""
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": PASSWORD})
    if way == "link":
        person.refresh_from_db()
        response = choose(client, recovery_link(person))
    else:
        codes = switch_on(as_person)[1]
        response = client.post(BY_CODE, sent(person.username, codes[0]))

    assertRedirects(response, LOGIN, fetch_redirect_response=False)
    assertContains(client.get(LOGIN), "Your password is changed")
    assert User.objects.get(pk=person.pk).check_password(NEW)


def test_a_link_ends_when_the_person_logs_in(client, maria, noon):
    link = recovery_link(maria)
    noon.shift(60)
    assert can_log_in("maria", PASSWORD)

    assertContains(Client().get(link), "not good any more")


def test_a_link_ends_after_a_day(client, maria, noon):
    link = recovery_link(maria)
    noon.shift(24 * 60 * 60 + 2)

    assertContains(Client().get(link), "not good any more")


def test_the_link_does_not_stay_in_the_address_bar(client, maria):
    response = client.get(recovery_link(maria))

    assert response.status_code == 302 and response.url.endswith("/set-password/")


def test_a_weak_password_is_refused_there_too(client, maria):
    response = choose(client, recovery_link(maria), "password123")

    assert list(response.context["form"].errors) == ["new_password2"]


def test_an_address_never_confirmed_gets_no_link(client):
    """It may be somebody else's, by a slip of the finger."""
    make_person(email=ADDRESS)

    client.post(RESET, {"email": ADDRESS})

    assert "/reset/" not in mail.outbox[0].body


@pytest.mark.parametrize("hold", [True, False])
def test_neither_page_nor_work_tells_whether_an_address_is_known(client, maria, hold):
    User.objects.update(is_active=not hold)
    known, unknown = (client.post(RESET, {"email": email}, follow=True) for email in (ADDRESS, "x@example.org"))

    assert known.redirect_chain == unknown.redirect_chain
    assert [str(message) for message in known.context["messages"]] == [
        str(message) for message in unknown.context["messages"]
    ]
    assert [message.to for message in mail.outbox] == [[ADDRESS], ["x@example.org"]]


def test_one_address_gets_no_flood_of_mail(maria):
    tries = throttle.MAIL.tries
    found = [
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(RESET, {"email": ADDRESS}).status_code
        for number in range(tries + 1)
    ]

    assert found == [302] * tries + [429] and len(mail.outbox) == tries


@pytest.mark.parametrize("way", ["reset", "email", "signup"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "%0a", "\u2028"], ids=repr)
def test_no_line_break_gets_into_a_mail(client, maria, way, end):
    """It would begin another header, or another mail."""
    if way == "email":
        client.force_login(maria)
        confirm_by_password(client)
    typed = {"username": "eve", "password1": NEW, "password2": NEW, "timezone": "UTC"} if way == "signup" else {}

    response = client.post(
        reverse(f"accounts:{way}"), typed | {"email": f"{ADDRESS}{end}Bcc: eve@evil.example{end}{end}Hello"}
    )

    assert list(response.context["form"].errors) == ["email"]
    assert mail.outbox == []


@pytest.mark.parametrize("way", ["reset", "email", "signup"])
@pytest.mark.parametrize(
    "address",
    [
        "maria@" + "\xfc" * 60 + ".example",  # too long in ASCII
        "maria@xn--\xfc.example",  # half of it is in ASCII
        "maria@\N{SOFT HYPHEN}.example",  # nothing is left
        "maria@\N{IDEOGRAPHIC FULL STOP}.example",  # nothing between two dots
        "maria@\N{ARABIC LETTER ALEF}1b.example",  # of two directions
        "maria@\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}.example",  # with spaces
        "\N{KELVIN SIGN}ate@example.org",  # becomes a k in small letters
        "vi\N{LATIN SMALL LETTER LONG S}itor@example.org",
    ],
    ids=ascii,
)
def test_an_address_that_no_mail_can_reach_is_refused(client, maria, way, address):
    if way == "email":
        client.force_login(maria)
        confirm_by_password(client)
    typed = {"username": "eve", "password1": NEW, "password2": NEW, "timezone": "UTC"} if way == "signup" else {}

    response = client.post(reverse(f"accounts:{way}"), typed | {"email": address})

    assert list(response.context["form"].errors) == ["email"]
    assert mail.outbox == [] and User.objects.count() == 1


def test_an_address_stored_before_that_was_refused_breaks_nothing(maria):
    EmailAddress.objects.update(email="maria@\N{SOFT HYPHEN}.example")

    assert change_password(maria) == 302 and mail.outbox == []


def test_a_domain_in_other_scripts_gets_its_mail(client):
    assertRedirects(client.post(RESET, {"email": "maria@b\xfccher.example"}), LOGIN)
    assert len(mail.outbox) == 1


def test_one_visitor_sends_no_flood_of_mail(client):
    tries = throttle.MAIL_BY_ADDRESS.tries
    found = [client.post(RESET, {"email": f"{n}@example.org"}).status_code for n in range(tries + 1)]

    assert found == [302] * tries + [429]


def test_without_a_mail_server_the_pages_say_so(client, settings):
    settings.HAS_EMAIL = False

    assertContains(client.get(RESET), "This server sends no mail.")
    assertNotContains(client.get(RESET), 'name="email"')
    assertContains(client.post(RESET, {"email": ADDRESS}), "This server sends no mail.")
    assert not mail.outbox


# By recovery code


def sent(username, code, password=NEW) -> dict:
    return {"username": username, "code": code, "new_password1": password, "new_password2": password}


@pytest.fixture
def protected(as_person, person):
    return switch_on(as_person)


def test_a_recovery_code_gives_a_new_password_and_is_used_up(person, protected, client):
    code = protected[1][0]

    assertRedirects(Client().post(BY_CODE, sent(person.username.upper(), code)), LOGIN)

    person.refresh_from_db()
    assert person.check_password(NEW) and person.sessions.count() == 0
    assert Client().post(BY_CODE, sent(person.username, code, "a-third-battery")).status_code == 200


@pytest.mark.parametrize("way", ["code", "link"])
def test_the_second_factor_is_still_asked_for(person, protected, way, noon):
    if way == "code":
        Client().post(BY_CODE, sent(person.username, protected[1][0]))
    else:
        choose(Client(), recovery_link(person))
    client = Client()
    response = client.post(LOGIN, {"username": person.username, "password": NEW})

    assertRedirects(response, reverse("accounts:code"))
    assert "_auth_user_id" not in client.session
    assert client.post(reverse("accounts:code"), {"code": code_of(protected[0])}).status_code == 302


@pytest.mark.parametrize("number", range(1, 10))
def test_one_list_does_not_reset_the_password_and_pass_the_second_factor(person, protected, number):
    Client().post(BY_CODE, sent(person.username, protected[1][0]))
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": NEW})

    client.post(reverse("accounts:code"), {"code": protected[1][number]})

    assert "_auth_user_id" not in client.session
    again = Client().post(BY_CODE, sent(person.username, protected[1][number], "a-third-battery"))
    assert again.status_code == 200


def test_the_app_still_lets_in_and_one_is_asked_to_make_new_codes(person, protected):
    Client().post(BY_CODE, sent(person.username, protected[1][0]))
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": NEW})

    page = client.post(reverse("accounts:code"), {"code": code_of(protected[0])}, follow=True)

    assertContains(page, "All your recovery codes are used.")
    assertContains(client.get(reverse("accounts:second_factor")), "All of them are used")


def test_a_link_by_mail_leaves_the_codes_for_the_day_the_phone_is_gone(person, protected):
    choose(Client(), recovery_link(person))
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": NEW})

    client.post(reverse("accounts:code"), {"code": protected[1][0]})

    assert "_auth_user_id" in client.session


@pytest.mark.django_db(transaction=True)
def test_a_code_for_a_new_password_and_one_to_log_in_at_the_same_moment(person, protected):
    """The rest of the list is used up before the new password counts."""
    client, codes = Client(), protected[1]

    def log_in_by_code():
        client.post(LOGIN, {"username": person.username, "password": NEW})
        client.post(reverse("accounts:code"), {"code": codes[1]})

    all_at_once(lambda: Client().post(BY_CODE, sent(person.username, codes[0])), *[log_in_by_code] * 2)
    log_in_by_code()

    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ["somebody", "unprotected", "nobody", "on-hold"])
def test_no_refusal_tells_anything(person, protected, name, hashings):  # noqa: F811
    make_person(username="unprotected")
    make_person(username="on-hold", is_active=False)
    hashings.clear()

    response = Client().post(BY_CODE, sent(name if name != "somebody" else person.username, "00000000"))

    assert response.context["form"].non_field_errors() == ["This name and code do not go together. Please check both."]
    assert len(hashings) == 1


def test_a_weak_password_uses_no_code_up(person, protected):
    assert Client().post(BY_CODE, sent(person.username, protected[1][0], "short")).status_code == 200
    assert Client().post(BY_CODE, sent(person.username, protected[1][0])).status_code == 302


def test_guessing_recovery_codes_is_slow(person, protected):
    tries = throttle.SIGN_IN_BY_NAME.tries
    found = [Client().post(BY_CODE, sent(person.username, f"{n:08}")).status_code for n in range(tries + 1)]

    assert found == [200] * tries + [429]


def test_nothing_at_all_gets_errors(client):
    assert set(client.post(BY_CODE).context["form"].errors) == {"username", "code", "new_password1", "new_password2"}


@pytest.mark.parametrize("field", ["username", "code"])
@pytest.mark.parametrize("junk", ["a\0b", "\u202e😀", "x" * 60_000])
def test_junk_is_refused(client, field, junk):
    assert client.post(BY_CODE, sent("maria", "12345678") | {field: junk}).context["form"].errors


# By an admin's link


def act(client, action, *people):
    data = {"action": action, "_selected_action": [person.pk for person in people]}
    return client.post(reverse("admin:accounts_user_changelist"), data, follow=True)


@pytest.fixture
def as_staff(client):
    staff = make_person(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(staff)
    return client


def test_an_admin_makes_a_link_that_is_shown_once(as_staff, person):
    page = act(as_staff, "make_reset_link", person).content.decode()
    [link] = re.findall(r"http://testserver(/accounts/reset/[\w/-]+/)", page)

    assert link not in as_staff.get(reverse("admin:accounts_user_changelist")).content.decode()
    assertRedirects(choose(Client(), link), LOGIN)
    assert can_log_in(person.username, NEW)
    entry = LogEntry.objects.get()
    assert entry.object_repr == person.username and link not in entry.change_message


def test_nobody_is_left_out_silently(as_staff, monkeypatch):
    monkeypatch.setattr("accounts.admin.UserAdmin.MOST_AT_ONCE", 2)
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


def test_who_may_only_look_makes_no_links(client, person):
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
