"""Reminders by e-mail: the mail, mail servers that fail, and switching it on and off."""

import datetime
import email
import email.policy
import json
import re
import uuid

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.signing import Signer
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.tests.factories import make_person
from brainlog import settings as real_settings
from operations.log_formatters import JsonFormatter
from operations.tests.log_capture import lines_during
from reminders.channels import KINDS, Message, SendingError
from reminders.email import DESTINATION, SALT, off_token, switch_on
from reminders.models import Channel, Delivery
from reminders.rounds import run_round
from reminders.sender import deliver, send
from reminders.tests.factories import make_reminded
from reminders.tests.smtp_server import MailServer, mail_server

ADD = reverse("reminders:email_add")
ADDRESS = "maria@example.org"
NOW = datetime.datetime(2026, 5, 4, 12, 0, 1, tzinfo=datetime.UTC)  # 8:00 in New York
ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture(autouse=True)
def mail_is_configured(settings):
    settings.HAS_EMAIL = True
    settings.SITE_URL = "https://log.example.org"


@pytest.fixture
def person(db):
    """A person who is due to be reminded once at NOW."""
    with time_machine.travel(NOW - datetime.timedelta(hours=1), tick=False) as clock:
        person = make_reminded({"morning": "07:30", "medication": "08:00"}, channels=0)
        confirm(person)
        clock.move_to(NOW)
        yield person


@pytest.fixture
def channel(person) -> Channel:
    switch_on(person, ADDRESS)
    return person.reminder_channels.get()


def confirm(person, address=ADDRESS):
    EmailAddress.objects.filter(user=person).delete()
    EmailAddress.objects.create(user=person, email=address, verified=True, primary=True)


def message(**changes) -> Message:
    facts = {"title": "Time for your log", "body": "", "path": "/", "tag": "log"}
    return Message(**facts | changes, worth_until=NOW + datetime.timedelta(hours=1))


def off_path(channel: Channel) -> str:
    return reverse("reminders:email_off", args=[off_token(channel)])


def received(settings, channel, **changes) -> bytes:
    """The mail as the mail server gets it."""
    with mail_server(settings) as server:
        assert send(channel, message(**changes)) is None
    [text] = server.mails
    return text


# ── The mail ──────────────────────────────────────────────────────────────────────────────────────


def test_the_mail_is_short_plain_and_neutral(settings, channel):
    text = received(settings, channel)

    parsed = email.message_from_bytes(text, policy=email.policy.default)
    assert parsed.get_content_type() == "text/plain"
    assert (parsed["To"], parsed["Subject"]) == (ADDRESS, "Time for your log")
    assert parsed["Auto-Submitted"] == "auto-generated"
    body = parsed.get_content().replace("\r\n", "\n")
    assert body.startswith("Time for your log:\nhttps://log.example.org/\n")
    # A link to Today and one that ends the mails, and nothing that tracks or shows an answer.
    assert re.findall(r"https?://\S+", body) == [
        "https://log.example.org/",
        f"https://log.example.org{off_path(channel)}",
    ]


def test_plain_words_are_in_the_text_and_not_in_the_subject(settings, channel):
    text = received(settings, channel, title="Morning check-in", path="/logs/2026-05-04/morning/")

    parsed = email.message_from_bytes(text, policy=email.policy.default)
    assert parsed["Subject"] == "Time for your log"
    assert parsed.get_content().splitlines()[:2] == [
        "Morning check-in:",
        "https://log.example.org/logs/2026-05-04/morning/",
    ]


@pytest.mark.parametrize("host", ["log.example.org", "a-rather-long-name." * 8 + "example.org"])
def test_the_headers_that_end_the_mails_are_on_one_line_and_in_clear(settings, channel, host):
    """Python's modern policy turns a long address into encoded words, which no mail program reads (RFC 8058)."""
    settings.SITE_URL = f"https://{host}"

    head, _body = received(settings, channel).split(b"\r\n\r\n", 1)

    unfolded = head.replace(b"\r\n ", b" ").split(b"\r\n")
    assert f"List-Unsubscribe: <https://{host}{off_path(channel)}>".encode() in [
        re.sub(rb":\s+", b": ", line, count=1) for line in unfolded
    ]
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in unfolded
    assert b"=?" not in head and max(map(len, head.split(b"\r\n"))) < 998


def test_what_the_person_asks_for_says_so(settings, channel):
    """A message of the page of channels has a text."""
    text = received(settings, channel, body="You asked for this one.", path="/accounts/reminders/channels/")

    lines = email.message_from_bytes(text, policy=email.policy.default).get_content().splitlines()
    assert lines[:4] == [
        "Time for your log:",
        "https://log.example.org/accounts/reminders/channels/",
        "",
        "You asked for this one.",
    ]


def test_without_https_the_link_is_in_the_text_alone(settings, channel):
    settings.SITE_URL = "http://log.example.org"

    head, body = received(settings, channel).split(b"\r\n\r\n", 1)

    assert b"List-Unsubscribe" not in head
    assert f"http://log.example.org{off_path(channel)}".encode() in body


def test_a_reminder_that_is_due_is_mailed_once(settings, person, channel):
    with mail_server(settings) as server:
        run_round(NOW)
        [pk] = Delivery.objects.values_list("pk", flat=True)
        assert deliver(pk).state == Delivery.State.SENT
        assert deliver(pk) is None
        run_round(NOW)

    assert len(server.mails) == Delivery.objects.count() == 1
    channel.refresh_from_db()
    assert (channel.sent_at, channel.last_error) == (NOW, "")


# ── Mail servers that fail ────────────────────────────────────────────────────────────────────────

HANG = MailServer.HANG
FAILURES = {
    "greets with nothing": ({"CONNECT": HANG}, "timeout", 0),
    "closes": ({"CONNECT": None}, "disconnected", 0),
    "is busy": ({"CONNECT": "421 busy"}, "smtp 421", 0),
    "refuses the sender": ({"MAIL": "550 no"}, "smtp 550", 0),
    "refuses the address": ({"RCPT": f"550 no such person: {ADDRESS}"}, "refused 550", 0),
    "puts off the address": ({"RCPT": "451 later"}, "smtp 451", 0),
    "hangs at the address": ({"RCPT": HANG}, "timeout", 0),
    "refuses the mail": ({"DATA": "554 no"}, "smtp 554", 0),
    "refuses the text": ({"TEXT": "554 spam"}, "smtp 554", 1),
    "puts off the text": ({"TEXT": "451 later"}, "smtp 451", 1),
    "takes the text and closes": ({"TEXT": None}, "disconnected", 1),
    "takes the text and hangs": ({"TEXT": HANG}, "timeout", 1),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_mail_server_that_fails_is_asked_once_and_its_words_are_kept_nowhere(settings, person, channel, failure):
    answers, code, mails = FAILURES[failure]
    settings.EMAIL_TIMEOUT = 0.3
    run_round(NOW)
    [pk] = Delivery.objects.values_list("pk", flat=True)

    with mail_server(settings, **answers) as server:
        lines = lines_during(lambda: deliver(pk), JsonFormatter())
        assert deliver(pk) is None  # whatever became of it
        run_round(NOW)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error) == (Delivery.State.FAILED, code)
    assert len(server.mails) == mails
    channel.refresh_from_db()
    assert (channel.failures, channel.last_error) == (1, code)
    assert channel.retry_at > NOW
    assert [line for line in lines if ADDRESS in line] == []


def test_a_mail_server_that_hangs_after_it_took_the_mail_has_taken_it(settings, channel):
    settings.EMAIL_TIMEOUT = 0.3

    with mail_server(settings, QUIT=HANG) as server:
        assert send(channel, message()) is None

    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("tls", "answers"),
    [("EMAIL_USE_TLS", {}), ("EMAIL_USE_SSL", {"CONNECT": HANG})],
    ids=["after STARTTLS", "from the beginning"],
)
def test_a_mail_server_that_never_answers_the_handshake_ends_at_the_time_limit(settings, person, channel, tls, answers):
    settings.EMAIL_TIMEOUT = 0.3
    run_round(NOW)
    [pk] = Delivery.objects.values_list("pk", flat=True)

    with mail_server(settings, **answers) as server:
        setattr(settings, tls, True)
        lines = lines_during(lambda: deliver(pk), JsonFormatter())
        assert not server.is_stopped.is_set()  # The client has hung up, not the server.

    assert [json.loads(line)["message"] for line in lines] == ["A reminder by email failed: timeout."]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error) == (Delivery.State.FAILED, "timeout")
    channel.refresh_from_db()
    assert (channel.failures, channel.last_error) == (1, "timeout")
    assert server.commands[1:] == (["STARTTLS"] if tls == "EMAIL_USE_TLS" else [])


def test_no_mail_server_at_all_is_a_failure(settings, channel):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    assert send(channel, message()).code == "unreachable"


def test_a_mail_server_has_ten_seconds_for_a_mail():
    assert real_settings.EMAIL_TIMEOUT == 10


def test_a_mail_server_that_drips_ends_at_the_time_limit(settings, channel):
    """Each line of the answer comes in time, and the answer never ends."""
    settings.EMAIL_TIMEOUT = 0.3

    with mail_server(settings, EHLO=MailServer.DRIP) as server:
        assert send(channel, message()).code == "timeout"

    assert server.mails == []
    assert server.lines < MailServer.MOST_DRIPS


@pytest.mark.parametrize(
    ("option", "answers"),
    [
        ("EMAIL_USE_TLS", {"EHLO": "250-mail.example.org\r\n250 STARTTLS", "STAR": "220 go ahead"}),
        ("EMAIL_USE_SSL", {"CONNECT": HANG}),
    ],
    ids=["starttls", "tls"],
)
def test_a_handshake_without_an_answer_ends_at_the_time_limit(settings, channel, option, answers):
    settings.EMAIL_TIMEOUT = 0.3

    with mail_server(settings, **answers) as server:
        setattr(settings, option, True)
        assert send(channel, message()).code == "timeout"

    assert server.mails == []
    assert [command for command in server.commands if command.startswith(("MAIL", "RCPT"))] == []


def test_an_answer_without_end_is_read_no_further_than_the_limit(settings, channel):
    with mail_server(settings, EHLO=MailServer.ENDLESS) as server:
        assert send(channel, message()).code == "answer too long"

    assert server.mails == []
    assert server.lines < MailServer.MOST_LINES


def test_an_address_without_a_form_in_ascii_is_a_failure(settings, person):
    address = "maria@" + "ü" * 70 + ".example"
    confirm(person, address)
    switch_on(person, address)

    with mail_server(settings) as server:
        assert send(person.reminder_channels.get(), message()).code == "address"
    assert server.mails == []


# ── The address ───────────────────────────────────────────────────────────────────────────────────


def unconfirmed(person):
    EmailAddress.objects.update(verified=False)


def removed(person):
    EmailAddress.objects.all().delete()


def changed(person):
    confirm(person, "new@example.org")


@pytest.mark.parametrize("change", [unconfirmed, removed, changed])
def test_without_the_confirmed_address_nothing_is_mailed_and_the_page_says_so(person, channel, change):
    change(person)
    run_round(NOW)

    assert deliver(Delivery.objects.get().pk).state == Delivery.State.FAILED

    assert not mail.outbox
    channel.refresh_from_db()
    assert channel.last_error == "unconfirmed"
    client = Client()
    client.force_login(person)
    page = client.get(reverse("reminders:channels"))
    assertContains(page, "Reminders by e-mail have stopped")
    assertContains(page, "This is not your confirmed address any more.")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("refused 550", "does not accept mails to your address"),
        ("smtp 554", "tell its operator"),
        ("smtp 535", "tell its operator"),
        ("smtp 451", "tries again"),
    ],
)
def test_only_a_refused_address_is_said_to_be_wrong(code, words):
    assert words in KINDS["email"].explain(code)


def test_an_address_that_cannot_be_decrypted_is_kept(channel, keys):
    keys(new=b"n" * 32)
    stored = Channel.objects.get()

    with pytest.raises(SendingError) as raised:
        KINDS["email"].prepare(stored)

    assert (raised.value.code, raised.value.is_gone) == ("unreadable", False)


def test_it_is_off_unless_the_operator_names_a_mail_server(settings, person, channel):
    settings.HAS_EMAIL = False

    assert not KINDS["email"].is_configured()
    run_round(NOW)
    assert not Delivery.objects.exists()


# ── Switching it on ───────────────────────────────────────────────────────────────────────────────


def test_a_confirmed_address_is_added_by_one_press(as_person, person):
    response = as_person.post(ADD)

    assertRedirects(response, reverse("reminders:channels"), fetch_redirect_response=False)
    channel = Channel.objects.get()
    assert (channel.user, channel.kind, channel.destination) == (person, "email", DESTINATION)
    assert channel.address == ADDRESS


def test_adding_it_again_changes_nothing(as_person, channel):
    as_person.post(ADD)

    assert Channel.objects.get().uuid == channel.uuid


def test_adding_it_after_a_change_sends_to_the_new_address_and_ends_the_old_links(as_person, person, channel):
    confirm(person, "new@example.org")

    as_person.post(ADD)

    new = Channel.objects.get()
    assert new.address == "new@example.org"
    Client().post(off_path(channel))  # The owner of the former mailbox has this link.
    assert Channel.objects.get() == new


@pytest.mark.parametrize("change", [unconfirmed, removed])
def test_an_unconfirmed_address_is_not_added(as_person, person, change):
    change(person)

    as_person.post(ADD)

    assert not Channel.objects.exists()


def test_without_a_mail_server_nothing_is_added(as_person, person, settings):
    settings.HAS_EMAIL = False

    as_person.post(ADD)

    assert not Channel.objects.exists()


def test_there_is_a_limit_to_the_channels_of_a_person(as_person, person):
    for number in range(Channel.MOST_PER_PERSON):
        Channel.objects.create(user=person, kind="push", destination="push.example.org", address_key=str(number))

    as_person.post(ADD)

    assert not Channel.objects.filter(kind="email").exists()


def shown(person) -> str:
    request = RequestFactory().get("/")
    request.user = person
    kind = KINDS["email"]
    return render_to_string(kind.template, {"kind": kind, "more": kind.more(request)})


def test_the_section_offers_what_is_possible(person):
    assert f"Remind me at {ADDRESS}" in shown(person)

    switch_on(person, ADDRESS)
    assert f"sent to {ADDRESS}" in shown(person) and "<button" not in shown(person)

    changed(person)
    assert "have stopped" in shown(person) and "Remind me at new@example.org" in shown(person)

    removed(person)
    assert "have stopped" in shown(person) and "<button" not in shown(person)
    assert reverse("accounts:email") in shown(person)


@pytest.mark.once
def test_each_failure_is_explained():
    explain = KINDS["email"].explain

    assert "your address" in explain("refused 550") and "your address" in explain("address")
    assert "just now" in explain("timeout") and "just now" in explain("smtp 451")
    assert "add it again" in explain("unreadable")


# ── Switching it off ──────────────────────────────────────────────────────────────────────────────


def test_opening_the_link_only_asks(channel):
    response = Client().get(off_path(channel))

    assertContains(response, "No more reminders by e-mail?")
    assert Client().head(off_path(channel)).status_code == 200
    assert Channel.objects.exists()
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE_CLICK, "application/x-www-form-urlencoded"),
        (
            f'--b\r\nContent-Disposition: form-data; name="{ONE_CLICK.split("=")[0]}"\r\n\r\nOne-Click\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        ("", "application/x-www-form-urlencoded"),
    ],
    ids=["one click", "one click, multipart", "the button"],
)
def test_a_post_switches_it_off_without_a_token_a_session_or_a_redirect(channel, body, content_type):
    program = Client(enforce_csrf_checks=True)

    response = program.post(off_path(channel), body, content_type=content_type, headers={"origin": "null"})

    assert response.status_code == 200
    assertContains(response, "Reminders by e-mail are off")
    assert not Channel.objects.exists()
    assert "sessionid" not in response.cookies


def test_it_is_switched_off_only_once_and_says_so_kindly(channel):
    path = off_path(channel)
    Client().post(path)

    assertContains(Client().get(path), "off already")
    assertContains(Client().post(path), "are off")


def test_it_takes_off_nothing_else(person, channel):
    push = Channel.objects.create(user=person, kind="push", destination="push.example.org", address_key="1")
    other = make_person(username="other")
    confirm(other, "other@example.org")
    switch_on(other, "other@example.org")

    Client().post(off_path(channel))

    assert {*Channel.objects.all()} == {push, other.reminder_channels.get()}


def test_a_reminder_that_waits_is_not_sent_after_it(person, channel):
    run_round(NOW)
    [pk] = Delivery.objects.values_list("pk", flat=True)

    Client().post(off_path(channel))

    assert deliver(pk) is None
    assert not mail.outbox


def test_the_link_works_for_a_year_and_in_any_browser(as_person, channel):
    other = Client()
    other.force_login(make_person(username="other"))
    with time_machine.travel(NOW + datetime.timedelta(days=366)):
        assertContains(other.post(off_path(channel)), "are off")
    assert not Channel.objects.exists()


def forged_tokens(channel) -> list[str]:
    right = off_token(channel)
    claims = [channel.user_id, channel.uuid.hex]
    return [
        *("x", "é", "a:b", ":" * 10, "x" * 3000, right[:-1], right[1:], right.partition(":")[0]),
        Signer(salt="another").sign_object(claims),
        Signer(key="another", salt=SALT).sign_object(claims),
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_link_does_nothing(channel, method):
    for token in forged_tokens(channel):
        response = getattr(Client(), method)(reverse("reminders:email_off", args=[token]))
        assertContains(response, "This link does not work")
    assert Channel.objects.exists()


def test_a_link_of_another_kind_of_channel_does_nothing(person):
    push = Channel.objects.create(
        user=person, kind="push", destination="push.example.org", address_key="1", uuid=uuid.uuid4()
    )

    assertContains(Client().post(off_path(push)), "are off")

    assert Channel.objects.exists()


def test_the_page_shows_nothing_of_the_person(person, channel):
    for method in ("get", "post"):
        response = getattr(Client(), method)(off_path(channel))
        assertNotContains(response, ADDRESS)
        assertNotContains(response, person.username)


@pytest.mark.once
def test_no_log_has_the_token(channel):
    path, lines = off_path(channel), []

    for method in ("get", "post", "put"):
        lines += lines_during(lambda method=method: getattr(Client(), method)(path), JsonFormatter())

    assert len(lines) >= 3
    assert [line for line in lines if path.split("/")[-2] in line] == []
