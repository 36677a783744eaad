"""Texts that cannot be decrypted (lost key, manipulated text): pages show this, and never overwrite them."""

import datetime
import re

import pytest
from django.core import signing

from encryption.fields import private_fields
from logs import undo
from logs.models import DailyLog
from logs.stages import STAGES
from logs.tests.columns import again, put, stored
from logs.tests.factories import DAY, answers, asked, make_dose, make_medication, taken
from logs.tests.pages import check_in_url, day_url, form_as_shown
from reflections.tests.factories import make_reflection

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

MIDDAY, EVENING = check_in_url("midday"), check_in_url("evening")
KEY_MISSING = "This text cannot be read right now: its key is missing on the server."
NOT_GENUINE = "This text cannot be read: what is stored here is not what was written."
TEXTS = {"Flying.", "Oats", "Soup", "A letter", "One thing at a time", "Call the bank", "Take with food", "A walk"}
PRIVATE = [field.name for field in private_fields(DailyLog)]

LOST = {"other": bytes(32)}

each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


@pytest.fixture
def rows(as_person, person):
    """A complete day, a medication with a note, the reflection of the week, and the day before."""
    for stage in STAGES:
        as_person.post(check_in_url(stage), answers(stage))
    as_person.post(check_in_url("evening", DAY - datetime.timedelta(days=1)), answers("evening"))
    medication = make_medication(person, note="Take with food")
    week = make_reflection(person, DAY - datetime.timedelta(days=1), week_highlights="A walk", next_week_focus="A walk")
    return person.daily_logs.get(date=DAY), medication, week


@pytest.fixture
def use_keys(as_person, person, settings):
    """A function that changes the keys and logs in again: the content of sessions is encrypted with them, too."""

    def use(keys):
        settings.FIELD_ENCRYPTION_KEYS = keys
        as_person.force_login(person)

    return use


@pytest.fixture(params=["key lost", "tampered with"])
def unreadable(request, rows, use_keys):
    """Makes the texts unreadable. Returns the message of the pages."""
    if request.param == "key lost":
        use_keys(LOST)
        return KEY_MISSING
    for log in DailyLog.objects.all():
        for name in PRIVATE:
            if token := stored(log, name):
                put(log, name, token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:])
    for row, name in ((rows[1], "name"), (rows[1], "note"), (rows[2], "week_highlights"), (rows[2], "next_week_focus")):
        put(row, name, "bl1.test." + "A" * 60)
    return NOT_GENUINE


def columns(row) -> dict:
    return {name: stored(row, name) for name in PRIVATE}


def test_every_page_opens_and_says_so(as_person, rows, unreadable):
    medication, week = rows[1:]
    pages = {
        day_url(): 16 + 3,  # every text of the day
        check_in_url("morning"): 2 + 2,
        MIDDAY: 4,
        check_in_url("afternoon"): 4,
        EVENING: 9,
        "/": 2,
        "/logs/medications/": 1,
        f"/logs/medications/{medication.pk}/": 1 + 2,  # in the heading and for both texts
        week.get_absolute_url(): 2,
    }

    for path, count in pages.items():
        page = as_person.get(path)
        assert page.status_code == 200
        assert (path, page.content.decode().count(unreadable)) == (path, count)
        assert not [text for text in TEXTS if text in page.content.decode()]
    for path in ("/logs/", "/reflections/", check_in_url("medication"), day_url(name="delete")):
        assert as_person.get(path).status_code == 200


def test_each_is_logged_in_one_line_without_its_content(as_person, rows, unreadable, caplog):
    as_person.get(day_url())

    lines = [record.getMessage() for record in caplog.records if record.name == "encryption.fields"]
    assert len(lines) == len(PRIVATE)
    for name, line in zip(sorted(PRIVATE), sorted(lines), strict=True):
        assert re.fullmatch(rf"logs_dailylog\.{name} of row {rows[0].pk} cannot be read: [^\n]+\.", line)
        assert "bl1" not in line


@pytest.mark.matrix
@each_stage
def test_nothing_can_be_typed_there(as_person, rows, unreadable, stage):
    page = as_person.get(check_in_url(stage)).content.decode()

    inputs = re.findall(r"<(?:textarea|input type=\"text\")[^>]*>", page)
    for field in stage.fields:
        if field.name in PRIVATE:
            [tag] = [tag for tag in inputs if f'name="{field.name}"' in tag]
            assert " disabled" in tag
            assert f'aria-describedby="id_{field.name}_helptext"' in tag


@pytest.mark.matrix
@each_stage
def test_saving_the_form_as_shown_changes_no_text(as_person, person, rows, unreadable, stage):
    log = rows[0]
    before = columns(log)

    sent = {name: v for name, v in form_as_shown(as_person.get(check_in_url(stage))).items() if name not in PRIVATE}
    response = as_person.post(check_in_url(stage), sent)

    assert response.status_code == 302
    assert columns(log) == before


@pytest.mark.matrix
@each_stage
def test_clearing_everything_else_keeps_the_texts(as_person, person, rows, unreadable, stage):
    before = columns(rows[0])
    questions = {field.shown_when[0]: "true" for field in stage.fields if field.shown_when and field.name in PRIVATE}

    response = as_person.post(check_in_url(stage), asked(stage) | questions)

    assert response.status_code == 302
    assert columns(rows[0]) == before


def test_other_answers_are_saved_beside_them(as_person, rows, unreadable):
    before = columns(rows[0])
    sent = form_as_shown(as_person.get(MIDDAY)) | {"focus_level": "2"}

    as_person.post(MIDDAY, {name: value for name, value in sent.items() if name not in PRIVATE})

    assert again(rows[0]).focus_level == 2
    assert columns(rows[0]) == before


def test_what_was_typed_before_is_refused_and_shown(as_person, rows, settings, use_keys):
    sent = form_as_shown(as_person.get(MIDDAY)) | {"lunch": "Bread", "focus_level": "2"}
    before, keys = columns(rows[0]), settings.FIELD_ENCRYPTION_KEYS
    use_keys(LOST)

    response = as_person.post(MIDDAY, sent)

    assert response.status_code == 200
    assert response.context["form"].errors["lunch"] == [
        "This was not saved: the text stored here cannot be read at the moment, and is not overwritten. "
        "Keep a copy of what you typed."
    ]
    assert form_as_shown(response)["lunch"] == ["Bread"]
    assert (columns(rows[0]), again(rows[0]).focus_level) == (before, 2)
    use_keys(keys)
    # The key is available again, and the page still has the version that it was opened with.
    assert as_person.post(MIDDAY, form_as_shown(response) | sent).status_code == 302
    assert again(rows[0]).lunch == "Bread"


def test_a_page_without_the_texts_clears_none_when_the_key_is_back(as_person, rows, settings, use_keys):
    keys = settings.FIELD_ENCRYPTION_KEYS
    use_keys(LOST)
    sent = {name: v for name, v in form_as_shown(as_person.get(MIDDAY)).items() if name not in PRIVATE}
    use_keys(keys)

    response = as_person.post(MIDDAY, sent)

    assert response.status_code == 200
    assert ("lunch", "no answer", "Soup") in [(c.name, c.mine, c.saved) for c in response.context["form"].conflicts]
    assert again(rows[0]).lunch == "Soup"


@pytest.mark.parametrize("answer", ["false", ""])
def test_the_answer_that_a_text_hangs_on_has_to_stay(as_person, rows, unreadable, answer):
    before = columns(rows[0])
    sent = form_as_shown(as_person.get(MIDDAY)) | {"had_emotional_event": answer}

    response = as_person.post(MIDDAY, {name: value for name, value in sent.items() if name not in PRIVATE})

    assert response.status_code == 200
    assert "To keep it, leave this as it was." in response.context["form"].errors["had_emotional_event"][0]
    assert columns(rows[0]) == before


def test_a_medication_is_saved_and_its_texts_kept(as_person, rows, unreadable):
    medication = rows[1]
    before = [stored(medication, name) for name in ("name", "name_key", "note")]
    page = f"/logs/medications/{medication.pk}/"

    response = as_person.post(page, {"unit": "ml", "is_active": "on"})

    assert response.status_code == 302
    assert again(medication).unit == "ml"
    response = as_person.post(page, {"name": "Tea", "note": "Bitter"})
    assert {"name", "note"} == response.context["form"].errors.keys()
    assert [stored(medication, name) for name in ("name", "name_key", "note")] == before


# Doses of a medication whose name cannot be read

MEDICATION = check_in_url("medication")


@pytest.fixture
def dose(rows, person):
    """A dose of the day before DAY, for the button that repeats it."""
    return make_dose(person.daily_logs.get(date=DAY - datetime.timedelta(days=1)), rows[1])


def test_a_dose_keeps_its_unreadable_medication(as_person, person, rows, dose, unreadable):
    person.daily_logs.exclude(pk=dose.daily_log_id).delete()
    page = check_in_url("medication", DAY - datetime.timedelta(days=1))
    person.daily_logs.update(medication_taken=True)

    shown = as_person.get(page)
    sent = {name: value for name, value in form_as_shown(shown).items() if name != "doses-0-medication"}
    assert unreadable in shown.content.decode()
    assert as_person.post(page, sent | {"doses-0-amount": "54"}).status_code == 302

    dose.refresh_from_db()
    assert (dose.medication_id, dose.amount) == (rows[1].pk, 54)
    assert "(name not readable) 54 mg" in as_person.get(page.replace("medication/", "")).content.decode()
    # With an error on the page, with one more row, and with its row emptied.
    response = as_person.post(page, sent | {"doses-0-amount": "-1"})
    assert unreadable in response.content.decode()
    response = as_person.post(page, sent | {"add_dose": "1"})
    assert form_as_shown(response)["doses-0-entry"] == [str(rows[1].uuid)]
    sent = {name: value for name, value in form_as_shown(as_person.get(page)).items() if name != "doses-0-medication"}
    emptied = {"doses-0-amount": "", "doses-0-unit": "", "doses-0-taken_at": ""}
    assert as_person.post(page, sent | emptied).status_code == 302
    assert not type(dose).objects.exists()


def test_it_can_be_taken_again(as_person, person, rows, dose, unreadable):
    shown = as_person.post(MEDICATION, answers("medication") | taken({}) | {"take": str(rows[1].uuid)})
    sent = form_as_shown(shown)

    assert (sent["doses-0-entry"], sent["doses-TOTAL_FORMS"]) == ([str(rows[1].uuid)], ["1"])
    del sent["doses-0-medication"]
    assert as_person.post(MEDICATION, sent | {"doses-0-amount": "1"}).status_code == 302
    assert person.daily_logs.get(date=DAY).doses.get().medication_id == rows[1].pk


def test_only_ones_own_medication_can_be_referred_to(as_person, person, rows):
    theirs = make_medication(name="Theirs")

    response = as_person.post(MEDICATION, taken({"entry": str(theirs.uuid), "amount": "1"}))

    assert "Which medication was it?" in response.content.decode()


def test_no_second_medication_is_made_while_a_key_is_missing(as_person, person, rows, settings, use_keys):
    keys = settings.FIELD_ENCRYPTION_KEYS
    use_keys(LOST)
    typed = answers("medication") | taken({"medication": "Concerta", "amount": "36"})

    response = as_person.post(MEDICATION, typed)

    assert response.status_code == 200
    assert "so we cannot tell whether this one is new" in response.content.decode()
    assert form_as_shown(response)["doses-0-medication"] == ["Concerta"]
    other = make_medication(person, name="Tea")
    response = as_person.post(f"/logs/medications/{other.pk}/", {"name": "Concerta", "is_active": "on"})
    assert "so we cannot tell whether this one is new" in response.content.decode()
    # Readable medications can be entered meanwhile.
    assert as_person.post(MEDICATION, typed | taken({"medication": "tea", "amount": "1"})).status_code == 302
    use_keys(keys | LOST)
    assert as_person.post(MEDICATION, typed).status_code == 302
    assert person.medications.count() == 2


def test_a_name_that_was_tampered_with_is_found_by_its_hash(as_person, person, rows):
    put(rows[1], "name", "bl1.test." + "A" * 60)

    as_person.post(MEDICATION, answers("medication") | taken({"medication": "Concerta", "amount": "36"}))

    assert person.daily_logs.get(date=DAY).doses.get().medication == person.medications.get() == rows[1]


def test_the_profile_opens_and_keeps_the_name(as_person, person, settings, use_keys):
    person.display_name = "Maria"
    person.save()
    before, keys = stored(person, "display_name"), settings.FIELD_ENCRYPTION_KEYS
    use_keys(LOST)

    page = as_person.get("/accounts/profile/").content.decode()
    assert KEY_MISSING in page and f"<h1>{person.username}</h1>" in page
    profile = {
        "timezone": "UTC",
        "day_ends_at": "4",
        "week_starts_on": "sunday",
        "hour_format": "24",
        "date_format": "iso",
        "theme": "dark",
    }
    assert as_person.post("/accounts/profile/", profile).status_code == 302
    assert as_person.post("/accounts/profile/", profile | {"display_name": "Ada"}).status_code == 200

    assert (stored(person, "display_name"), again(person).theme) == (before, "dark")
    settings.FIELD_ENCRYPTION_KEYS = keys
    assert again(person).display_name == "Maria"


def test_marks_and_their_taking_off_keep_the_texts(as_person, rows, unreadable):
    before = columns(rows[0])

    as_person.post(day_url(name="not_tracked"), {"reason": "ill"})
    as_person.post(day_url(name="tracked"))

    assert columns(rows[0]) == before
    assert again(rows[0]).not_tracked is None


def test_a_deleted_day_comes_back_with_them(as_person, rows, unreadable):
    before = columns(rows[0])
    envelope = as_person.post(day_url(name="delete")).context["envelope"]
    assert not DailyLog.objects.filter(pk=rows[0].pk).exists()

    as_person.post(day_url(name="undo"), {"envelope": envelope})

    assert columns(DailyLog.objects.get(date=rows[0].date)) == before


def test_the_envelope_of_a_deleted_day_holds_no_plain_text(as_person, rows):
    envelope = as_person.post(day_url(name="delete")).context["envelope"]

    content = signing.loads(envelope, salt=f"logs.undo {day_url(name='undo')}", serializer=undo.Json)
    assert "bl1.test." in str(content)
    assert not [text for text in TEXTS if text in str(content)]


def test_a_rotated_key_may_go_while_a_deleted_day_is_on_its_way(as_person, rows, settings):
    envelope = as_person.post(day_url(name="delete")).context["envelope"]
    [(old_id, old)] = settings.FIELD_ENCRYPTION_KEYS.items()
    settings.FIELD_ENCRYPTION_KEYS = {"new": bytes(32), old_id: old}

    as_person.post(day_url(name="undo"), {"envelope": envelope})

    assert all(token.startswith("bl1.new.") for token in columns(DailyLog.objects.get(date=rows[0].date)).values())


def test_a_week_is_saved_and_its_texts_kept(as_person, rows, unreadable):
    week = rows[2]
    before = stored(week, "week_highlights")
    sent = form_as_shown(as_person.get(week.get_absolute_url())) | {"week_rating": "2"}
    sent = {name: value for name, value in sent.items() if name not in {"week_highlights", "next_week_focus"}}

    assert as_person.post(week.get_absolute_url(), sent).status_code == 302
    assert (again(week).week_rating, stored(week, "week_highlights")) == (2, before)
