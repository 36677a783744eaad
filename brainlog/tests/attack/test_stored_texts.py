"""Hostile texts in every text column are escaped on every page."""

import logging
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from brainlog.tests.attack.rows import CODES
from brainlog.tests.attack.texts import HOSTILE, MARK
from brainlog.tests.attack.world import Page
from brainlog.tests.html import ELSEWHERE
from operations.log_formatters import JsonFormatter, TextFormatter
from testing.rollback import rolled_back

PROJECT = Path(__file__).parents[3]

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Columns that no page shows: secrets, columns computed from others, and texts that no person writes.
NOT_SHOWN = {
    *("accounts.User.password", "accounts.Invitation.token_hash", "account.EmailConfirmation.key"),
    *("accounts.User.username_key", "logs.Medication.name_key"),
    *(
        "accounts.KnownBrowser.token_hash",
        "accounts.Session.key_hash",
        "accounts.Session.session_data",
        "accounts.Session.user_agent",
    ),
    *("accounts.Throttle.cache_key", "accounts.Throttle.value", "admin.LogEntry.object_id"),
    # Pages say in other words where a reminder goes, and why one failed.
    *("reminders.Channel.address", "reminders.Channel.address_key", "reminders.Channel.destination"),
    *("reminders.Channel.last_error", "reminders.Delivery.error", "reminders.Delivery.slug"),
    *("reminders.Feed.token_hash", "insights.ReportLink.token_hash", "insights.ReportLink.passphrase_hash"),
    "support.HelpLine.country",  # Known countries only: two characters hold no text.
    "logs.OwnQuestion.kind",  # Known kinds only, as the database checks.
    "logs.Medication.usual_times",  # Times of day only: the database refuses any other text.
    # Names of fields, of which pages show known ones only; and names of files, for commands.
    *("accounts.SecurityEvent.changed", "accounts.User.year_question", "operations.Backup.archive"),
    # Names of questions and keys of comparisons, of which pages show known ones only; numbers that a computation wrote.
    *("insights.Guess.exposure", "insights.Guess.outcome", "insights.KeptFinding.key"),
    "insights.Computation.result_json",
    *("auth.Permission.name", "auth.Permission.codename"),
    *("contenttypes.ContentType.app_label", "contenttypes.ContentType.model"),
}

# Where a text could become HTML or a script.
SINKS = re.compile(
    r"\|\s*safe|autoescape off|mark_safe|SafeString|innerHTML|outerHTML|insertAdjacentHTML|document\.write"
    r"|createContextualFragment|setHTMLUnsafe|parseFromString|\beval\(|new Function|createPolicy"
)
# Each, and why no text gets through.
KNOWN_SINKS = {
    "brainlog/forms.py": "fields and widgets escape each part themselves",
    "logs/search_form.py": "option() and the headings of its groups are escaped; all else goes through written()",
    "static/js/worker.js": "makes a policy that lets the address of the service worker through, and no other",
    "insights/charts/markup.py": "element() and joined() escape all that is no SafeString, which they alone make here",
    "insights/charts/surroundings.py": "bands_of() puts an escaped key into markup made by element()",
    # They mark nothing as safe: their markup is made by element() and joined(), as the types say.
    **dict.fromkeys(
        [
            *(
                f"insights/charts/{name}.py"
                for name in ("__init__", "bands", "bars", "before_after", "cells", "differences", "line", "points")
            ),
            "insights/around_dose/page.py",
            "insights/change/page.py",
            "insights/findings/cards.py",
            "insights/trends/page.py",
            "logs/receipts.py",
        ],
        "says SafeString in annotations alone",
    ),
}
ANNOTATED = re.compile(r"(:|->) (list\[)?SafeString\b|^from .* import SafeString$|^\"\"\".*$", re.MULTILINE)

LEAD_SOMEWHERE = {"href", "src", "action", "formaction", "data", "srcdoc", "srcset", "poster", "background", "style"}


class Skeleton(HTMLParser):
    """Collects elements and attributes that a hostile text has become."""

    def __init__(self, html: str):
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.inside = [*self.inside, tag] if tag in {"script", "style"} else self.inside
        if MARK in tag:
            self.found.append(f"<{tag}>")
        for name, value in attrs if (tag, dict(attrs)) != ELSEWHERE else ():
            if MARK in name or name.startswith("on") or (name in LEAD_SOMEWHERE and leads_astray(tag, value or "")):
                self.found.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag):
        self.inside = [each for each in self.inside if each != tag]

    def handle_data(self, data):
        if self.inside and MARK in data:
            self.found.append(f"in a {self.inside[-1]}: {data[:80]}")

    def handle_comment(self, data):
        if MARK in data:
            self.found.append(f"in a comment: {data[:80]}")

    def unknown_decl(self, data):
        self.found.append(f"a declaration: {data[:80]}")

    def handle_pi(self, data):
        self.found.append(f"an instruction: {data[:80]}")


def leads_astray(tag: str, address: str) -> bool:
    """Whether a URL consists of a hostile text, rather than being one of ours with a query string."""
    if tag == "img" and address.startswith("data:image/svg+xml;base64,"):
        return False  # The QR code, which is our own image.
    address = re.sub(r"[\x00-\x20]", "", address).lower()
    return address.startswith(("javascript:", "data:", "vbscript:", "http:", "https:", "//", "\\", "/\\")) or (
        MARK in address.partition("?")[0]
    )


@pytest.mark.parametrize("text", [text for text in HOSTILE if re.search("[<\"']", text)])
def test_the_parser_finds_what_is_not_escaped(text):
    shells = (
        '<p title="{}">',
        "<p title='{}'>",
        "<textarea>{}</textarea>",
        "<!-- {} -->",
        '<a href="{}">',
        "<p>{}</p>",
    )

    assert any(Skeleton(shell.format(text)).found for shell in shells)


def every_page(world) -> list[Page]:
    """All pages at URLs, and the responses to all forms."""
    return world.pages + world.more_pages + [page for _form, _pairs, page in world.answers]


def test_hostile_texts_are_escaped(world):
    found = [(page.who, page.path, Skeleton(page.html).found) for page in every_page(world)]

    assert len(found) > 250
    assert [things for things in found if things[-1]] == []


def test_no_page_contains_a_hostile_text_unescaped(world):
    as_written = [text for text in HOSTILE if re.search("[<>\"']", text)]

    assert [(page.path, text) for page in every_page(world) for text in as_written if text in page.html] == []


def test_template_syntax_in_a_text_is_not_rendered(world):
    texts = [text for text in HOSTILE if "7*7" in text]
    pages = "\n".join(unescape(page.html) for page in every_page(world))

    assert len(texts) == 2
    assert all(text in pages for text in texts)
    assert f"49{MARK}" not in pages


def test_every_column_with_a_text_is_on_some_page(world):
    """Otherwise the tests above would not have checked it."""
    pages = "\n".join(page.html for page in every_page(world))
    missing = {column for column, code in CODES.items() if code not in pages}
    assert missing == NOT_SHOWN


def test_uses_of_mark_safe_are_listed():
    code = [path for path in PROJECT.glob("[a-z]*/**/*.py") if "tests" not in path.relative_to(PROJECT).parts]
    own = [*code, *PROJECT.glob("templates/**/*.html"), *PROJECT.glob("static/js/*.js")]

    assert len(own) > 150
    assert {str(path.relative_to(PROJECT)) for path in own if SINKS.search(path.read_text())} == KNOWN_SINKS.keys()
    annotated = [path for path, reason in KNOWN_SINKS.items() if "annotations" in reason]
    assert [path for path in annotated if SINKS.search(ANNOTATED.sub("", (PROJECT / path).read_text()))] == []


HEADERS = {"Subject", "From", "To", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}


def test_a_mail_is_a_text_and_its_subject_one_line(world):
    with rolled_back():
        username = f"a\nBcc: b@example.org\n{HOSTILE[0]}{HOSTILE[2]}"
        User.objects.filter(pk=world.people["owner"].pk).update(username=username)
        for address in ("owner@example.org", "unknown@example.org"):
            Client().post(reverse("accounts:reset"), {"email": address})

    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert sent.subject == "A new password"
        assert sent.content_subtype == "plain" and not getattr(sent, "alternatives", None)
        assert set(sent.message().keys()) == {
            *(
                "Content-Type",
                "MIME-Version",
                "Content-Transfer-Encoding",
                "Subject",
                "From",
                "To",
                "Date",
                "Message-ID",
            )
        }
    assert username in mail.outbox[0].body


@pytest.mark.matrix
@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()], ids=["text", "json"])
@pytest.mark.parametrize(
    "text", ["a\r\nERROR forged", "\x1b[2K\x1b[1Aforged", "\u2028forged", "\x85forged", "\x00\x07"]
)
def test_a_line_in_the_log_is_one_line(world, caplog, formatter, text):
    """Texts cannot inject lines into the log, or escape sequences into a terminal."""
    caplog.set_level(logging.DEBUG)
    headers = {name: text for name in ("user-agent", "host", "origin", "referer", "x-request-id", "accept-language")}
    with rolled_back():
        for sent in ({}, headers, *({name: value} for name, value in headers.items())):
            browser = Client(enforce_csrf_checks=True, headers=sent)
            browser.get(f"/{text}/?next={text}")
            browser.post(reverse("accounts:login"), {"username": text, "password": text})
            Client(headers=sent).post(reverse("accounts:login"), {"username": text, "password": text})
            browser.generic(f"GET{text}", "/")

    for record in caplog.records:
        record.exc_info = None  # Of our own code: one line each.
    lines = [formatter.format(record) for record in caplog.records]
    assert any("Invalid HTTP_HOST" in line for line in lines)
    assert [line for line in lines if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line)] == []
