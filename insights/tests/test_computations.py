"""Asking for results, claiming, storing: one process computes each version of the answers once."""

import datetime
import re
import time

import pytest
from django.db import OperationalError
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog.tests.browser.steps import come_in, follow
from insights.findings import beside_pages, claims, requests
from insights.findings.results import Findings, Noise
from insights.models import Computation, KeptFinding
from insights.tests.factories import make_computation, make_guess
from insights.tests.findings import result
from operations.log_formatters import JsonFormatter
from operations.tests.log_capture import lines_during
from personal_data.wipe import wipe_all
from testing.encryption_keys import NEW, OLD

Kind, State = Computation.Kind, Computation.State
KEY = "sleep_hours.focus_level.0"
PRIVATE = "Flew over Lisbon"
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def computed(monkeypatch):
    """The computations that ran; each finds one link, unless `change` of the test does something else meanwhile."""
    ran = []

    def find(person, kept_since, guesses):
        version = person.answers_version
        ran.append((person.pk, version, dict(kept_since), [guess.number for guess in guesses]))
        return Findings(version, None, None, (result("sleep_hours"),))

    def shift(person, guesses, show):
        version = person.answers_version
        ran.append((person.pk, version))
        show(0.5)
        return Noise(version, 200, 16, 31)

    monkeypatch.setattr(claims, "findings_of", find)
    monkeypatch.setattr(claims, "noise_of", shift)
    monkeypatch.setattr(claims, "PROGRESS_SECONDS", 0)
    return ran


def stored(person, kind=Kind.FINDINGS) -> Computation:
    return person.computations.get(kind=kind)


def change_answers(person):
    person.answers_changed()
    person.refresh_from_db()


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────


def test_the_same_answers_are_computed_once(person, computed, django_assert_num_queries):
    assert requests.current(person) == requests.Standing()
    assert requests.start(person, Kind.FINDINGS) and not requests.start(person, Kind.FINDINGS)
    waiting = requests.current(person)
    assert waiting.is_pending and not waiting.can_start and waiting.result is None

    assert claims.compute_next().user == person and claims.compute_next() is None

    assert not requests.start(person, Kind.FINDINGS) and claims.compute_next() is None
    assert len(computed) == 1
    with django_assert_num_queries(1):
        found = requests.current(person)
    assert found.is_current and not found.is_pending and not found.can_start
    assert [result.key for result in found.result.kept] == [KEY]


def test_an_older_result_is_shown_until_the_next_one_is_stored(person, computed):
    requests.start(person, Kind.FINDINGS)
    claims.compute_next()
    change_answers(person)
    old = requests.current(person)
    assert old.result and not old.is_current and old.can_start

    assert requests.start(person, Kind.FINDINGS)

    assert requests.current(person).result == old.result and requests.current(person).is_pending
    claims.compute_next()
    assert requests.current(person).is_current
    assert [version for _person, version, *_ in computed] == [0, 1]


@pytest.mark.parametrize("fault", ["key", "format", "text"])
def test_what_cannot_be_read_is_computed_anew(person, computed, keys, fault):
    keys(old=OLD)
    make_computation(person, **({"result_json": "{}"} if fault == "text" else {}))
    if fault == "key":
        keys(new=NEW)
    elif fault == "format":
        Computation.objects.update(result_format=Computation.FORMAT + 1)
    assert requests.current(person).result is None and requests.current(person).can_start

    assert requests.start(person, Kind.FINDINGS)

    claims.compute_next()
    assert requests.current(person).is_current


def test_what_waits_for_long_can_be_asked_for_again(person):
    requests.start(person, Kind.FINDINGS)
    Computation.objects.update(requested_at=timezone.now() - 2 * MINUTE)
    assert requests.current(person).is_late and requests.current(person).can_start

    assert not requests.start(person, Kind.FINDINGS)


def test_a_reading_page_writes_nothing(person, django_assert_num_queries):
    with django_assert_num_queries(2):
        requests.current(person), requests.noise(person)

    assert not Computation.objects.exists()


# ── Claiming ─────────────────────────────────────────────────────────────────────────────────────


def test_the_longest_waiting_is_claimed_first_and_once(person):
    now, other = timezone.now(), make_person()
    Computation.objects.ask(person, Kind.NOISE, 0, now)
    Computation.objects.ask(other, Kind.FINDINGS, 0, now - MINUTE)
    Computation.objects.ask(make_person(is_active=False), Kind.FINDINGS, 0, now - 2 * MINUTE)

    claimed = [Computation.objects.claim(now) for _ in range(3)]

    assert [each and each.user for each in claimed] == [other, person, None]
    assert Computation.objects.running(now).count() == 2 and not Computation.objects.waiting(now).exists()


@pytest.mark.parametrize("lease_ends", [-MINUTE, datetime.timedelta(days=300)], ids=["lost", "of a clock ahead"])
def test_a_lost_computation_is_claimed_again_and_given_up_after_three(person, lease_ends):
    now = timezone.now()
    Computation.objects.ask(person, Kind.FINDINGS, 0, now)
    for _ in range(Computation.MOST_ATTEMPTS):
        first = Computation.objects.claim(now)
        assert first is not None
        Computation.objects.update(lease_until=now + lease_ends)

    assert Computation.objects.claim(now) is None
    assert stored(person).state == State.FAILED
    assert requests.current(person).has_failed and requests.current(person).can_start
    assert requests.start(person, Kind.FINDINGS) and stored(person).attempts == 0


def test_a_lost_holder_stores_nothing_over_the_next_one(person, computed):
    requests.start(person, Kind.FINDINGS)
    lost = Computation.objects.claim(timezone.now())
    Computation.objects.update(lease_until=timezone.now() - MINUTE)
    claims.compute_next()
    before = stored(person).computed_at

    claims.attempt(lost)

    assert stored(person).computed_at == before and stored(person).state == State.DONE
    with pytest.raises(claims.LostClaimError):
        claims.Progress(lost).show(0.5)


# ── Storing ──────────────────────────────────────────────────────────────────────────────────────


def test_answers_that_change_meanwhile_are_computed_again_and_store_no_day(person, computed, monkeypatch):
    find = claims.findings_of

    def change(who, *facts):
        found = find(who, *facts)
        change_answers(User.objects.get(pk=who.pk))
        return found

    requests.start(person, Kind.FINDINGS)
    monkeypatch.setattr(claims, "findings_of", change)
    claims.compute_next()

    row = stored(person)
    assert (row.state, row.result_version, row.attempts, row.claim) == (State.QUEUED, None, 0, None)
    assert not KeptFinding.objects.exists()
    monkeypatch.setattr(claims, "findings_of", find)
    claims.compute_next()
    assert (stored(person).result_version, stored(person).answers_version) == (1, 1)
    assert person.kept_findings.get().first_kept_on == person.today()


def test_answers_saved_right_after_the_claim_are_those_of_the_result(transactional_db, person, computed):
    change_answers(person)
    requests.start(person, Kind.FINDINGS)
    claimed = Computation.objects.claim(timezone.now())
    Computation.objects.update(answers_version=0)  # As the claim saw them, before the person was read.

    claims.attempt(claimed)

    assert (stored(person).state, stored(person).answers_version) == (State.DONE, 1)
    assert requests.current(person).is_current and not requests.start(person, Kind.FINDINGS)


def test_a_wipe_meanwhile_leaves_nothing(transactional_db, person, computed, monkeypatch):
    find = claims.findings_of

    def wipe(who, *facts):
        wipe_all(User.objects.get(pk=who.pk))
        return find(who, *facts)

    requests.start(person, Kind.FINDINGS)
    monkeypatch.setattr(claims, "findings_of", wipe)
    claims.compute_next()

    assert not Computation.objects.exists() and not KeptFinding.objects.exists()


def test_the_day_on_which_a_finding_was_first_kept_stays(person, computed):
    make_guess(person, number=1)
    day = person.today() - datetime.timedelta(days=50)
    KeptFinding.objects.keep(person, [KEY], day)
    requests.start(person, Kind.FINDINGS)

    claims.compute_next()

    assert person.kept_findings.days() == {KEY: day}
    assert computed == [(person.pk, 0, {KEY: day}, [1])]


def test_what_is_kept_of_doses_names_their_medication(person, computed, monkeypatch):
    dose = result("dose_amount", is_amount=True, medication=7)
    monkeypatch.setattr(claims, "findings_of", lambda *facts: Findings(0, None, None, (dose,)))
    requests.start(person, Kind.FINDINGS)

    claims.compute_next()

    assert [*person.kept_findings.days()] == ["dose_amount-7.focus_level.0"]
    assert requests.current(person).result.results[0].key == "dose_amount.focus_level.0"


def test_noise_has_a_progress_and_is_stored_for_the_answers_it_is_of(person, computed, monkeypatch):
    shift, shown = claims.noise_of, []

    def change(who, guesses, show):
        found = shift(who, guesses, show)
        standing = requests.noise(person)
        shown.append((standing.is_running, standing.progress))
        change_answers(User.objects.get(pk=who.pk))
        return found

    requests.start(person, Kind.NOISE)
    monkeypatch.setattr(claims, "noise_of", change)
    claims.compute_next()
    person.refresh_from_db()

    assert shown == [(True, 50)]
    standing = requests.noise(person)
    assert standing.result == Noise(0, 200, 16, 31)
    assert not standing.is_current and standing.can_start


@pytest.mark.parametrize("fault", ["error", "limit"])
def test_a_failure_is_recorded_without_texts(transactional_db, person, computed, monkeypatch, fault):
    def fail(*facts):
        if fault == "limit":
            time.sleep(60)
        try:
            raise ValueError(PRIVATE)
        except ValueError as error:
            raise RuntimeError(f"of {PRIVATE}") from error

    requests.start(person, Kind.FINDINGS)
    monkeypatch.setattr(claims, "findings_of", fail)
    monkeypatch.setattr(claims, "LIMITS", dict.fromkeys(Kind, 0.05))
    text = "\n".join(lines_during(claims.compute_next, JsonFormatter()))

    standing = requests.current(person)
    assert standing.has_failed and standing.can_start and not standing.is_pending
    assert "took longer" in text if fault == "limit" else "failed" in text and "builtins.RuntimeError" in text
    assert PRIVATE not in text
    assert requests.start(person, Kind.FINDINGS)


def test_an_outage_of_the_database_is_no_failure_of_a_computation(person, computed, monkeypatch):
    def fail(*facts):
        raise OperationalError

    requests.start(person, Kind.FINDINGS)
    monkeypatch.setattr(claims, "findings_of", fail)
    with pytest.raises(OperationalError):
        claims.compute_next()

    assert stored(person).state == State.RUNNING  # Until its lease ends.


# ── By itself ────────────────────────────────────────────────────────────────────────────────────


def test_changed_answers_are_asked_for_when_they_have_rested(person, computed):
    now = timezone.now()

    def save(minutes: int):
        change_answers(person)
        User.objects.filter(pk=person.pk).update(answers_saved_at=now - minutes * MINUTE)

    assert Computation.objects.ask_for_changed(now) == 0  # never saved
    for minutes, expected in ((5, 0), (40 * 24 * 60, 0), (20, 1)):
        save(minutes)
        assert Computation.objects.ask_for_changed(now) == expected
    assert Computation.objects.ask_for_changed(now) == 0  # asked for
    claims.compute_next()
    assert Computation.objects.ask_for_changed(now) == 0  # computed
    Computation.objects.update(state=State.FAILED)
    assert Computation.objects.ask_for_changed(now) == 0  # failed with these answers
    save(20)
    assert Computation.objects.ask_for_changed(now) == 1
    claims.compute_next()
    Computation.objects.update(result_format=0)
    assert Computation.objects.ask_for_changed(now) == 1  # by an earlier method


class Process:
    """A process that ends at once."""

    def __init__(self, returncode=0):
        self.returncode = returncode

    def wait(self, seconds):
        pass


def test_the_web_process_computes_what_no_worker_claims(person, computed, monkeypatch):
    started = []

    def computing():
        claims.compute_next()
        started.append(1)

    monkeypatch.setattr(beside_pages, "close_old_connections", lambda: None)
    monkeypatch.setattr(beside_pages, "WAIT_SECONDS", 0)
    monkeypatch.setattr(beside_pages, "LOOK_SECONDS", 0)
    monkeypatch.setattr(beside_pages.child, "computing", lambda: FakeBlock(computing))

    beside_pages.wait_and_compute()
    assert started == []  # Nothing waits.
    requests.start(person, Kind.FINDINGS)
    beside_pages.wait_and_compute()
    assert started == [1] and requests.current(person).is_current

    # While another process computes, none is started, however long something waits.
    other = make_person()
    Computation.objects.ask(other, Kind.FINDINGS, 0, timezone.now())
    Computation.objects.claim(timezone.now())
    requests.start(person, Kind.NOISE)
    monkeypatch.setattr(beside_pages, "MOST_SECONDS", 0.2)
    beside_pages.wait_and_compute()
    assert started == [1]


class FakeBlock:
    def __init__(self, work):
        self.work = work

    def __enter__(self):
        self.work()
        return Process()

    def __exit__(self, *error):
        pass


# ── In a browser ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.once
def test_a_page_asks_by_itself_and_shows_what_was_found(page, live_server, person, computed):
    person.answers_changed()
    come_in(page, live_server, person)
    page.goto("/insights/findings/")
    expect(page.get_by_role("heading", name="Your findings are being computed")).to_be_visible()
    assert stored(person).answers_version == 1

    Computation.objects.update(progress=30)
    expect(page.get_by_text("30 % done")).to_be_visible()
    claims.compute_next()

    expect(page.get_by_role("heading", name="What stands out")).to_be_visible()
    expect(page.locator("[data-asks-itself], [data-computing]")).to_have_count(0)


@pytest.fixture
def computing(page, live_server, person):
    """The page of findings while the first ones are computed."""
    person.answers_changed()
    Computation.objects.ask(person, Kind.FINDINGS, 1, timezone.now())
    come_in(page, live_server, person).goto("/insights/findings/")
    expect(page.get_by_text("0 % done")).to_be_visible()
    return page


@pytest.mark.once
@pytest.mark.parametrize("pressed", ["link", "form"])
def test_a_press_is_not_overtaken_by_the_page_that_loads_itself_again(computing, pressed, computed):
    """The page that was asked for takes long, and the findings are done meanwhile."""
    page, held, loads, looks = computing, [], [], []
    address = "**/insights/findings/guess/" if pressed == "link" else "**/insights/findings/compute/"
    page.route(address, lambda route: held.append(route))
    page.on("request", lambda each: looks.append(1) if each.url.endswith("/state/") else None)
    page.on("request", lambda each: loads.append(1) if each.url.endswith("/insights/findings/") else None)
    Computation.objects.update(requested_at=timezone.now() - 5 * MINUTE)  # The button is shown to ask again.
    page.reload()
    loads.clear()
    with page.expect_request(address):
        page.get_by_text("Ask about a guess" if pressed == "link" else "Ask again").click(no_wait_after=True)
    looks.clear()
    claims.compute_next()

    page.wait_for_timeout(5_000)  # Two looks.

    assert (looks, loads) == ([], [])
    held[0].continue_()
    expected = "A guess of your own" if pressed == "link" else "What stands out"
    expect(page.get_by_role("heading", name=expected)).to_be_visible()


@pytest.mark.once
def test_a_page_that_comes_back_goes_on(computing, computed):
    page = computing
    follow(page, "Ask about a guess of your own")
    expect(page).to_have_url(re.compile("guess"))
    claims.compute_next()

    page.go_back()

    expect(page.get_by_role("heading", name="What stands out")).to_be_visible()
