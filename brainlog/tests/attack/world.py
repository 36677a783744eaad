"""People to attack with: a client for each, every page they can open, and every form on it."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db import connection, models
from django.db.models import F
from django.db.models.deletion import Collector
from django.test import Client, RequestFactory
from django.urls import Resolver404, resolve, reverse

from accounts.models import User
from accounts.password_reset import reset_link
from accounts.tests.codes import code_of, confirm_by_password, confirmation_token, new_credential, switch_on
from accounts.tests.factories import PASSWORD, make_person
from brainlog.tests.addresses import ADDRESSES, DAY
from brainlog.tests.attack.inputs import SUBSCRIPTIONS
from brainlog.tests.attack.rows import count_on, make_hostile, make_secret
from brainlog.tests.attack.texts import packed
from insights.models import Appointment, Event, Report
from insights.tests.factories import make_computation
from insights.tests.findings import findings, result
from insights.tests.links import PASSPHRASE, make_link
from logs import undo
from logs.models import DailyLog, Medication, OwnQuestion
from logs.question_lists import QUESTION_LISTS, parts_of_day
from logs.stages import MOODS
from reflections.models import WeeklyReflection
from reminders.email import off_token
from reminders.tests.factories import remind
from testing.forms import TYPED, Field, Form, forms_in
from testing.rollback import rolled_back

# What scripts send without a form on a page, and the names that it has.
SENT_BY_SCRIPTS = {"reminders:push_renew": ("push-subscription",)}

# In the week after that of the URLs; noon in New York.
NOON = datetime.datetime(2026, 5, 12, 16, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Page:
    """Return the page at a URL, after redirects."""

    who: str
    opened: str
    path: str
    html: str


Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """A form on a page of a person; `after` is a request that has to be sent first, if any."""

    who: str
    opened: str
    form: Form
    after: tuple["Found", Pairs] | None = None

    @cached_property
    def name(self) -> str:
        return name_of(self.form.action)

    @property
    def is_admin(self) -> bool:
        return self.name.startswith("admin:")

    @property
    def kind(self) -> tuple:
        """A key that is equal for equal forms: the URL's name and the names of fields, whatever the number of rows."""
        return self.name, frozenset(re.sub(r"-\d+-", "-0-", name) for name in self.form.names)


def compute_findings(person: User):
    """Findings about all own questions and medications of a person, of older answers: the page asks for newer ones."""
    names = [*(question.name for question in person.own_questions.all())]
    names += [f"medication-{medication.pk}" for medication in person.medications.all()]
    make_computation(person, findings(*(result(name, "overall_mood", points=()) for name in names), answers_version=0))
    person.answers_changed()


def name_of(path: str) -> str:
    """The name of a URL, with its check-in, if any."""
    try:
        match = resolve(path)
    except Resolver404:
        return path
    return " ".join(filter(None, (match.view_name, str(match.kwargs.get("stage", "")))))


@dataclass
class World:
    people: dict[str, User]
    rows: list[models.Model]  # with hostile texts
    cookies: dict[str, SimpleCookie] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)  # of authenticator apps
    recovery_codes: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # to a report of the owner: with a passphrase, and without
    # All rows at the beginning, and the keys of the other person's rows.
    start: dict[str, dict] = field(default_factory=dict)
    of_other_person: dict[str, set] = field(default_factory=dict)

    @classmethod
    def make(cls) -> "World":
        people = {
            name: make_person(username=name, is_staff=name == "staff", is_superuser=name == "staff")
            for name in ("owner", "newcomer", "passwordless", "other", "staff")
        }
        world = cls(people, [])
        make_secret(people["other"])
        # Has begun nothing, so that Today offers to be reminded later.
        times = {"morning": "04:00", "medication": "09:00", "midday": "11:00", "afternoon": "15:00", "evening": "20:00"}
        remind(people["newcomer"], times, channels=0, session=False)
        world.rows = list(make_hostile(people["owner"], people["staff"]))
        world.links = [make_link(people["owner"].reports.get(pk=1), passphrase=words) for words in (PASSPHRASE, "")]
        compute_findings(people["owner"])
        for person in people.values():
            person.refresh_from_db()
        world.log_everyone_in()
        world.start, world.of_other_person = all_rows(), rows_of(people["other"])
        return world

    def log_everyone_in(self):
        """Log everyone in, with a reauthentication, which some pages require."""
        browsers = {who: Client() for who in ("visitor", "halfway", *self.people)}
        for who, person in self.people.items():
            browsers[who].force_login(person)
        for who in ("owner", "passwordless"):
            self.secrets[who], codes = switch_on(browsers[who])
            self.recovery_codes = self.recovery_codes or codes
        # The first id is that of the passkey in the table of URLs.
        Authenticator.objects.update(id=F("id") + 1000)
        for number, name in enumerate(packed(50, "q000qq")):
            data = {"name": name, "credential": new_credential()}
            self.people["owner"].authenticator_set.create(pk=number + 1, type="webauthn", data=data)
        count_on(Authenticator, Medication, OwnQuestion, Event, Appointment, Report)
        for who in ("newcomer", "staff"):
            confirm_by_password(browsers[who])
        without = self.people["passwordless"]
        without.set_unusable_password()
        without.save(update_fields=["password"])
        browsers["passwordless"].force_login(without)
        browsers["passwordless"].post(reverse("accounts:confirm_code"), {"code": self.code_of("passwordless")})
        device = {"push-subscription": SUBSCRIPTIONS[0]}
        browsers["passwordless"].post(reverse("reminders:channel_add", args=["push"]), device)
        browsers["halfway"].post(reverse("accounts:login"), {"username": "owner", "password": PASSWORD})
        self.cookies = {who: browser.cookies for who, browser in browsers.items()}

    def code_of(self, who: str) -> str:
        """The current code of their authenticator app; empty without one."""
        return code_of(self.secrets[who]) if who in self.secrets else ""

    def browser(self, who: str) -> Client:
        """A client with the person's cookies as of the beginning."""
        return browser_with(self.cookies[who])

    def handle_of(self, who: str) -> str:
        """The handle of another session of the person."""
        return self.people[who].sessions.order_by("created_at", "pk").last().handle

    def envelope_of(self, who: str) -> str:
        """What would bring a day of theirs back, had they deleted it in this login."""
        person, session = self.people[who], self.browser(who).session
        session.load()
        with rolled_back():
            change = undo.delete(person.daily_logs.get(date=DAY), parts_of_day(person))
        return undo.seal(person, session, reverse("logs:undo", args=[DAY]), "deleted", change)

    # Pages

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Pairs of person and URL, at least one for each kind of page."""
        ours = [*dict.fromkeys(address.path for address in ADDRESSES), *self.addresses_with_tokens()]
        yield from (("owner", path) for path in ours)
        yield "owner", self.people["owner"].daily_logs.get(not_tracked="ill").get_absolute_url()
        yield "newcomer", reverse("today")
        accounts = reverse("accounts:login").removesuffix("login/")
        for who in ("visitor", "newcomer", "passwordless", "halfway"):
            yield from ((who, path) for path in ours if path.startswith(accounts))
        yield from (("staff", path) for path in self.addresses_of_the_admin())

    def more_addresses(self) -> Iterator[tuple[str, str]]:
        """The same pages for all other rows."""
        for row in self.rows:
            if isinstance(row, DailyLog | WeeklyReflection):
                yield "owner", row.get_absolute_url()
            elif isinstance(row, Medication):
                yield "owner", reverse("logs:medication", args=[row.pk])
            elif isinstance(row, Appointment | Event | OwnQuestion | Report):
                yield "owner", row.get_absolute_url()
        yield from (("owner", f"{reverse('logs:questions')}?check_in={slug}") for slug in QUESTION_LISTS)
        yield from (("owner", f"{reverse(name)}?page=2") for name in ("accounts:events", "logs:history"))
        yield "staff", reverse("admin:accounts_user_history", args=[self.people["owner"].pk])
        for model in admin.site._registry:
            for row in [row for row in self.rows if type(row) is model][1:3]:
                yield "staff", reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])

    def addresses_with_tokens(self) -> Iterator[str]:
        yield from self.links
        yield urlsplit(reset_link(RequestFactory().get("/"), self.people["newcomer"])).path
        yield reverse("accounts:email_confirm", args=[confirmation_token(self.people["staff"])])
        yield reverse("reminders:email_off", args=[off_token(self.people["owner"].reminder_channels.get(kind="email"))])

    def addresses_of_the_admin(self) -> Iterator[str]:
        yield from (reverse(f"admin:{name}") for name in ("index", "password_change", "login"))
        yield from (reverse("admin:app_list", args=[app]) for app in ("accounts", "auth", "logs", "operations"))
        yield reverse("admin:operations_databasereport_now")
        yield reverse("admin:auth_user_password_change", args=[self.people["newcomer"].pk])
        for model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            yield reverse(f"{name}_changelist")
            yield reverse(f"{name}_add")
            row = next((row for row in self.rows if type(row) is model), None) or model._base_manager.first()
            yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "delete", "history"))

    def look(self, addresses: Iterator[tuple[str, str]]) -> list[Page]:
        """The pages at these URLs, after redirects."""
        found = []
        for who, path in dict.fromkeys(addresses):
            with rolled_back():
                response = self.browser(who).get(path, follow=True)
            if response.status_code == 200 and (html := html_of(response)):
                found.append(Page(who, path, response.request["PATH_INFO"], html))
        return found

    @cached_property
    def pages(self) -> list[Page]:
        return self.look(self.addresses())

    @cached_property
    def more_pages(self) -> list[Page]:
        return self.look(self.more_addresses())

    # Forms

    @cached_property
    def forms_on_pages(self) -> dict[tuple, Found]:
        found: dict[tuple, Found] = {}
        for page in self.pages:
            for form in forms_in(page.html, page.path):
                each = Found(page.who, page.opened, form)
                found.setdefault(each.kind, each)
        for name, fields in SENT_BY_SCRIPTS.items():
            form = Form(reverse(name), "post", fields={each: Field(each, "hidden", [""]) for each in fields})
            # A person whose device is reminded.
            each = Found("passwordless", reverse("reminders:channels"), form)
            found[each.kind] = each
        return found

    @cached_property
    def answers(self) -> list[tuple[Found, Pairs, Page]]:
        """The responses to all forms when they are sent unchanged."""
        found = []
        for form in self.forms_on_pages.values():
            for pairs in first_tries(form.form):
                with rolled_back():
                    browser = self.browser(form.who) if form.opened == form.form.action else self.open(form)
                    response = self.send(form, pairs, browser)
                    if response.status_code == 302:
                        response = browser.get(response.url, follow=True)
                    html = html_of(response)
                if response.status_code == 200 and html:
                    found.append((form, pairs, Page(form.who, form.opened, response.request["PATH_INFO"], html)))
        return found

    @cached_property
    def forms(self) -> dict[tuple, Found]:
        """All forms, once each: those on pages, and those on the responses to them."""
        found = dict(self.forms_on_pages)
        for first, pairs, page in self.answers:
            for form in forms_in(page.html, page.path):
                each = Found(page.who, page.opened, form, after=(first, pairs))
                found.setdefault(each.kind, each)
        return found

    def open(self, found: Found) -> Client:
        """A client that has opened the page of the form."""
        browser = self.browser(found.who)
        browser.get(found.opened, follow=True)
        if found.after:
            self.send(*found.after, browser)
        return browser

    def send(self, found: Found, pairs: Pairs, browser: Client):
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        return browser.post(found.form.action, data)


def html_of(response) -> str:
    """The page, or '' if the response is a file, which is then read completely."""
    body = b"".join(response)
    return body.decode() if response["Content-Type"].startswith("text/html") else ""


def browser_with(cookies: SimpleCookie) -> Client:
    client = Client(headers={"user-agent": "Firefox on Linux"})
    client.cookies = SimpleCookie({name: each.value for name, each in cookies.items()})
    return client


def first_tries(form: Form) -> Iterator[Pairs]:
    """The form as shown, with each button; with a change; and as it was before a conflicting save."""
    yield form.as_shown()
    for field_ in form.fields.values():
        if field_.kind == "submit" and field_.name not in {"_save", "_addanother"}:
            yield [*form.as_shown(), (field_.name, field_.options[0])]
    if "_selected_action" in form.fields:
        for action in filter(None, form.fields["action"].options):
            chosen = [(name, action if name == "action" else value) for name, value in form.as_shown()]
            yield [*chosen, *(("_selected_action", row) for row in form.fields["_selected_action"].options[:3])]
    for typed in {"note", "plan"} & form.names:  # Unchanged, there is nothing to undo.
        yield [(name, f"Mine {value}" if name == typed else value) for name, value in form.as_shown()]
    for mood in {*MOODS} & form.names:  # Low, so that help is offered.
        yield [(name, "1" if name == mood else value) for name, value in form.as_shown()]
    if "version" in form.fields:
        texts = {name for name, field_ in form.fields.items() if field_.kind in TYPED and len(field_.shown[0]) > 5}
        changed = [(name, f"Mine {value}" if name in texts else value) for name, value in form.as_shown()]
        yield [(name, "0" if name == "version" else value) for name, value in changed]


def rows_of(person: User) -> dict[str, set]:
    """The keys, by table, of all rows that are deleted with a person."""
    collector = Collector("default")
    collector.collect([person])
    rows = {model._meta.db_table: {row.pk for row in found} for model, found in collector.data.items()}
    for found in collector.fast_deletes:
        rows.setdefault(found.model._meta.db_table, set()).update(found.values_list("pk", flat=True))
    return rows


@cache
def names_of_tables() -> list[str]:
    """The names of all tables, read once: looking them up for each example took as long as reading their rows."""
    return connection.introspection.table_names()


def all_rows() -> dict[str, dict]:
    """All rows of all tables, as stored."""
    found = {}
    with connection.cursor() as cursor:
        for table in names_of_tables():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            names = [column[0] for column in cursor.description]
            found[table] = {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
    return found
