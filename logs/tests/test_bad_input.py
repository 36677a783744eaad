"""Invalid input: a clear error or 404, the typed text is shown again, and nothing is stored."""

import pytest

from logs.fields import ChoiceField, LineField, NoteField, ScoreField, YesNoField
from logs.models import DailyLog, Dose, Medication
from logs.stages import MIDDAY, MORNING, STAGES
from logs.tests.factories import DAY, MORNING_DOSE, answers, taken
from logs.tests.pages import check_in_url, errors_of, form_as_shown

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

URLENCODED = "application/x-www-form-urlencoded"
# Half a surrogate pair, after decoding with the character set that the client declares.
NOTE_IN_UTF_7 = b'--x\r\nContent-Disposition: form-data; name="dreams"\r\n\r\n+2AA-\r\n--x--\r\n'


def fields_of(stage, *kinds):
    return [field for field in stage.fields if type(field) in kinds]


def each_stage_with(*kinds):
    stages = [stage for stage in STAGES if fields_of(stage, *kinds)]
    return pytest.mark.parametrize("stage", stages, ids=str)


def with_questions(stage, typed: dict) -> dict:
    """The typed data, and the answers on which its questions depend."""
    conditions = dict(field.shown_when for field in stage.fields if field.name in typed and field.shown_when)
    return {question: str(answer).lower() for question, answer in conditions.items()} | typed


def assert_refused(client, stage, typed):
    response = client.post(check_in_url(stage), with_questions(stage, typed))

    assert response.status_code == 200
    assert set(errors_of(response)) == set(typed)
    assert {name: response.context["form"][name].value() for name in typed} == typed
    assert_none_stored(typed)
    return response


def assert_none_stored(names):
    for log in DailyLog.objects.all():
        assert {name: getattr(log, name) for name in names} == dict.fromkeys(names)


@pytest.mark.matrix
@each_stage_with(ScoreField)
@pytest.mark.parametrize("value", ["0", "11", "-1", "5.5", "five", "1e1", "٥", "99999999999999999999", "5\0", "💥"])
def test_a_score_that_is_not_from_one_to_ten(as_person, stage, value):
    scores = fields_of(stage, ScoreField)

    response = assert_refused(as_person, stage, {field.name: value for field in scores})

    assert response.content.decode().count("Choose a number from 1 to 10.") == 2 * len(scores)


@pytest.mark.parametrize(
    "value",
    [
        "-1",
        "-0.25",
        "24.25",
        "25",
        "7:60",
        "24:15",
        "1441 min",
        "7-8",
        "7 to 7",
        "23:30-",
        "5:61-7",
        "7 1/5",
        "1e1",
        "NaN",
        "Infinity",
        "seven",
        "--7",
        "+",
        ".",
        "\0",
    ],
)
def test_hours_that_no_day_has(as_person, value):
    assert_refused(as_person, MORNING, {"sleep_hours": value})


@pytest.mark.matrix
@each_stage_with(ChoiceField, YesNoField)
@pytest.mark.parametrize("value", ["nonsense", "True; DROP TABLE", "x" * 10_000, "a\0b", "💥", "<script>"])
def test_a_choice_that_is_not_offered(as_person, stage, value):
    for field in fields_of(stage, ChoiceField, YesNoField):
        response = assert_refused(as_person, stage, {field.name: value})

        assert "<script>" not in response.content.decode()


@pytest.mark.parametrize("value", [["nonsense"], ["journaled", "nonsense"], ["\0"], ["💥"], ["x" * 10_000]])
def test_several_with_one_that_is_not_offered(as_person, value):
    assert_refused(as_person, MIDDAY, {"coping_strategies": value})


def texts_of(person, names) -> dict:
    log = person.daily_logs.get()
    return {name: getattr(log, name) for name in names}


@pytest.mark.matrix
@each_stage_with(NoteField)
@pytest.mark.parametrize(("kind", "limit"), [(NoteField, 4000), (LineField, 200)])
def test_text_that_is_too_long(as_person, person, stage, kind, limit):
    longest = {field.name: "ä" * limit for field in fields_of(stage, kind)}

    response = assert_refused(as_person, stage, {name: text + "ä" for name, text in longest.items()})
    message = f"Please keep this to {limit} characters; these are {limit + 1}."
    assert response.content.decode().count(message) == 2 * len(longest)

    as_person.post(check_in_url(stage), with_questions(stage, longest))
    assert texts_of(person, longest) == longest


@pytest.mark.matrix
@each_stage_with(NoteField)
@pytest.mark.parametrize(("kind", "limit"), [(NoteField, 4000), (LineField, 200)])
def test_a_line_break_counts_as_one_character(as_person, person, stage, kind, limit):
    typed = {field.name: "a" + "\r\n" * (limit - 2) + "b" for field in fields_of(stage, kind)}

    as_person.post(check_in_url(stage), with_questions(stage, typed))

    assert texts_of(person, typed) == {name: text.replace("\r\n", "\n") for name, text in typed.items()}


@pytest.mark.matrix
@each_stage_with(NoteField, LineField)
@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_text_with_a_nul(as_person, stage, text):
    response = assert_refused(as_person, stage, {field.name: text for field in fields_of(stage, NoteField, LineField)})

    assert "This text has a character that cannot be stored. Please retype it." in response.content.decode()


@pytest.mark.matrix
@each_stage_with(NoteField, LineField)
@pytest.mark.parametrize("sent", [b"a%ED%A0%80b", b"a%FFb", b"%F0%9F%98", b"%ED%BF%BF", b"a%EF%BF%BDb"])
def test_broken_characters(as_person, stage, sent):
    """Half a surrogate pair arrives as the replacement character, which the person did not write."""
    names = [field.name for field in fields_of(stage, NoteField, LineField)]
    conditions = [(*field.shown_when,) for field in stage.fields if field.name in names and field.shown_when]
    parts = [f"{question}={answer}".lower().encode() for question, answer in conditions]
    body = b"&".join([name.encode() + b"=" + sent for name in names] + parts)

    response = as_person.post(check_in_url(stage), body, content_type=URLENCODED)

    assert response.status_code == 200
    assert set(errors_of(response)) == set(names)
    assert all("\N{REPLACEMENT CHARACTER}" in form_as_shown(response)[name][0] for name in names)
    assert_none_stored(names)


@pytest.mark.matrix
@pytest.mark.parametrize("stage", STAGES, ids=str)
@pytest.mark.parametrize(
    "body", [b"%ED%A0%80=%ED%A0%80", b"\xff\xfe=\xff", b"&&&===", b"\0=\0", b"%=%&%%%", b"=" * 400]
)
def test_unknown_names_of_fields(as_person, person, stage, body):
    response = as_person.post(check_in_url(stage), body, content_type=URLENCODED)

    assert response.status_code == 302
    assert not DailyLog.objects.exists()


@pytest.mark.matrix
@each_stage_with(NoteField, LineField)
@pytest.mark.parametrize(
    "text",
    [
        "שלום עולם",
        "مرحبا \u202etxt\u202c بالعالم",
        "😀👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈",
        "e\u0301 ≠ é, Ⅷ, ﬁ, İ",
        "<b>&amp;\"'</b>{{ x }}{% y %}",
        "日本語\u3000テキスト",
        "\u200b\ufeffzero width\u200b",
        "a\tb\x0bc\x1fd\x7f",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U0010fffd",
    ],
)
def test_any_other_text_is_kept_exactly(as_person, person, stage, text):
    typed = {field.name: text for field in fields_of(stage, NoteField, LineField)}

    as_person.post(check_in_url(stage), with_questions(stage, typed))

    assert texts_of(person, typed) == typed
    shown = form_as_shown(as_person.get(check_in_url(stage)))
    assert {name: shown[name] for name in typed} == {name: [text] for name in typed}


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_two_megabytes_of_text(as_person, stage):
    book = "word " * 400_000
    if stage.slug == "medication":
        name, typed = "doses-0-medication", taken(MORNING_DOSE | {"medication": book})
    else:
        name = fields_of(stage, NoteField, LineField)[0].name
        typed = answers(stage, **{name: book})

    response = as_person.post(check_in_url(stage), typed)

    assert response.status_code == 200
    assert "these are 1999999" in response.content.decode()
    assert form_as_shown(response)[name] == [book]
    if stage.slug == "medication":
        assert not Dose.objects.exists()
    else:
        assert_none_stored([name])


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_more_than_the_server_takes_is_refused(as_person, stage):
    for data, status in (({"breakfast": "x" * (3 * 1024 * 1024)}, 413), ({str(n): "" for n in range(501)}, 400)):
        assert as_person.post(check_in_url(stage), data).status_code == status
    assert not DailyLog.objects.exists()


@pytest.mark.matrix
@pytest.mark.parametrize("stage", STAGES, ids=str)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"no boundary", "multipart/form-data"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n\xff\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"focus_level=5", "application/x-www-form-urlencoded; charset=utf-16"),
        (NOTE_IN_UTF_7, "multipart/form-data; boundary=x; charset=utf-7"),
        (NOTE_IN_UTF_7, "multipart/form-data; boundary=x; charset=hex"),
        (b"", ""),
    ],
)
def test_a_body_that_is_no_form(as_person, stage, body, content_type):
    response = as_person.generic("POST", check_in_url(stage), body, content_type)

    assert response.status_code in {302, 400}
    assert not DailyLog.objects.exists()


def test_an_uploaded_file_is_no_answer(as_person, tmp_path):
    file = tmp_path / "dreams"
    file.write_text("Flying")

    with file.open() as upload:
        as_person.post(check_in_url("morning"), {"dreams": upload, "sleep_quality": upload})

    assert not DailyLog.objects.exists()


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_answers_to_questions_of_other_check_ins_are_ignored(as_person, person, stage):
    everything = {name: value for each in STAGES for name, value in answers(each).items()}
    columns = {"user": "1", "date": "2020-01-01", "not_tracked": "ill", "pk": "1", stage.completed_at: "2020-01-01"}

    as_person.post(check_in_url(stage), everything | columns)

    log = person.daily_logs.get()
    assert (log.date, log.not_tracked) == (DAY, None)
    assert [log.state_of(other) for other in STAGES if other is not stage] == ["not-started"] * 4
    assert getattr(log, stage.completed_at).year == 2026


# Addresses


@pytest.mark.parametrize(
    "day",
    [
        "2026-02-31",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "0000-01-01",
        "0001-01-01",
        "1899-12-31",
        "9999-12-31",
        "9998-12-31",
        "2026-5-4",
        "20260504",
        "2026-W19-1",
        "٢٠٢٦-٠٥-٠٤",
        "today",
        "-2026-05-04",
        "2026-05-04T00:00",
        "%00",
        "%ED%A0%80",
    ],
)
def test_a_day_that_does_not_exist(as_person, day):
    paths = [f"/logs/{day}/", *(f"/logs/{day}/{name}/" for name in ("delete", "not-tracked", "tracked", "undo"))]
    paths += [check_in_url(stage).replace("2026-05-04", day) for stage in STAGES]

    assert {as_person.get(path).status_code for path in paths} <= {404, 405}
    for path in paths[1:]:
        # To bring a day back, only what the envelope says counts.
        assert as_person.post(path, {"reason": "ill", "sleep_quality": "5"}).status_code == 404 or "undo" in path
    assert not DailyLog.objects.exists()


@pytest.mark.matrix
@pytest.mark.parametrize("day", ["1900-01-01", "1970-01-01", "2000-02-29"])
@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_dates_long_ago_are_accepted(as_person, person, stage, day):
    url = f"/logs/{day}/{stage}/"

    assert as_person.get(url).status_code == 200
    as_person.post(url, answers(stage))

    assert person.daily_logs.get().date.isoformat() == day
    assert as_person.get(f"/logs/{day}/").status_code == 200


@pytest.mark.parametrize(
    "stage", ["night", "MORNING", "morning2", "morning,midday", "0", "%00", "morning%00", "%ED%A0%80", "💥", "../today"]
)
def test_a_check_in_that_does_not_exist(as_person, stage):
    url = f"/logs/2026-05-04/{stage}/"

    assert as_person.get(url).status_code == 404
    assert as_person.post(url, answers("morning")).status_code == 404
    assert not DailyLog.objects.exists()


def test_a_dose_that_is_refused_leaves_no_medication_behind(as_person):
    as_person.post(check_in_url("medication"), taken(MORNING_DOSE, MORNING_DOSE | {"amount": "-5"}))

    assert not Medication.objects.exists()
