"""Actions of a person on pages. Fields are found by name, everything else by text."""

from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from accounts.tests.factories import PASSWORD
from logs.tests.factories import DAY

MIDDAY = f"/logs/{DAY}/midday/"
NOTE = "Line one\n\n  Line three, with “quotes” & <b>, 🧠"


def come_in(page: Page, live_server, person: User) -> Page:
    """Log the person in by a session cookie, without the login page."""
    client = Client()
    client.force_login(person)
    session = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([session | {"url": live_server.url}])
    return page


def log_in(page: Page, person: User):
    """Fill in the login page that is open."""
    page.fill("[name=username]", person.username)
    page.fill("[name=password]", PASSWORD)
    press(page, "Log in")


def press(page: Page, button: str):
    page.get_by_role("button", name=button, exact=True).click()


def follow(page: Page, link: str):
    page.get_by_role("link", name=link, exact=True).first.click()


def field(page: Page, name: str) -> Locator:
    return page.locator(f'[name="{name}"]')


def option(page: Page, name: str, value: str) -> Locator:
    """One radio button or checkbox of a question."""
    return page.locator(f'[name="{name}"][value="{value}"]')


def tap(page: Page, name: str, value: str):
    """Tap a radio button's or a checkbox's label, as a thumb does."""
    page.locator("label", has=option(page, name, value)).click()


def clear(page: Page, name: str):
    tap(page, name, "")


def answer(page: Page, answers: dict):
    """Give answers in the format of the factories, in order. Optional questions must be open."""
    for name, given in answers.items():
        for value in given if isinstance(given, list) else [given]:
            kind = field(page, name).first.evaluate("input => input.type")
            if kind in ("radio", "checkbox"):
                tap(page, name, value)
            elif kind == "select-one":
                field(page, name).select_option(value)
            else:
                field(page, name).fill(value)


def unfold(page: Page):
    """Open the optional questions, if they are not open."""
    if not page.locator("details[data-more][open]").count():
        page.locator("details[data-more] > summary").click()


def given_answers(page: Page) -> dict:
    """The data that the form would send, without fields that are not visible to people."""
    pairs = page.locator("form[data-draft]").evaluate("form => [...new FormData(form)]")
    unseen = ("csrfmiddlewaretoken", "version", "seen", "asked-names", "today", "remove")
    found = {}
    for name, value in pairs:
        if value and name not in unseen and not name.endswith("_FORMS"):
            found[name] = [*found[name], value] if name in found else [value]
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def expect_saved(page: Page, text: str):
    """Wait for the page with the confirmation."""
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()
    page.wait_for_load_state()  # Its styles are there.


def fits_its_screen(page: Page) -> bool:
    """Whether nothing is wider than the screen, once the styles are there."""
    page.wait_for_load_state()
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def offer(page: Page) -> Locator:
    """The card that offers a draft."""
    return page.locator("[data-draft-offer]")


def restored(page: Page) -> Locator:
    """The card after a draft was restored."""
    return page.locator("[data-draft-restored]")


def drafts(page: Page) -> list[str]:
    """The subjects of the drafts in this browser, without the ids of their pages."""
    return page.evaluate(
        """Object.keys(localStorage).filter(key => key.startsWith("brainlog-draft/"))
            .map(key => key.replace(/\\/[^/]+$/, "")).sort()"""
    )


def put_sent_draft(page: Page, path: str, answers: list, state: str):
    """Store a draft that was sent from another page, and that `waits` or `needsYou`."""
    draft = {"version": "", "answers": answers, "sent": True, state: True, "title": "Sent", "address": f"/logs/{path}/"}
    page.evaluate(
        """([path, draft]) => localStorage.setItem(`brainlog-draft/${document.body.dataset.person}/${path}/x`,
            JSON.stringify({at: Date.now() - 10_000, post: {address: draft.address, fields: []}, ...draft}))""",
        [path, draft],
    )


def wait_until_kept(page: Page, text: str = ""):
    """Wait until a draft with this text is in the browser's storage."""
    page.wait_for_function(
        """text => Object.entries(localStorage).some(([key, value]) =>
            key.startsWith("brainlog-draft/") && value.includes(JSON.stringify(text).slice(1, -1)))""",
        arg=text,
    )


def expect_no_drafts(page: Page):
    """Wait until no draft is left; the page that says "saved" is seen before its script has run."""
    page.wait_for_function('() => !Object.keys(localStorage).some(key => key.startsWith("brainlog-draft/"))')


def reopen(page: Page, address: str | None = None) -> Page:
    """Load a page as after a crash: no event handlers of the page before run."""
    context = page.context
    page.close(run_before_unload=False)
    page = context.new_page()
    if address:
        page.goto(address)
    return page


def type_note(page: Page, text: str = NOTE):
    """Type into the midday check-in and save nothing."""
    page.goto(MIDDAY)
    unfold(page)
    field(page, "current_activity").fill(text)
    wait_until_kept(page, text)
