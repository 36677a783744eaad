"""The pages of reports: the form, the preview, and reports that were kept."""

import datetime
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.tests.factories import make_person
from insights.models import Report
from insights.report.contents import Contents
from insights.report.form import MOST_DAYS
from insights.report.panels import USUAL
from insights.report.sections import GROUPS
from insights.tests.factories import make_appointment, make_computation, make_event, make_report
from insights.tests.findings import estimate, findings, later, result, unclear
from insights.tests.gallery import add_from_gallery
from logs.tests.factories import DAY, make_dose, make_full_log, make_log, make_medication, make_question_set
from logs.tests.own_questions import make_answer, make_question
from reflections.tests.factories import make_reflection
from testing.forms import forms_in

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

URL = reverse("insights:reports")
ONE_DAY = datetime.timedelta(days=1)
TODAY = DAY + ONE_DAY
EVERYTHING = [group.key for group in GROUPS]


def sent(**changes) -> dict:
    """The form as it is proposed, with changes."""
    return {"period": "90", "sections": EVERYTHING, "panels": list(USUAL)} | changes


def kept(as_person, **changes) -> Report:
    response = as_person.post(URL, sent(keep="1", **changes))
    report = Report.objects.latest("pk")
    assertRedirects(response, report.get_absolute_url(), fetch_redirect_response=False)
    return report


def shown_form(response) -> dict:
    forms = forms_in(response.content.decode(), URL)
    return next(form for form in forms if "period" in form.names).as_sent()


def test_the_days_since_the_last_appointment_are_proposed(as_person, person):
    assert shown_form(as_person.get(URL))["period"] == ["90"]
    make_appointment(person, TODAY + ONE_DAY, "Dr Lee")
    make_appointment(person, TODAY - 20 * ONE_DAY, "Dr Kim")
    make_appointment(person, TODAY - 50 * ONE_DAY)
    make_full_log(person, DAY)

    proposed = shown_form(as_person.get(URL))

    assert proposed["period"] == ["since"]
    assert proposed["sections"] == EVERYTHING
    assert sorted(proposed["panels"]) == sorted(USUAL)
    page = as_person.post(URL, {name: values for name, values in proposed.items()})
    contents = page.context["report"].contents
    assert (contents.first, contents.last) == (TODAY - 20 * ONE_DAY, TODAY)
    assert contents.header.appointment == "For the appointment on May 6, 2026 with Dr Lee"
    assert contents.header.name == ""
    assert not Report.objects.exists()


def test_an_appointment_of_today_is_not_the_last_one(as_person, person):
    make_appointment(person, TODAY)

    assert shown_form(as_person.get(URL))["period"] == ["90"]


def test_a_kept_report_stays_as_it_is(as_person, person):
    log = make_full_log(person, DAY)
    dose = make_dose(log, make_medication(person, "Concerta"))
    report = kept(as_person, question_1="Is it <the> dose?", name="Ada")
    before = as_person.get(report.get_absolute_url()).content.decode()
    assert "Is it &lt;the&gt; dose?" in before and "Concerta" in before and "Ada" in before

    dose.medication.name = "Another name"
    dose.medication.save()
    log.focus_level = 1
    log.save()
    make_event(person, "Moved house", DAY)
    person.answers_changed()

    after = as_person.get(report.get_absolute_url()).content.decode()
    assert article_of(after) == article_of(before)
    again = Contents.from_json(Report.objects.get(pk=report.pk).content_json)
    assert again == report.contents
    log.delete()
    assert article_of(as_person.get(report.get_absolute_url()).content.decode()) == article_of(before)


def article_of(page: str) -> str:
    return page[page.index("<article") : page.index("</article>")]


def test_what_a_report_says_is_encrypted(as_person, person):
    make_dose(make_full_log(person, DAY), make_medication(person, "Concerta"))
    report = kept(as_person, question_1="A secret question")

    with connection.cursor() as cursor:
        cursor.execute("SELECT title, content_json FROM insights_report WHERE id = %s", [report.pk])
        row = " ".join(cursor.fetchone())

    assert "secret" not in row and "Concerta" not in row and "Focus" not in row and "Report" not in row


# What is in a report of everything, and in none without this section.
TRACES = {
    "questions": "asked-secret",
    "doses": "36 mg",  # The name of a daily medication is in "taken" too.
    "events": "event-secret",
    "side_effects": "Headache",
    "own": "own-secret",
    "words": "words-secret",
    "body": "81.5",
    "panels": "very unfocused",
    "sleep": "Hours of sleep",
    "wearing_off": "Wearing off",
    "taken": "forgot",
    "blanks": "No answer on",
    "shape": "Answered around",
    "findings": "on days with medication",
}


def test_redaction_leaves_no_trace(as_person, person):
    full_person(person)
    given = {
        "question_1": "asked-secret",
        "own": [person.own_questions.get(kind="yes_no").name],
        "words": [f"{DAY}:helpful_factors"],
        "findings": ["medication_taken.focus_level.0"],
    }
    assert TRACES.keys() == set(EVERYTHING)

    whole = kept(as_person, **given).content_json
    redacted = {
        section: kept(as_person, **given | {"sections": [key for key in EVERYTHING if key != section]}).content_json
        for section in EVERYTHING
    }

    assert [trace for trace in TRACES.values() if trace not in whole] == []
    for section, content in redacted.items():
        found = [other for other, trace in TRACES.items() if trace in content]
        assert found == [other for other in TRACES if other != section]


def full_person(person):
    medication = make_medication(person, "Drug-secret", schedule="daily")
    headache, weight = (add_from_gallery(person, key) for key in ("headache", "weight_kg"))
    own = make_question(person, "yes_no", label="own-secret")
    asked = make_question_set(person, "focus_level")
    for number in range(8):
        day = DAY - number * ONE_DAY
        at = datetime.datetime.combine(day, datetime.time(18), tzinfo=datetime.UTC)
        facts = {"midday_answered_at": at, "midday_utc_offset": -240, "midday_asked": asked, "is_crashing": True}
        missed = {"medication_taken": False, "reason_for_skipping": "forgot"} if number == 3 else {}
        log = make_full_log(person, day, helpful_factors="words-secret", **facts | missed)
        if number != 3:
            make_dose(log, medication)
        make_answer(log, headache, 2)
        make_answer(log, own, True)
    make_answer(make_reflection(person, DAY - ONE_DAY), weight, Decimal("81.5"))
    make_event(person, "event-secret", DAY)
    make_computation(person, findings(result()), answers_version=1)


def test_own_words_are_those_that_were_picked(as_person, person):
    make_log(person, DAY, helpful_factors="A walk\nby the river", gratitude="A secret")
    appointment = add_from_gallery(person, "for_appointment")
    make_answer(
        make_reflection(person, DAY - ONE_DAY, week_highlights="Another secret"), appointment, "Ask about sleep"
    )
    other = make_log(make_person(), DAY, gratitude="Not mine")

    preview = as_person.post(URL, sent())

    entries = preview.context["entries"]
    assert [entry.text for entry in entries] == [
        "Ask about sleep",
        "A walk\nby the river",
        "A secret",
        "Another secret",
    ]
    keys = [entry.key for entry in entries[:2]]
    report = kept(as_person, words=[*keys, f"{other.date}:dreams", "nonsense", "2026-99-99:x"])
    assert "A walk\\nby the river" in report.content_json and "Ask about sleep" in report.content_json
    assert "ecret" not in report.content_json and "Not mine" not in report.content_json
    assertContains(as_person.get(report.get_absolute_url()), "A walk<br>by the river")


def test_findings_are_those_that_were_chosen_of_the_kept_ones(as_person, person):
    make_full_log(person, DAY)
    own = make_question(person, "score", label="Own <b>score</b>")
    make_computation(
        person,
        findings(
            result(later=later()),
            result("sleep_hours", "anxiety_level", is_amount=True, estimate=estimate(-0.5, -0.9, -0.1)),
            result("met_physical_activity_goals", own.name, 1, guard="afterwards"),
            unclear("breakfast", "focus_level"),
        ),
        answers_version=1,
    )
    make_computation(make_person(), findings(result("lunch", "energy_level")), answers_version=1)

    page = as_person.get(URL)
    form = page.context["form"]
    keys = [key for key, _name in form.fields["findings"].choices]
    assert keys == [
        "medication_taken.focus_level.0",
        "sleep_hours.anxiety_level.0",
        f"met_physical_activity_goals.{own.name}.1",
    ]
    assertContains(page, "Own &lt;b&gt;score&lt;/b&gt;")
    assert shown_form(page).get("findings", []) == [], "Nothing is chosen unless the person does."
    assert "findings" not in [section.key for section in kept(as_person).contents.sections]

    preview = as_person.post(URL, sent(findings=keys[:2]))
    assert shown_form(preview)["findings"] == keys[:2]
    report = kept(as_person, findings=keys[:2])
    section = next(each for each in report.contents.details if each.title == "Findings that I chose")
    lines, [caution] = (block.lines for block in section.blocks)
    assert lines == (
        "Focus was 0.8 points higher on days with medication. Anything from 0.3 to 1.3 points higher fits these days. "
        "Rests on 143 of 180 days, 12 not tracked. Since Mar 12, 2026, 74 new days: 0.6 points higher, between 0.1 and "
        "1.1: it held up.",
        "Anxiety was 0.5 points lower for each hour of sleep. Lower is better. Anything from 0.1 to 0.9 points lower "
        "fits these days. Rests on 143 of 180 days, 12 not tracked.",
    )
    assert "4 comparisons were tried, 3 stood out, and the user chose 2 for this report." in caution
    assert "Nov 1, 2025 – Apr 29, 2026, not of this period alone." in caution
    assertContains(as_person.get(report.get_absolute_url()), "on days with medication")
    [line, *_] = kept(as_person, findings=keys[2:]).contents.details[-2].blocks[0].lines
    assert line.startswith(
        "Probably not a cause: it comes afterwards just as much. “Own <b>score</b>” the next day was"
    )

    person.computations.all().delete()
    assert lines[0] in report.content_json, "It is kept as it was."
    assertContains(as_person.post(URL, sent(findings=keys)), "Choose from what is offered.")


def test_the_preview_keeps_what_was_typed(as_person, person):
    make_full_log(person, DAY)
    given = sent(question_2="Two?", name="Ada", sections=["sleep"], panels=["focus_level"], words=[f"{DAY}:dreams"])

    preview = shown_form(as_person.post(URL, given))
    changed = shown_form(as_person.post(URL, preview | {"change": "1"}))

    for form in (preview, changed):
        assert (form["question_2"], form["name"], form["panels"]) == (["Two?"], ["Ada"], ["focus_level"])
        assert form["sections"] == ["sleep"]


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"period": "dates"}, "first", "Please choose a day."),
        ({"period": "dates", "first": "2026-05-02", "last": "2026-05-01"}, "last", "The last day is before the first."),
        (
            {"period": "dates", "first": "1026-05-02", "last": "2026-05-01"},
            "first",
            "Days begin with the year 1900.",
        ),
        ({"period": "dates", "first": "1926-05-02", "last": "2026-05-01"}, "first", f"({MOST_DAYS} days)"),
        ({"period": "dates", "first": "2026-05-02", "last": "2027-05-01"}, "last", "This day has not begun yet."),
        ({"period": "dates", "first": "soon", "last": "9" * 5000}, "first", "Write the day as 2026-05-04."),
        ({"period": "since"}, "period", "Choose from what is offered."),
        ({"period": "x" * 5000}, "period", "Choose from what is offered."),
        ({"sections": ["all"]}, "sections", "Choose from what is offered."),
        ({"panels": ["sleep_quality", "energy_level", *USUAL]}, "panels", "Choose 4 at most."),
        ({"own": ["own-1"]}, "own", "Choose from what is offered."),
        ({"appointment": "7"}, "appointment", "Choose from what is offered."),
        ({"findings": ["medication_taken.focus_level.0"]}, "findings", "Choose from what is offered."),
        ({"words": ["x"] * 21}, "words", "Pick 20 at most."),
        ({"question_1": "x" * 201}, "question_1", "200"),
        ({"name": "a\x00b"}, "name", ""),
        ({"words_day": "someday"}, "words_day", "Write the day as 2026-05-04."),
    ],
)
def test_bad_input_gets_a_sentence(as_person, person, given, field, message):
    response = as_person.post(URL, sent(keep="1", question_3="Kept?", **given))

    assert response.status_code == 200
    assert message in " ".join(response.context["form"].errors[field])
    assert shown_form(response)["question_3"] == ["Kept?"]
    assert shown_form(response)["words_day"] == [given.get("words_day", "")]
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("logs", "period", "sentence"),
    [
        ([], {}, "Nothing is logged yet."),
        ([DAY], {}, "The first log is of May 4, 2026: nothing is known of the days before."),
        (
            [DAY],
            {"period": "dates", "first": "2025-05-02", "last": "2025-06-01"},
            "This period is before the first log, of May 4, 2026.",
        ),
        ([DAY], {"period": "dates", "first": "2026-05-04", "last": "2026-05-04"}, "1 day of this period"),
        (
            [DAY],
            {"period": "dates", "first": "1900-01-01", "last": "1902-12-31"},
            "This period is before the first log",
        ),
    ],
)
def test_little_data_says_what_is_missing(as_person, person, logs, period, sentence):
    for day in logs:
        make_full_log(person, day)
    for number in range(40):
        make_question(person, "score", label=f"Score {number}")
    own = [question.name for question in person.own_questions.all()]

    page = as_person.post(URL, sent(own=own, **period))

    assertContains(page, sentence)
    assertContains(page, "A median needs 5 answers")
    assert not re.search(r"\bnan\b", article_of(page.content.decode()), re.IGNORECASE)
    assert kept(as_person, own=own, **period).contents is not None


def test_reports_are_listed_and_deleted(as_person, person):
    report, other = make_report(person), make_report(title="Secret title")

    page = as_person.get(URL)
    assertContains(page, report.get_absolute_url())
    assertNotContains(page, "Secret title")
    assert as_person.get(other.get_absolute_url()).status_code == 404
    delete = reverse("insights:report_delete", args=[report.pk])
    assertContains(as_person.get(delete), "Your answers stay.")
    assertRedirects(as_person.post(delete), URL, fetch_redirect_response=False)
    assert list(Report.objects.all()) == [other]


def test_there_is_room_for_so_many(as_person, person, monkeypatch):
    monkeypatch.setattr(Report, "MOST_STORED", 1)
    make_report(person)

    assertContains(as_person.post(URL, sent(keep="1")), "There is no room for more than 1 reports.")
    assert Report.objects.count() == 1


def test_a_report_that_cannot_be_read_is_said_to_be_kept(as_person, person):
    newer = make_report(person, content_json='{"version":99}')
    report = make_report(person)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE insights_report SET content_json = title WHERE id = %s", [report.pk])

    assertContains(as_person.get(newer.get_absolute_url()), "was made by another version of Brain Log")
    assertContains(as_person.get(report.get_absolute_url()), "This text cannot be read")


def test_costs(as_person, person, django_assert_max_num_queries):
    full_person(person)
    report = kept(as_person)

    with django_assert_max_num_queries(6):
        as_person.get(URL)
    with django_assert_max_num_queries(24):
        as_person.post(URL, sent())
    with django_assert_max_num_queries(3):
        page = as_person.get(report.get_absolute_url())
    assert len(page.content) < 60_000
