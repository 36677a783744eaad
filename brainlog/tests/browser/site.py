"""List of every page of the site in each of its states. A test fails if a page is missing."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlsplit

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.password_reset import reset_link
from accounts.tests.codes import confirmation_token, new_credential, switch_on
from accounts.tests.factories import PASSWORD, make_person
from brainlog.tests.browser.steps import (
    answer,
    expect_saved,
    field,
    log_in,
    press,
    tap,
    unfold,
    wait_until_kept,
)
from insights.findings.results import Noise
from insights.models import Appointment, Report, ReportLink
from insights.report.findings import kept_findings
from insights.report.logged import Span
from insights.report.panels import USUAL
from insights.report.saving import save
from insights.report.sections import GROUPS, report_for
from insights.report.selection import ReportSelection
from insights.tests.factories import make_appointment, make_computation, make_event, make_guess
from insights.tests.findings import findings_of_all_sorts
from logs.models import DailyLog, Medication, OwnAnswer, OwnQuestion
from logs.own_kinds import KINDS
from logs.stages import STAGES
from logs.tests.columns import put
from logs.tests.factories import OPTIONAL, make_dose, make_full_log, make_log, make_medication, make_question_set
from logs.tests.own_questions import make_answer, make_question
from reflections.tests.factories import make_reflection
from reminders.email import off_token
from reminders.models import Channel, Feed, Plan
from reminders.tests.factories import remind
from support.models import SupportPlan
from support.tests.factories import make_shipped_lines

ONE_DAY = datetime.timedelta(days=1)
NOTE = "Slept badly, then a long walk by the river.\n\nThe afternoon was kinder than I had feared it would be."
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

# Addresses that only change something or lead elsewhere; what they lead to is in the list. (Who sets
# a first password sees the page that changes one.)
NOT_PAGES = {
    "now",
    "insights:end_report_link",
    "insights:end_report_links",
    "insights:report_pdf",
    "insights:shared_pdf",
    "worth_it",
    "manifest",
    "service_worker",
    "logs:waiting",
    "accounts:end_sessions",
    "accounts:logout",
    "accounts:set_password",
    "accounts:passkey_login",
    "accounts:pause_notices",
    "accounts:use_zone",
    "reminders:calendar",
    "reminders:channel_add",
    "reminders:channel_remove",
    "reminders:channel_test",
    "reminders:email_add",
    "reminders:feed_off",
    "reminders:later",
    "reminders:push_renew",
    "reminders:pause",
    "reminders:snooze",
    "insights:compute_findings",
    "insights:compute_noise",
    "insights:findings_state",
    "insights:event_delete",
    "insights:hide_day",
    "insights:show_day",
    "insights:undo_event",
    "logs:ask_one",
    "logs:decline_catch_up",
    "logs:medication_taken",
    "logs:not_tracked",
    "logs:tracked",
    "logs:undo",
    "logs:undo_medication",
    "reflections:undo",
    "insights:appointment_delete",
    "support:undo",
    "support:stop_offering",
    "metrics",
    "reflections:other",
    "insights:trend_csv",
}


@dataclass
class World:
    """The people of the tests: a new one, one with a long history, and one who is ill today."""

    newcomer: User
    regular: User
    ill: User
    careful: User  # has a second factor
    medication: int
    # Of `regular`: own questions of the evening by their kind, and an archived one.
    questions: dict[str, OwnQuestion]
    archived: OwnQuestion
    appointment: Appointment
    report: Report
    link: str  # The token of a link to it.

    @classmethod
    def make(cls) -> "World":
        newcomer, ill = make_person(), make_person(display_name=LONG)
        careful = make_person(username="careful", email="careful@example.org")
        protect(careful)
        make_email_channel(careful)
        regular = make_person(display_name="Ada", week_starts_on="monday")
        questions = make_own_questions(regular)
        archived = make_question(regular, "line", label=LONG, archived_at=timezone.now())
        fill_a_history(regular, questions)
        Feed.objects.renew(regular)
        make_shipped_lines()
        SupportPlan.objects.create(user=regular, plan=NOTE, people=f"Ada 555 0100\n{LONG}")
        remind(regular, {"morning": "07:30", "evening": "21:15"}, channels=0)
        make_channels(regular)
        make_log(ill, ill.today(), not_tracked="ill", morning_mood=2, dreams=LONG)
        medication = next(each for each in regular.medications.all() if each.name == "Concerta")
        compute_findings(regular, questions)
        appointment = make_appointment(regular, regular.today() - 40 * ONE_DAY, LONG)
        report = keep_report(regular)
        _link, link = ReportLink.objects.make(report, days=7)
        return cls(newcomer, regular, ill, careful, medication.pk, questions, archived, appointment, report, link)

    @property
    def addresses(self) -> dict:
        today = self.regular.today()
        return {
            "today": today,
            "yesterday": today - ONE_DAY,
            "holiday": today - 3 * ONE_DAY,
            "spare_day": today - 4 * ONE_DAY,
            "hard_month": f"{today - 45 * ONE_DAY:%Y-%m}",
            "last_month": f"{today.replace(day=1) - ONE_DAY:%Y-%m}",
            "week": self.regular.week_of(today),
            "month": f"{today:%Y-%m}",
            "year": f"{today:%Y}",
            "medication": self.medication,
            "change": today - 30 * ONE_DAY,
            "event": self.regular.events.first().pk,
            "question": self.questions["choice"].pk,
            "number_question": self.questions["number"].pk,
            "archived": self.archived.pk,
            "appointment": self.appointment.pk,
            "report": self.report.pk,
            "shared": reverse("insights:shared", args=[self.link]),
            "reset": urlsplit(reset_link(RequestFactory().get("/"), self.ill)).path,
            "verify": reverse("accounts:email_confirm", args=[confirmation_token(self.careful)]),
            "off": reverse("reminders:email_off", args=[off_token(self.careful.reminder_channels.get())]),
            "passkey": self.careful.authenticator_set.get(type="webauthn").pk,
        }


def keep_report(person: User) -> Report:
    """A report of all that there is, with long words."""
    period = Span(person.today() - 44 * ONE_DAY, person.today())
    own = tuple(question.name for question in person.own_questions.all())
    words = (f"{person.today()}:dreams",)
    everything = frozenset(group.key for group in GROUPS)
    findings = tuple(key for key, _name in kept_findings(person).choices)
    selection = ReportSelection(period, everything, LONG, LONG, (LONG,) * 3, USUAL, own, words, findings)
    return save(person, report_for(person, selection))


def compute_findings(person: User, questions: dict[str, OwnQuestion]):
    """Findings of all sorts, also about questions with long words, and what chance alone shows."""
    names = questions["yes_no"].name, questions["number"].name
    make_computation(person, replace(findings_of_all_sorts(*names), answers_version=person.answers_version))
    noise = Noise(person.answers_version, 200, 16, 31)
    make_computation(person, kind="noise", result_json=noise.to_json())
    make_guess(person, names[1], "day_rating", 0)


def findings_shown(page, world):
    """Those that were computed, whatever was answered since: the page would ask for newer ones by itself."""
    leave_findings(page)
    version = User.objects.values_list("answers_version", flat=True).get(pk=world.regular.pk)
    world.regular.computations.update(state="done", answers_version=version, result_version=version)
    page.goto("/insights/findings/")
    expect(page.get_by_role("heading", name="What stands out")).to_be_visible()


def leave_findings(page):
    """Once the page has asked for newer ones, and was loaded again: nothing of it is on its way any longer."""
    page.wait_for_load_state("networkidle")
    page.goto("/help/")


def no_findings(page, world):
    """As before the first answer."""
    leave_findings(page)
    world.newcomer.computations.all().delete()
    User.objects.filter(pk=world.newcomer.pk).update(answers_version=0)
    page.goto("/insights/findings/")
    expect(page.get_by_role("heading", name="Not computed yet")).to_be_visible()


def findings_on_their_way(page, world):
    no_findings(page, world)
    press(page, "Compute my findings")
    expect(page.get_by_role("heading", name="Your findings are being computed")).to_be_visible()


def report_previewed(page, world):
    press(page, "Show me the report")
    expect(page.get_by_role("button", name="Keep this report")).to_be_visible()


def make_own_questions(person: User) -> dict[str, OwnQuestion]:
    """One of each kind in the evening, with long words. Some are asked first, the others folded away."""
    words = {"label": LONG, "ends_low": LONG[:40], "ends_high": LONG[:40], "unit": LONG[:20]}
    choices = [[number, f"{number} {LONG}"[:60]] for number in range(1, 13)]
    return {
        kind: make_question(person, kind, choices=choices, place=place, **words)
        for kind, place in zip(KINDS, ["first", "folded"] * len(KINDS), strict=False)
    }


def make_channels(person: User):
    """A device, a server with a long name that fails, and a device where the person is not logged in any more."""
    facts = {"user": person, "destination": "push.example.org", "address": "{}"}
    Channel.objects.create(kind="push", label="Chrome on Android", sent_at=timezone.now(), **facts)
    Channel.objects.create(kind="ntfy", label=LONG, address_key="1", failures=2, last_error="http 403", **facts)
    elsewhere = person.known_browsers.create(token_hash="f" * 64)
    Channel.objects.create(kind="push", label="Safari on iPhone", address_key="2", known_browser=elsewhere, **facts)


def answer_own_questions(logs: list[DailyLog], scores: list[DailyLog], questions: dict[str, OwnQuestion]):
    """All of some days, and what the numbers of months are made of on others."""
    for log in logs:
        for question in questions.values():
            make_answer(log, question, LONG if question.kind in ("line", "note") else None)
    OwnAnswer.objects.bulk_create(
        OwnAnswer(daily_log=log, user=log.user, date=log.date, question=questions[kind], **answer)
        for log in scores
        for kind, answer in {"score": {"number": log.day_rating}, "yes_no": {"flag": log.day_rating > 5}}.items()
    )


def answer_after_doses(logs: list[DailyLog], medication: Medication):
    """Focus at midday, four hours after a dose."""
    asked = make_question_set(medication.user, "focus_level")
    for place, log in enumerate(logs):
        noon = datetime.datetime.combine(log.date, datetime.time(12, 15), log.user.zone)
        log.midday_answered_at, log.midday_asked = noon, asked
        log.midday_utc_offset = noon.utcoffset() // datetime.timedelta(minutes=1)
        log.medication_taken, log.focus_level = True, 1 + place
        log.save()
        make_dose(log, medication, amount=Decimal("2.5"), unit="drops")


def fill_a_history(person: User, questions: dict[str, OwnQuestion]):
    today = person.today()
    optional = {name: value for answers in OPTIONAL.values() for name, value in answers.items()}
    facts = {name: {"true": True, "false": False}.get(str(value), value) for name, value in optional.items()}
    facts |= {"dreams": NOTE, "crash_symptoms": NOTE, "dinner": LONG, "thought_for_tomorrow": NOTE}
    logs = [make_full_log(person, today - days * ONE_DAY, **facts) for days in range(3)]
    make_log(person, today - 3 * ONE_DAY, not_tracked="holiday")
    make_log(person, today - 4 * ONE_DAY, lunch="Soup")
    scores = [
        DailyLog(user=person, date=today - days * ONE_DAY, day_rating=1 + days % 10, overall_mood=5)
        for days in range(5, 45)
    ]
    for log in scores:
        log.evening_completed_at = timezone.now()
    DailyLog.objects.bulk_create(scores)
    answer_own_questions(logs, scores, questions)
    concerta, other = make_medication(person), make_medication(person, LONG, unit="drops", is_active=False)
    for log in logs[:2]:
        make_dose(log, concerta)
        make_dose(log, other, amount=Decimal("2.5"), unit="drops", taken_at=None)
    answer_after_doses(scores[:9], other)
    make_log(person, today - 45 * ONE_DAY, day_rating=2, gratitude=NOTE)
    make_event(person, LONG)
    make_event(person, "Flu", today - 9 * ONE_DAY, last_day=today - 2 * ONE_DAY)
    person.hidden_days.create(date=today - 3 * ONE_DAY)
    this_week = person.week_of(today)
    done = {"completed_at": timezone.now(), "week_highlights": NOTE, "next_week_focus": "Sleep before midnight"}
    done |= {"lessons_learned": NOTE}
    weekly = make_question(person, "note", check_in="week", label=LONG)
    for weeks in range(35):
        facts = {"week_rating": 1 + weeks % 10} | (done if weeks else {})
        make_answer(make_reflection(person, this_week - weeks * 7 * ONE_DAY, **facts), weekly, NOTE)


@dataclass(frozen=True)
class View:
    """One page in one state: who is logged in, where it is, and what is done there first."""

    name: str
    route: str
    who: str
    address: str
    do: Callable[[Page, World], None] | None = None
    is_wide: bool = False  # looked at on a large screen as well
    error: int | None = None

    def open(self, page: Page, world: World):
        page.goto(self.address.format(**world.addresses))
        if self.do:
            self.do(page, world)


def make_email_channel(person: User):
    Channel.objects.create(user=person, kind="email", destination="mail", address=person.email)


def protect(person: User):
    """Switch on codes from an app, a passkey and recovery codes."""
    client = Client()
    client.force_login(person)
    switch_on(client)
    person.authenticator_set.create(type="webauthn", data={"name": LONG[:50], "credential": new_credential()})


def expect_errors(page: Page):
    expect(page.get_by_role("alert")).to_be_visible()


def saving(**given) -> Callable[[Page, World], None]:
    """Send invalid answers."""

    def do(page, world):
        if page.locator("details[data-more]").count():
            unfold(page)
        answer(page, given)
        page.locator(".actions button").filter(visible=True).first.click()
        expect_errors(page)

    return do


def year_refused(page, world):
    page.locator("[name=question] option").first.evaluate("option => { option.value = 'x'; option.selected = true }")
    press(page, "Show this question")
    expect_errors(page)


def unfolded(page, world):
    unfold(page)


def own_answers_refused(page, world):
    unfold(page)
    for kind, text in {"number": "many", "two_numbers": "120", "time": "10:00"}.items():
        field(page, world.questions[kind].name).fill(text)
    page.locator("label", has=field(page, f"{world.questions['time'].name}-not-noticed")).click()
    press(page, "Save")
    expect_errors(page)


def more_ways_to_search(page, world):
    page.get_by_text("More ways to search").click()
    expect(field(page, "check_in")).to_be_visible()


def check_in_off(page, world):
    press(page, "Switch it off")
    expect_saved(page, "Afternoon is off.")
    User.objects.filter(pk=world.regular.pk).update(question_choices=None)


def question_moved(page, world):
    page.get_by_role("button", name="Move up").nth(1).click()
    expect_saved(page, "Saved.")
    User.objects.filter(pk=world.regular.pk).update(question_choices=None)


def ready_made_added(page, world):
    page.get_by_role("button", name="Add").first.click()
    expect(page.get_by_role("link", name="Change it")).to_be_visible()
    world.regular.own_questions.latest("pk").delete()


def question_deletion(page, world):
    press(page, "Delete it")
    expect(page.get_by_role("heading", name="Delete this question?")).to_be_visible()


def one_question_chosen(page, world):
    field(page, "one").select_option(world.questions["score"].name)
    page.locator("#one button").click()
    expect_saved(page, "Saved.")
    User.objects.filter(pk=world.regular.pk).update(question_choices=None)


def one_question_today(page, world):
    press(page, "Just one question today")
    expect(page.get_by_role("button", name="Ask everything again")).to_be_visible()
    User.objects.filter(pk=world.newcomer.pk).update(one_question_on=None)


def help_offered(page, world):
    tap(page, "morning_mood", "1")
    press(page, "Save")
    expect(page.get_by_text("That sounds like a hard moment")).to_be_visible()
    world.regular.daily_logs.filter(date=world.regular.today()).update(morning_mood=7)


def asked_if_worth_it(page, world):
    """As after the first save that counts, thirty days on."""
    counted = User.objects.filter(pk=world.regular.pk)
    version = counted.values_list("answers_version", flat=True).get()
    counted.update(answers_version=max(version, 1), worth_it_answered_on=None)
    page.reload()
    expect(page.get_by_role("heading", name="Is this worth it to you?")).to_be_visible()
    counted.update(answers_version=version)


def plan_saved_elsewhere(page, world):
    plan = SupportPlan.objects.filter(user=world.regular).get()
    plan.plan = "Out, to the river"
    plan.save()
    field(page, "plan").fill(LONG)
    press(page, "Save")
    expect(page.get_by_role("heading", name="Which answers")).to_be_visible()
    plan.plan = NOTE
    plan.save()


def one_question_answered(page, world):
    """Answered long ago: morning and evening."""
    log = make_log(world.newcomer, world.newcomer.today(), morning_mood=4, overall_mood=4)
    one_question_today(page, world)
    log.delete()


def caught_up_elsewhere(page, world):
    """Save what another tab has answered meanwhile."""
    day = world.regular.daily_logs.filter(date=world.addresses["holiday"])
    tap(page, "focus_level", "3")
    day.update(focus_level=8)
    press(page, "Save")
    expect_errors(page)
    day.update(focus_level=None)


def another_dose(page, world):
    press(page, "Add another dose")


def draft_offered(page, world):
    unfold(page)
    field(page, "lunch").fill("Soup")
    wait_until_kept(page, "Soup")
    page.reload()
    expect(page.get_by_role("button", name="Bring them back")).to_be_visible()


def draft_restored(page, world):
    draft_offered(page, world)
    press(page, "Bring them back")
    expect(page.get_by_role("button", name="Discard it")).to_be_visible()


def asked_which_day(page, world):
    """Save what a page called today yesterday."""
    unfold(page)
    answer(page, {"focus_level": "3", "lunch": LONG})
    field(page, "today").evaluate("(input, day) => input.value = day", str(world.addresses["yesterday"]))
    press(page, "Save")
    expect(page.get_by_role("alert")).to_be_focused()


def day_over(page, world):
    """The notice of a page that is still open and has unsaved input."""
    unfold(page)
    field(page, "lunch").fill("Soup")
    page.locator("[data-day-ends-in]").evaluate("notice => notice.hidden = false")


def unsaved(page, world):
    page.goto(f"/logs/{world.addresses['yesterday']}/midday/")
    unfold(page)
    field(page, "lunch").fill("Soup")
    wait_until_kept(page, "Soup")
    page.goto("/")
    expect(page.get_by_role("region", name="Not saved yet")).to_be_visible()


def unsaved_at_log_out(page, world):
    unsaved(page, world)
    page.goto("/accounts/profile/")
    press(page, "Log out")
    expect(page.get_by_role("group", name="Not saved yet")).to_be_visible()


def saved_offline(page, world):
    """The notice of a save that waits. A real one would be sent by the next page."""
    page.locator("[data-draft-waits]").evaluate("notice => notice.hidden = false")


def waiting_and_in_need(page, world):
    """Today, with a save that waits for the network and one that the server has asked something about."""
    page.evaluate(
        """() => {
            const person = document.body.dataset.person;
            const draft = {at: Date.now(), version: "", answers: [["lunch", "Soup"]], sent: true, address: "/"};
            const put = (stage, more) => localStorage.setItem(
                `brainlog-draft/${person}/2026-05-04/${stage}/x`,
                JSON.stringify({...draft, title: `${stage}, May 4, 2026`, ...more}),
            );
            put("midday", {waits: true, post: {address: "/nowhere/", fields: []}});
            put("evening", {needsYou: true});
            dispatchEvent(new Event("storage"));
        }"""
    )
    expect(page.get_by_role("region", name="Not saved yet")).to_contain_text("Needs you")


def installing_offered(page, world):
    page.evaluate("dispatchEvent(new Event('beforeinstallprompt', {cancelable: true}))")
    expect(page.get_by_role("heading", name="Keep your log on your home screen")).to_be_visible()


def save_without_answer(page, world):
    tap(page, "focus_level", "3")
    page.route(
        "**/midday/", lambda route: route.fulfill(status=204) if route.request.method == "POST" else route.continue_()
    )
    press(page, "Save")
    expect(page.get_by_role("button", name="Saving …")).to_be_visible()


def conflict(page, world):
    unfold(page)
    answer(page, {"focus_level": "3", "current_activity": LONG, "lunch": "Soup"})
    make_log(world.newcomer, world.newcomer.today(), focus_level=9, current_activity=NOTE)
    press(page, "Save")
    expect(page.get_by_role("heading", name="Which answers")).to_be_visible()
    world.newcomer.daily_logs.all().delete()


def removal_said(page, world):
    unfold(page)
    answer(page, {"had_emotional_event": "true", "emotional_event": LONG, "coping_strategies": "journaled"})
    answer(page, {"had_emotional_event": "false"})
    expect(page.locator(".removal-notice")).to_have_count(2)


def removal_asked_about(page, world):
    """A text that was written elsewhere since the page was opened, so that its script knows nothing of it."""
    log = make_log(world.newcomer, world.newcomer.today(), had_emotional_event=True)
    page.reload()
    log.emotional_event = LONG
    log.save()
    answer(page, {"had_emotional_event": "false"})
    press(page, "Save")
    expect(page.get_by_role("heading", name="Remove this?")).to_be_visible()
    world.newcomer.daily_logs.all().delete()


def unreadable(page, world):
    put(world.ill.daily_logs.get(), "dreams", "bl1.test." + "A" * 60)
    page.reload()
    if page.locator("details[data-more]").count():
        unfold(page)
    expect(page.get_by_text("This text cannot be read")).to_be_visible()


def deleted(page, world):
    press(page, "Delete")
    expect(page.get_by_role("heading", name="Deleted")).to_be_visible()


def day_hidden(page, world):
    page.get_by_role("button", name="Hide this day").first.click()
    expect_saved(page, "is not shown here any more")
    world.regular.hidden_days.exclude(date=world.addresses["holiday"]).delete()


def hard_days_unfolded(page, world):
    page.locator("details > summary").click()


def feed_renewed(page, world):
    press(page, "Make a new address")
    expect(page.get_by_role("heading", name="Your address")).to_be_visible()


def link_made(page, world):
    confirmed(page, world)
    page.get_by_label("For how many days").fill("7")
    press(page, "Make the link")
    expect(page.get_by_role("heading", name="Your link")).to_be_visible()


def shared_opened(page, world):
    press(page, "Open the report")
    expect(page.get_by_text("Self-reported")).to_be_visible()


def mails_ended(page, world):
    press(page, "End these mails")
    expect(page.get_by_role("heading", name="Reminders by e-mail are off")).to_be_visible()
    make_email_channel(world.careful)


def check_in_due(page, world):
    """From the beginning of the day on, one check-in or another is open: all five have a time."""
    times = {"morning": "04:00", "medication": "09:00", "midday": "11:00", "afternoon": "15:00", "evening": "20:00"}
    remind(world.newcomer, times, channels=0)
    page.reload()
    expect(page.get_by_role("heading", name="It is time for")).to_be_visible()
    User.objects.filter(pk=world.newcomer.pk).update(check_in_times=None)
    Plan.objects.filter(pk=world.newcomer.pk).delete()


def reminders_paused(page, world):
    press(page, "For a week")
    expect_saved(page, "Reminders are paused until")
    User.objects.filter(pk=world.regular.pk).update(reminders_paused_until=None)


def day_marking(page, world):
    page.get_by_text("Mark the day as not tracked").click()


def travelling(page, world):
    User.objects.filter(pk=world.newcomer.pk).update(timezone="Asia/Tokyo")
    page.reload()
    expect(page.get_by_role("heading", name="Are you in another time zone?")).to_be_visible()
    User.objects.filter(pk=world.newcomer.pk).update(timezone=world.newcomer.timezone)


def paused(page, world):
    press(page, "For a week")
    expect_saved(page, "Notices and hints are paused until")
    User.objects.filter(pk=world.newcomer.pk).update(notices_paused_until=None)


def saved(page, world):
    tap(page, "day_rating", "7")
    press(page, "Save")
    expect_saved(page, "Evening saved.")


def week_not_picked(page, world):
    page.goto("/reflections/other/")
    expect_saved(page, "Please pick a date.")


def confirmed(page, world):
    if page.title().startswith("Is it you?"):
        if "code" in page.title():
            field(page, "code").fill(new_code(world.careful))
        else:
            field(page, "password").fill(PASSWORD)
        press(page, "Go on")
        expect(page).not_to_have_title(re.compile("Is it you"))


def new_code(person: User) -> str:
    """Return an unused recovery code of a list that was shown."""
    person.authenticator_set.filter(type="recovery_codes").delete()
    codes = RecoveryCodes.activate(person)
    codes.mark_as_viewed()
    return codes.generate_codes()[0]


def not_wiped(page, world):
    confirmed(page, world)
    field(page, "username").fill("x")
    press(page, "Delete it all")
    expect_errors(page)


def wrong_code(page, world):
    confirmed(page, world)
    field(page, "code").fill("000000")
    press(page, "Switch it on")
    expect_errors(page)


def new_codes(page, world):
    confirmed(page, world)
    press(page, "Make new ones")
    expect(page.locator(".secret")).to_have_count(10)


def after_password_step(page, world):
    log_in(page, world.careful)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")


def logged_out(page, world):
    press(page, "Log out")
    expect_saved(page, "You are logged out.")


def stale_form(page, world):
    page.locator("[name=csrfmiddlewaretoken]").first.evaluate("input => input.value = 'a'.repeat(64)")
    press(page, "Save")
    expect(page.get_by_role("link", name="Open the page again")).to_be_visible()


def too_long(page, world):
    unfold(page)
    field(page, "lunch").evaluate("input => input.value = 'a'.repeat(3 * 1024 * 1024)")
    press(page, "Save")
    expect(page.get_by_role("heading", level=1)).to_have_text("That is too much at once")


VIEWS = [
    View("welcome", "today", "visitor", "/", is_wide=True),
    View("log in", "accounts:login", "visitor", "/accounts/login/", is_wide=True),
    View("log in to go on", "accounts:login", "visitor", "/logs/"),
    View("log in, refused", "accounts:login", "visitor", "/accounts/login/", saving(username="a", password="b")),
    View("sign up", "accounts:signup", "visitor", "/accounts/signup/"),
    View("sign up, refused", "accounts:signup", "visitor", "/accounts/signup/", saving(username="a b", password1="1")),
    View("today, empty", "today", "newcomer", "/"),
    View("today, on a journey", "today", "newcomer", "/", travelling, is_wide=True),
    View("profile, notices paused", "accounts:profile", "newcomer", "/accounts/profile/", paused),
    *(
        View(f"{stage}, empty", "logs:check_in", "newcomer", f"/logs/{{today}}/{stage}/", unfolded)
        for stage in map(str, STAGES)
    ),
    View("one more dose", "logs:check_in", "regular", "/logs/{today}/medication/", another_dose),
    View("a draft offered", "logs:check_in", "newcomer", "/logs/{yesterday}/midday/", draft_offered),
    View("a draft brought back", "logs:check_in", "newcomer", "/logs/{yesterday}/midday/", draft_restored),
    View("two versions", "logs:check_in", "newcomer", "/logs/{today}/midday/", conflict, is_wide=True),
    View("which day", "logs:check_in", "newcomer", "/logs/{yesterday}/midday/?for=today", is_wide=True),
    View("which day, to save", "logs:check_in", "newcomer", "/logs/{yesterday}/midday/", asked_which_day, is_wide=True),
    View("a day that is over", "logs:check_in", "newcomer", "/logs/{today}/midday/", day_over),
    View("a save on its way", "logs:check_in", "newcomer", "/logs/{today}/midday/", save_without_answer),
    View("today, not all saved", "today", "newcomer", "/", unsaved, is_wide=True),
    View("today, saved offline", "today", "newcomer", "/", waiting_and_in_need, is_wide=True),
    View("saved offline", "logs:check_in", "newcomer", "/logs/{today}/midday/", saved_offline, is_wide=True),
    View("log out, not all saved", "accounts:profile", "newcomer", "/accounts/profile/", unsaved_at_log_out),
    View("what “No” removes", "logs:check_in", "newcomer", "/logs/{today}/midday/", removal_said),
    View("asked before a removal", "logs:check_in", "newcomer", "/logs/{today}/midday/", removal_asked_about),
    View("a day, empty", "logs:day", "newcomer", "/logs/{today}/"),
    View("today, a check-in due", "today", "newcomer", "/", check_in_due, is_wide=True),
    View("history, empty", "logs:history", "newcomer", "/logs/"),
    View("medications, none", "logs:medications", "newcomer", "/logs/medications/"),
    View("reflections, none", "reflections:list", "newcomer", "/reflections/"),
    View("reflections, no date", "reflections:list", "newcomer", "/reflections/", week_not_picked),
    View("a week, empty", "reflections:week", "newcomer", "/reflections/{today}/", unfolded),
    View("logged out", "today", "newcomer", "/accounts/profile/", logged_out),
    View("today, not tracked", "today", "ill", "/"),
    View("a day, not tracked", "logs:day", "ill", "/logs/{today}/"),
    View("profile, long name", "accounts:profile", "ill", "/accounts/profile/"),
    View("a check-in with a text that cannot be read", "logs:check_in", "ill", "/logs/{today}/morning/", unreadable),
    View("a day with a text that cannot be read", "logs:day", "ill", "/logs/{today}/", unreadable),
    View("today, one question", "today", "newcomer", "/", one_question_today, is_wide=True),
    View("today, one question answered", "today", "newcomer", "/", one_question_answered, is_wide=True),
    View("one question", "logs:one_question", "newcomer", "/logs/{today}/one-question/overall_mood/"),
    View("catch up", "logs:catch_up", "regular", "/logs/{spare_day}/catch-up/", unfolded, is_wide=True),
    View("catch up, saved elsewhere", "logs:catch_up", "regular", "/logs/{holiday}/catch-up/", caught_up_elsewhere),
    View("catch up, nothing missing", "logs:catch_up", "regular", "/logs/{yesterday}/catch-up/"),
    View("after a save", "today", "ill", "/logs/{today}/evening/", saved),
    View("today, complete", "today", "regular", "/", is_wide=True),
    View("today, installing offered", "today", "regular", "/", installing_offered, is_wide=True),
    *(
        View(f"{stage}, saved", "logs:check_in", "regular", f"/logs/{{yesterday}}/{stage}/", unfolded, is_wide=True)
        for stage in map(str, STAGES)
    ),
    View(
        "morning, with errors",
        "logs:check_in",
        "regular",
        "/logs/{holiday}/morning/",
        saving(sleep_hours="25", breakfast="x" * 201),
        is_wide=True,
    ),
    View(
        "doses with errors",
        "logs:check_in",
        "regular",
        "/logs/{holiday}/medication/",
        saving(medication_taken="true", **{"doses-0-amount": "-5"}),
    ),
    View("evening, own answers refused", "logs:check_in", "regular", "/logs/{holiday}/evening/", own_answers_refused),
    View("a day", "logs:day", "regular", "/logs/{today}/", day_marking, is_wide=True),
    View("questions", "logs:questions", "regular", "/logs/questions/", is_wide=True),
    View("own questions", "logs:questions", "regular", "/logs/questions/?check_in=evening", is_wide=True),
    View("own questions, moved", "logs:questions", "regular", "/logs/questions/?check_in=evening", question_moved),
    View("questions, off", "logs:questions", "regular", "/logs/questions/?check_in=afternoon", check_in_off),
    View("the one question", "logs:questions", "regular", "/logs/questions/?check_in=evening", one_question_chosen),
    View("questions of the week", "logs:questions", "regular", "/logs/questions/?check_in=week"),
    View("questions, usual", "logs:questions", "newcomer", "/logs/questions/?check_in=medication"),
    View("new question", "logs:new_question", "regular", "/logs/questions/new/?check_in=evening", is_wide=True),
    View(
        "new question, refused",
        "logs:new_question",
        "regular",
        "/logs/questions/new/",
        saving(label=LONG, kind="number", unit=LONG, least="5", most="3", step="x"),
        is_wide=True,
    ),
    View("ready-made questions", "logs:question_gallery", "regular", "/logs/questions/gallery/", is_wide=True),
    View(
        "ready-made questions, one added",
        "logs:question_gallery",
        "regular",
        "/logs/questions/gallery/",
        ready_made_added,
    ),
    View("own question", "logs:own_question", "regular", "/logs/questions/{question}/", is_wide=True),
    View(
        "own question, refused",
        "logs:own_question",
        "regular",
        "/logs/questions/{question}/",
        saving(label=LONG, choices=f"{LONG}\n{LONG}"),
    ),
    View("own question, archived", "logs:own_question", "regular", "/logs/questions/{archived}/"),
    View("delete own question", "logs:own_question", "regular", "/logs/questions/{question}/", question_deletion),
    View("reminders, not chosen", "reminders:reminders", "newcomer", "/accounts/reminders/", is_wide=True),
    View("reminders", "reminders:reminders", "regular", "/accounts/reminders/", is_wide=True),
    View(
        "reminders, refused",
        "reminders:reminders",
        "regular",
        "/accounts/reminders/",
        saving(**{"evening-time": "", "quiet-from": "22:00", "quiet-to": ""}),
    ),
    View("channels, none", "reminders:channels", "newcomer", "/accounts/reminders/channels/"),
    View("channels", "reminders:channels", "regular", "/accounts/reminders/channels/"),
    View("reminders paused", "reminders:reminders", "regular", "/accounts/reminders/", reminders_paused),
    View("days not tracked", "logs:not_tracked_days", "regular", "/logs/not-tracked/", is_wide=True),
    View(
        "days not tracked, refused",
        "logs:not_tracked_days",
        "regular",
        "/logs/not-tracked/",
        saving(first="2026-05-02", last="2026-05-01"),
    ),
    View("a holiday", "logs:day", "regular", "/logs/{holiday}/"),
    View("delete a day", "logs:delete", "regular", "/logs/{yesterday}/delete/"),
    View("a deleted day", "logs:delete", "regular", "/logs/{spare_day}/delete/", deleted),
    View("history", "logs:history", "regular", "/logs/", is_wide=True),
    View("history, a month ago", "logs:history", "regular", "/logs/?month={last_month}"),
    View("history, no such month", "logs:history", "regular", "/logs/?in_month=2&year=26", is_wide=True),
    View("search", "logs:search", "newcomer", "/logs/search/", more_ways_to_search, is_wide=True),
    View("search, found", "logs:search", "regular", "/logs/search/?q=river+kinder", is_wide=True),
    View("search, long words", "logs:search", "regular", "/logs/search/?q=elektrizitaten", more_ways_to_search),
    View("search, days", "logs:search", "regular", "/logs/search/?measured=day_rating&least=1", is_wide=True),
    View("search, a medication", "logs:search", "regular", "/logs/search/?q=concerta"),
    View("search, nothing found", "logs:search", "regular", "/logs/search/?q=zeppelin"),
    View("search, refused", "logs:search", "regular", "/logs/search/?q=%22&from=2026-05-04&to=2026-05-03&least=x"),
    View("history, page 2", "logs:history", "regular", "/logs/?page=2"),
    View("history, past the end", "logs:history", "regular", "/logs/?page=3"),
    View("medications", "logs:medications", "regular", "/logs/medications/"),
    View("a medication", "logs:medication", "regular", "/logs/medications/{medication}/"),
    View("merge a medication", "logs:medication_merge", "regular", "/logs/medications/{medication}/merge/"),
    View("delete a medication", "logs:medication_delete", "regular", "/logs/medications/{medication}/delete/"),
    View(
        "a medication, refused",
        "logs:medication",
        "regular",
        "/logs/medications/{medication}/",
        saving(name=LONG.lower(), usual_amount="much"),
    ),
    View("a day of a change to choose", "insights:changes", "regular", "/insights/change/"),
    View("a day to choose, nothing", "insights:changes", "newcomer", "/insights/change/"),
    View("a day to choose, refused", "insights:changes", "regular", "/insights/change/?day=2100-01-01"),
    View("before and after a day", "insights:change", "regular", "/insights/change/{change}/", is_wide=True),
    View("before and after yesterday", "insights:change", "regular", "/insights/change/{yesterday}/"),
    View("before and after, nothing", "insights:change", "newcomer", "/insights/change/{yesterday}/"),
    View("what happened", "insights:events", "regular", "/insights/events/", is_wide=True),
    View("what happened, nothing", "insights:events", "newcomer", "/insights/events/"),
    View(
        "what happened, refused",
        "insights:events",
        "regular",
        "/insights/events/",
        saving(text="x" * 201, date="1899-01-01", last_day="1898-01-01"),
    ),
    View("one thing that happened", "insights:event", "regular", "/insights/events/{event}/"),
    View(
        "what I wrote",
        "insights:words",
        "regular",
        "/insights/words/?month={hard_month}",
        hard_days_unfolded,
        is_wide=True,
    ),
    View("what I wrote, a theme", "insights:words", "regular", "/insights/words/?theme=gratitude"),
    View("what I wrote, nothing", "insights:words", "newcomer", "/insights/words/"),
    View("what I wrote, a day hidden", "insights:words", "regular", "/insights/words/", day_hidden),
    View("hidden days", "insights:hidden_days", "regular", "/insights/words/hidden/"),
    View("hidden days, none", "insights:hidden_days", "newcomer", "/insights/words/hidden/"),
    View("reflections", "reflections:list", "regular", "/reflections/", is_wide=True),
    View("reflections, page 2", "reflections:list", "regular", "/reflections/?page=2"),
    View("a week", "reflections:week", "regular", "/reflections/{week}/", unfolded, is_wide=True),
    View(
        "a week, with errors",
        "reflections:week",
        "regular",
        "/reflections/{week}/",
        saving(week_highlights="x" * 4001),
    ),
    View("a month in numbers", "reflections:month", "regular", "/reflections/numbers/{last_month}/", is_wide=True),
    View("a year in numbers", "reflections:year", "regular", "/reflections/numbers/{year}/", is_wide=True),
    View("a month in numbers, empty", "reflections:month", "newcomer", "/reflections/numbers/{month}/"),
    View("a month in numbers, not tracked", "reflections:month", "ill", "/reflections/numbers/{month}/"),
    View("a year in numbers, empty", "reflections:year", "newcomer", "/reflections/numbers/2020/"),
    View("reports, none", "insights:reports", "newcomer", "/insights/report/"),
    View("reports", "insights:reports", "regular", "/insights/report/", is_wide=True),
    View(
        "reports, refused",
        "insights:reports",
        "regular",
        "/insights/report/",
        saving(first="2026-05-02", last="2026-05-01", period="dates", name="x" * 200),
    ),
    View(
        "a report, before it is kept",
        "insights:reports",
        "regular",
        "/insights/report/",
        report_previewed,
        is_wide=True,
    ),
    View("a report of nothing", "insights:reports", "newcomer", "/insights/report/", report_previewed),
    View("a report", "insights:report", "regular", "/insights/report/{report}/", is_wide=True),
    View("delete a report", "insights:report_delete", "regular", "/insights/report/{report}/delete/"),
    View("appointments, none", "insights:appointments", "newcomer", "/insights/report/appointments/"),
    View("appointments", "insights:appointments", "regular", "/insights/report/appointments/"),
    View(
        "appointments, refused", "insights:appointments", "regular", "/insights/report/appointments/", saving(date="")
    ),
    View("an appointment", "insights:appointment", "regular", "/insights/report/appointments/{appointment}/"),
    View("a year, day by day", "insights:year", "regular", "/insights/year/{year}/", is_wide=True),
    View(
        "a year of numbers",
        "insights:year",
        "regular",
        "/insights/year/{year}/?question=own-{number_question}",
        is_wide=True,
    ),
    View("a year of yes and no", "insights:year", "regular", "/insights/year/{year}/?question=medication_taken"),
    View("a year, refused", "insights:year", "regular", "/insights/year/{year}/", year_refused),
    View("a year, day by day, new", "insights:year", "newcomer", "/insights/year/{year}/"),
    View("a year, day by day, empty", "insights:year", "newcomer", "/insights/year/2020/"),
    View("trends", "insights:trends", "regular", "/insights/?days=30", is_wide=True),
    View("trends, by week", "insights:trends", "regular", "/insights/?days=all"),
    View("trends, empty", "insights:trends", "newcomer", "/insights/"),
    View("trends, wrong days", "insights:trends", "regular", "/insights/?from=2026-05-04&to=2026-05-01"),
    View("a chart", "insights:trend", "regular", "/insights/trends/sleep/?days=30", is_wide=True),
    View("around a dose", "insights:doses", "regular", "/insights/doses/?days=all", is_wide=True),
    View("around a dose, empty", "insights:doses", "newcomer", "/insights/doses/"),
    View("a chart of an own question", "insights:trend", "regular", "/insights/trends/own-{question}/?days=30"),
    View("findings", "insights:findings", "regular", "/insights/findings/", findings_shown, is_wide=True),
    View("findings, none yet", "insights:findings", "newcomer", "/insights/findings/", no_findings),
    View("findings, on their way", "insights:findings", "newcomer", "/insights/findings/", findings_on_their_way),
    View("a guess", "insights:guess", "regular", "/insights/findings/guess/", is_wide=True),
    View("a guess, refused", "insights:guess", "regular", "/insights/findings/guess/", saving(exposure="sleep_hours")),
    View("delete a reflection", "reflections:delete", "regular", "/reflections/{week}/delete/"),
    View("profile", "accounts:profile", "regular", "/accounts/profile/", is_wide=True),
    View("profile, refused", "accounts:profile", "regular", "/accounts/profile/", saving(timezone="Atlantis")),
    View("password", "accounts:security", "regular", "/accounts/security/"),
    View("password, refused", "accounts:security", "regular", "/accounts/security/", saving(old_password="x")),
    View("delete account", "accounts:delete", "regular", "/accounts/delete/"),
    View(
        "delete account, refused", "accounts:delete", "regular", "/accounts/delete/", saving(username="x", password="x")
    ),
    View("data", "personal_data:overview", "regular", "/accounts/data/", is_wide=True),
    View("download", "personal_data:export", "regular", "/accounts/data/export/", confirmed),
    View("wipe", "personal_data:wipe", "regular", "/accounts/data/wipe/", not_wiped),
    View("forgotten", "accounts:reset", "visitor", "/accounts/reset/"),
    View("forgotten, with codes", "accounts:reset_by_code", "visitor", "/accounts/reset/code/"),
    View(
        "forgotten, codes refused", "accounts:reset_by_code", "visitor", "/accounts/reset/code/", saving(username="x")
    ),
    View("a link to a new password", "accounts:reset_by_link", "visitor", "{reset}"),
    View("a used link", "accounts:reset_by_link", "visitor", "/accounts/reset/MQ/x/"),
    View("sessions", "accounts:sessions", "careful", "/accounts/sessions/", is_wide=True),
    View("events", "accounts:events", "careful", "/accounts/events/", is_wide=True),
    View("events, none", "accounts:events", "ill", "/accounts/events/"),
    View("e-mail", "accounts:email", "newcomer", "/accounts/email/", confirmed),
    View("confirm e-mail", "accounts:email_confirm", "newcomer", "{verify}"),
    View("confirm e-mail, used", "accounts:email_confirm", "newcomer", "/accounts/email/x/"),
    View("calendar feed, none", "reminders:feed", "newcomer", "/accounts/reminders/feed/"),
    View("calendar feed", "reminders:feed", "regular", "/accounts/reminders/feed/", is_wide=True),
    View("calendar feed, new address", "reminders:feed", "regular", "/accounts/reminders/feed/", feed_renewed),
    View("links to a report", "insights:report_links", "regular", "/insights/report/{report}/links/", is_wide=True),
    View("a new link", "insights:new_report_link", "regular", "/insights/report/{report}/links/new/", confirmed),
    View("a link made", "insights:new_report_link", "regular", "/insights/report/{report}/links/new/", link_made),
    View("what readers see", "insights:report_preview", "regular", "/insights/report/{report}/preview/"),
    View("a shared report, not opened", "insights:shared", "visitor", "{shared}"),
    View("a shared report", "insights:shared", "visitor", "{shared}", shared_opened, is_wide=True),
    View("a wrong link to a report", "insights:shared", "visitor", "/insights/shared/x/", error=404),
    View("end reminders by e-mail", "reminders:email_off", "visitor", "{off}"),
    View("reminders by e-mail ended", "reminders:email_off", "visitor", "{off}", mails_ended),
    View("a wrong link to end them", "reminders:email_off", "visitor", "/accounts/reminders/off/x/"),
    View("second factor, off", "accounts:second_factor", "newcomer", "/accounts/second-factor/"),
    View("is it you?", "accounts:confirm", "regular", "/accounts/second-factor/app/"),
    View("is it you?, refused", "accounts:confirm", "regular", "/accounts/confirm/", saving(password="x")),
    View("app", "accounts:app_on", "newcomer", "/accounts/second-factor/app/", confirmed, is_wide=True),
    View("app, refused", "accounts:app_on", "newcomer", "/accounts/second-factor/app/", wrong_code),
    View("second factor", "accounts:second_factor", "careful", "/accounts/second-factor/", is_wide=True),
    View("app off", "accounts:app_off", "careful", "/accounts/second-factor/app/off/", confirmed),
    View("recovery codes", "accounts:recovery_codes", "careful", "/accounts/second-factor/codes/new/", new_codes),
    View("recovery codes, seen", "accounts:recovery_codes", "careful", "/accounts/second-factor/codes/", confirmed),
    View(
        "new recovery codes", "accounts:recovery_codes_new", "careful", "/accounts/second-factor/codes/new/", confirmed
    ),
    View("add a passkey", "accounts:passkey_add", "careful", "/accounts/passkeys/add/", confirmed),
    View("remove a passkey", "accounts:passkey_remove", "careful", "/accounts/passkeys/{passkey}/remove/", confirmed),
    View("is it you? by code", "accounts:confirm_code", "careful", "/accounts/confirm/code/"),
    View("is it you? by passkey", "accounts:confirm_passkey", "careful", "/accounts/confirm/passkey/"),
    View("code", "accounts:code", "visitor", "/accounts/login/", after_password_step),
    View("help", "support:help", "regular", "/help/", is_wide=True),
    View("help, no plan", "support:help", "newcomer", "/help/?country=GB"),
    View("help for visitors", "support:help", "visitor", "/help/?country=nowhere", is_wide=True),
    View("help offered", "today", "regular", "/logs/{today}/morning/", help_offered),
    View("plan", "support:plan", "regular", "/help/plan/", is_wide=True),
    View("plan, saved elsewhere", "support:plan", "regular", "/help/plan/", plan_saved_elsewhere),
    View("plan, refused", "support:plan", "regular", "/help/plan/", saving(plan="x" * 4001)),
    View("is it worth it?", "today", "regular", "/", asked_if_worth_it, is_wide=True),
    View("privacy", "privacy", "visitor", "/privacy/", is_wide=True),
    View("offline", "offline", "visitor", "/offline/", is_wide=True),
    View("404", "error", "regular", "/logs/2999-01-01/", error=404),
    View("403, an old form", "error", "regular", "/logs/{today}/midday/", stale_form, error=403),
    View("413", "error", "regular", "/logs/{today}/midday/", too_long, error=413),
    View("405", "error", "regular", "/accounts/logout/", error=405),
    View("400", "error", "regular", "/broken/400/", error=400),
    View("403", "error", "regular", "/broken/403/", error=403),
    View("500", "error", "regular", "/broken/500/", error=500),
    View("503", "error", "regular", "/broken/503/", error=503),
    View("429", "error", "visitor", "/broken/429/", error=429),
    View("404, not logged in", "error", "visitor", "/nowhere/", error=404),
    View("500, not logged in", "error", "visitor", "/broken/500/", error=500),
]
