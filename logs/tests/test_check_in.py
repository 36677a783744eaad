import pytest
from django.urls import reverse

from logs.stages import STAGES
from logs.tests.factories import DAY, answers, dose_rows


def url(stage, day=DAY):
    return reverse("logs:check_in", args=[day, stage])


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_it_works(as_person, person, stage):
    assert as_person.get(url(stage)).status_code == 200

    response = as_person.post(url(stage), answers(stage))

    assert response.status_code == 302
    log = person.daily_logs.get()
    assert log.is_done(stage)
    assert all(getattr(log, name) is not None for name in stage.field_names if name != "reason_for_skipping")


def test_medication(as_person, person):
    rows = dose_rows({"medication": "Concerta", "amount": "36", "unit": "mg", "taken_at": "08:15"})
    as_person.post(url("medication"), answers("medication") | rows)
    assert [str(d) for d in person.daily_logs.get().doses.all()] == ["Concerta 36 mg at 8:15 a.m."]
