"""A dose from Today: one tap on a medication."""

import datetime
import re
from decimal import Decimal

import pytest
import time_machine

from accounts.tests.factories import make_person
from logs.models import Dose
from logs.stages import MEDICATION
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import DAY, doses_of, make_dose, make_log, make_medication
from logs.tests.pages import check_in_url, form_as_shown
from testing.forms import forms_in

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

TODAY = DAY + datetime.timedelta(days=1)
YESTERDAY = DAY


@pytest.fixture
def concerta(person):
    return make_medication(person, usual_amount=Decimal(36))


def taken_url(medication) -> str:
    return f"/logs/medications/{medication.pk}/taken/"


def forms_of(client) -> dict[str, dict]:
    """What each button on Today sends, by its address."""
    page = client.get("/").content.decode()
    forms = [form for form in forms_in(page, "/") if "taken" in form.action]
    return {form.action: {"shown": form.fields["shown"].options[0]} for form in forms}


def words_of(client) -> str:
    """The card of medications, without markup."""
    card = client.get("/").content.decode().partition('<ul class="takes">')[2].partition("</ul>")[0]
    return " ".join(re.sub("<[^>]*>", " ", card).split())


def tap(client, medication):
    return client.post(taken_url(medication), forms_of(client)[taken_url(medication)], follow=True)


def test_one_tap_records_the_usual_dose_now(as_person, person, concerta):
    response = tap(as_person, concerta)

    log = person.daily_logs.get()
    assert (log.date, log.medication_taken, log.is_done(MEDICATION)) == (TODAY, True, True)
    assert doses_of(person, TODAY) == ["Concerta 36 mg at noon"]
    page = response.content.decode()
    assert "Concerta 36 mg at noon is recorded." in page
    assert f'<a href="{check_in_url("medication", TODAY)}">Change it</a>' in page


def test_a_second_dose_of_the_day_is_one_tap_too(as_person, person, concerta):
    tap(as_person, concerta)
    assert words_of(as_person) == "Concerta 36 mg, today at noon Another dose Concerta"

    with time_machine.travel(datetime.datetime(2026, 5, 5, 18, 5, tzinfo=NEW_YORK), tick=False):
        tap(as_person, concerta)
        assert "today at noon, 6:05 p.m." in words_of(as_person)

    assert doses_of(person, TODAY) == ["Concerta 36 mg at noon", "Concerta 36 mg at 6:05 p.m."]


@pytest.mark.parametrize(
    ("doses", "words"),
    [
        ([dict(amount=18, taken_at="08:15")], "usually 36 mg, today 18 mg at 8:15 a.m."),
        ([dict(amount=1, unit="tablets", taken_at=None)], "usually 36 mg, today 1 tablets"),
        ([dict(taken_at="08:15"), dict(taken_at=None)], "usually 36 mg, today 36 mg at 8:15 a.m., 36 mg"),
        ([dict(taken_at=None)], "36 mg, taken today"),
    ],
)
def test_today_says_how_much_was_taken_if_it_was_not_the_usual_dose(as_person, person, concerta, doses, words):
    log = make_log(person, TODAY, medication_taken=True)
    for dose in doses:
        make_dose(log, medication=concerta, **dose)

    assert words_of(as_person) == f"Concerta {words} Another dose Concerta"


def test_a_double_tap_records_one_dose(as_person, person, concerta):
    sent = forms_of(as_person)[taken_url(concerta)]
    as_person.post(taken_url(concerta), sent)

    with time_machine.travel(datetime.datetime(2026, 5, 5, 12, 1, tzinfo=NEW_YORK), tick=False):
        page = as_person.post(taken_url(concerta), sent, follow=True).content.decode()

    assert "Concerta 36 mg at noon is recorded already." in page
    assert len(doses_of(person, TODAY)) == 1


@pytest.mark.parametrize("shown", [None, "", "nonsense", "2026-05-05/99", "2026-05-05/-1", "2026-05-05/٣", "\0"])
def test_a_form_that_shows_nothing_known_counts_as_no_dose_shown(as_person, person, concerta, shown):
    sent = {} if shown is None else {"shown": shown}
    for _ in range(2):
        assert as_person.post(taken_url(concerta), sent).status_code == 302

    assert len(doses_of(person, TODAY)) == 1


def test_a_page_left_open_overnight_records_the_day_it_is(as_person, person, concerta):
    tap(as_person, concerta)
    sent = forms_of(as_person)[taken_url(concerta)]

    with time_machine.travel(datetime.datetime(2026, 5, 6, 8, 40, tzinfo=NEW_YORK), tick=False):
        for _ in range(2):
            as_person.post(taken_url(concerta), sent)

    tomorrow = TODAY + datetime.timedelta(days=1)
    assert doses_of(person, tomorrow) == ["Concerta 36 mg at 8:40 a.m."]


def test_after_midnight_it_belongs_to_the_evening_before(as_person, person, concerta):
    with time_machine.travel(datetime.datetime(2026, 5, 6, 1, 30, tzinfo=NEW_YORK), tick=False):
        tap(as_person, concerta)

    assert doses_of(person, TODAY) == ["Concerta 36 mg at 1:30 a.m."]


def test_a_day_that_said_no_says_yes_now_and_the_rest_stays(as_person, person, concerta):
    make_log(person, TODAY, medication_taken=False, reason_for_skipping="forgot", gratitude="Sun")

    tap(as_person, concerta)

    log = person.daily_logs.get()
    assert (log.medication_taken, log.reason_for_skipping, log.gratitude) == (True, None, "Sun")
    assert len(doses_of(person, TODAY)) == 1


def test_other_doses_of_the_day_stay(as_person, person, concerta):
    ritalin = make_medication(person, "Ritalin", usual_amount=5)
    make_dose(make_log(person, TODAY, medication_taken=True), ritalin)

    tap(as_person, concerta)

    assert doses_of(person, TODAY) == ["Ritalin 36 mg at 8:15 a.m.", "Concerta 36 mg at noon"]


def test_without_a_usual_amount_it_is_the_last_one(as_person, person):
    tea = make_medication(person, "Tea", unit=None)
    make_dose(make_log(person, YESTERDAY, medication_taken=True), tea, amount=2, unit="ml")

    tap(as_person, tea)

    assert doses_of(person, TODAY) == ["Tea 2 ml at noon"]


def test_without_any_amount_the_check_in_asks_once(as_person, person):
    tea = make_medication(person, "Tea")

    response = tap(as_person, tea)

    assert response.redirect_chain == [(check_in_url("medication", TODAY), 302)]
    assert "How much was it?" in response.content.decode()
    assert not person.daily_logs.exists()


def test_a_full_day_says_so(as_person, person, concerta):
    log = make_log(person, TODAY, medication_taken=True)
    for _ in range(Dose.MOST_PER_DAY):
        make_dose(log, concerta)

    response = tap(as_person, concerta)

    assert "A day has room for 6 doses." in response.content.decode()
    assert len(doses_of(person, TODAY)) == Dose.MOST_PER_DAY


def test_the_medication_of_another_person_is_not_there(as_person, person):
    theirs = make_medication(make_person(), "Theirs", usual_amount=36)

    assert as_person.post(taken_url(theirs), {"shown": f"{TODAY}/0"}).status_code == 404
    assert "Theirs" not in as_person.get("/").content.decode()
    assert not Dose.objects.exists()


def test_a_medication_that_is_gone_is_not_there(as_person, person):
    assert as_person.post("/logs/medications/999999999999999999999999/taken/").status_code == 404


def test_a_get_records_nothing(as_person, person, concerta):
    assert as_person.get(taken_url(concerta)).status_code == 405
    assert not Dose.objects.exists()


def test_six_are_on_today_and_the_others_in_the_check_in(as_person, person):
    for number in range(8):
        make_medication(person, f"Tea {number}", usual_amount=1)

    assert len(forms_of(as_person)) == 6
    assert "Another medication" in as_person.get("/").content.decode()


def test_without_medications_today_has_no_card_for_them(as_person, person):
    make_medication(person, "Over", until=YESTERDAY)

    assert 'class="takes"' not in as_person.get("/").content.decode()


def test_a_page_opened_before_the_tap_keeps_the_dose(as_person, person, concerta):
    shown = form_as_shown(as_person.get(check_in_url("medication", TODAY)))
    tap(as_person, concerta)

    response = as_person.post(check_in_url("medication", TODAY), shown | {"medication_taken": "true"})

    assert response.status_code == 302
    assert len(doses_of(person, TODAY)) == 1


def test_a_tap_can_be_undone(as_person, person, concerta):
    [message] = tap(as_person, concerta).context["messages"]

    response = as_person.post(message.undo_address, {"envelope": message.envelope}, follow=True)

    assert "Undone. Medication is as it was before." in response.content.decode()
    assert doses_of(person, TODAY) == []
    assert not person.daily_logs.filter(date=TODAY).exists()


def test_undoing_the_second_tap_keeps_the_first(as_person, person, concerta):
    tap(as_person, concerta)
    first = doses_of(person, TODAY)
    as_person.post(f"/logs/medications/{concerta.pk}/taken/", {"shown": f"{TODAY}/1"})
    *_others, message = as_person.get("/").context["messages"]

    as_person.post(message.undo_address, {"envelope": message.envelope})

    assert doses_of(person, TODAY) == first
    assert person.daily_logs.get(date=TODAY).medication_taken is True
