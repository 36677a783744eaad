"""A report on paper: its first part is one sheet of A4, the details follow."""

import datetime
import io
from decimal import Decimal

import pytest
from pypdf import PdfReader

from accounts.tests.factories import make_person
from brainlog.tests.browser.steps import come_in
from insights.report.logged import Span
from insights.report.panels import USUAL
from insights.report.saving import save
from insights.report.sections import GROUPS, report_for
from insights.report.selection import ReportSelection
from insights.tests.factories import make_event
from insights.tests.gallery import add_from_gallery
from logs.gallery import SIDE_EFFECTS
from logs.models import Medication, OwnAnswer
from logs.tests.factories import make_medication
from logs.tests.own_questions import make_answer
from operations.demo.load import load_demo_data

pytestmark = pytest.mark.once

ONE_DAY = datetime.timedelta(days=1)
A4 = (595, 842)  # points


def full_person():
    """The demo's person with all that a first page can hold, in long words."""
    person = make_person()
    load_demo_data(person)
    today = person.today()
    logs = list(person.daily_logs.filter(date__gt=today - 60 * ONE_DAY, not_tracked=None))
    for number, entry in enumerate(each for each in SIDE_EFFECTS if each.kind == "choice"):
        question = add_from_gallery(person, entry.key)
        OwnAnswer.objects.bulk_create(
            OwnAnswer(daily_log=log, user=person, date=log.date, question=question, chosen=[1 + place % 4])
            for place, log in enumerate(logs[number:])
        )
    body = [(add_from_gallery(person, key), value) for key, value in BODY.items()]
    for reflection in person.weekly_reflections.all()[:8]:
        for question, value in body:
            make_answer(reflection, question, value)
    for number in range(8):
        make_event(person, "Moved to another town, and a new job there", today - 10 * number * ONE_DAY)
    for number in range(4):
        make_medication(person, f"A medicine of the past, number {number}", until=today - 400 * ONE_DAY)
    Medication.objects.filter(user=person, schedule="daily").update(usual_times="08:00")
    return person


BODY = {"weight_kg": Decimal("71.5"), "blood_pressure": (Decimal(128), Decimal(84)), "pulse": Decimal(72)}


def test_the_first_part_is_one_sheet_of_a4(new_page, live_server):
    person = full_person()
    today = person.today()
    question = (
        "Would a later second dose help with the evenings, or is it the sleep, and how would I find that out? " * 2
    )
    own = tuple(each.name for each in person.own_questions.all()[:4])
    days = Span(today - 89 * ONE_DAY, today)
    selection = ReportSelection(
        days, frozenset(group.key for group in GROUPS), "Ada", "", (question[:200],) * 3, USUAL, own
    )
    report = save(person, report_for(person, selection))

    page = come_in(new_page(), live_server, person)
    page.goto(report.get_absolute_url())
    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages

    assert {tuple(map(round, sheet.mediabox[2:])) for sheet in sheets} == {A4}
    texts = [sheet.extract_text() for sheet in sheets]
    assert "Report for an appointment" in texts[0] and "this page cannot say why an answer changed" in texts[0]
    assert texts[1].startswith("Days with a missed dose")
    # Nothing of the page around it.
    assert not any(word in "".join(texts) for word in ("Delete this report", "History", "All reports"))
