"""Log formatters."""

import json
import logging
import re
import sys

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import User
from accounts.tests.factories import make_person
from operations.log_formatters import JsonFormatter, TextFormatter
from operations.request_context import RequestContext, current
from operations.tests.canary import CANARY, FAILING, SIGN_UP, main_job
from operations.tests.log_capture import lines_during

BOTH = pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()], ids=["json", "text"])


def record_of(message, *args, name="brainlog.test", error=None, **extra) -> logging.LogRecord:
    logger = logging.getLogger(name)
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logger.makeRecord(name, logging.WARNING, __file__, 1, message, args, exc_info, extra=extra)


def caught(action) -> BaseException:
    try:
        action()
    except Exception:
        return sys.exc_info()[1]
    raise AssertionError("It did not fail.")


def test_a_json_line():
    line = JsonFormatter().format(record_of("%d rows", 3, duration_ms=1.5))

    fields = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", fields.pop("time"))
    assert fields.pop("process") > 0
    assert fields == {
        "level": "WARNING",
        "logger": "brainlog.test",
        "message": "3 rows",
        "request_id": "-",
        "view": "-",
        "duration_ms": 1.5,
    }


def test_a_text_line():
    line = TextFormatter().format(record_of("%d rows", 3, duration_ms=1.5))

    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING brainlog\.test \[- -\] 3 rows duration_ms=1\.5"
    assert re.fullmatch(pattern, line)


@BOTH
def test_a_line_names_its_request(formatter, rf):
    before = current.set(RequestContext("an-id", rf.get("/")))
    line = formatter.format(record_of("Hello"))
    current.reset(before)

    assert "an-id" in line


@BOTH
def test_an_exception_is_logged_without_its_message(formatter):
    def fails():
        try:
            int(CANARY)
        except ValueError as error:
            error.add_note(CANARY)
            raise RuntimeError(CANARY) from error

    line = formatter.format(record_of("It failed", error=caught(fails)))

    assert CANARY not in line
    assert line.index("builtins.ValueError") < line.index("builtins.RuntimeError")
    assert line.count("test_log_formatters.py") >= 3
    assert "in fails" in line


@BOTH
def test_the_violated_constraint_is_logged(formatter, db):
    make_person(username=CANARY)

    def fails():
        with transaction.atomic():
            User.objects.bulk_create([User(username=CANARY, username_key=CANARY)])

    line = formatter.format(record_of("It failed", error=caught(fails)))

    assert CANARY not in line
    assert "django.db.utils.IntegrityError" in line
    if connection.vendor == "postgresql":
        assert "(23505, table accounts_user, constraint accounts_user_username_key)" in line
    else:
        assert "(SQLITE_CONSTRAINT_UNIQUE)" in line


@BOTH
def test_a_cached_traceback_of_another_formatter_is_not_used(formatter):
    record = record_of("It failed", error=ValueError(CANARY))
    logging.Formatter().format(record)
    assert CANARY in record.exc_text

    assert CANARY not in formatter.format(record)
    assert CANARY in record.exc_text, "the record is not ours to change"


@pytest.mark.matrix
@BOTH
@pytest.mark.parametrize("name", ["careless", "django.request", "gunicorn.error", "brainlog.careless"])
def test_the_message_of_an_exception_is_not_logged(formatter, name):
    error = ValueError(CANARY)
    circle = ValueError(CANARY)
    circle.__context__ = KeyError(CANARY)
    circle.__context__.__context__ = circle

    for record in (
        record_of(error, name=name),
        record_of("It failed: %s", error, name=name),
        record_of("It failed: %(it)s", {"it": error}, name=name),
        record_of("It failed", name=name, error=circle),
    ):
        line = formatter.format(record)
        assert CANARY not in line
        assert "builtins.ValueError" in line


@BOTH
def test_arguments_that_do_not_match_the_format_are_omitted(formatter):
    for record in (record_of("%d rows", CANARY), record_of("%s and %s", CANARY), record_of("%(x)s", {"y": CANARY})):
        line = formatter.format(record)
        assert CANARY not in line
        assert record.msg in line


@BOTH
def test_an_unknown_status_is_logged(formatter, rf):
    line = formatter.format(record_of(CANARY, name="django.request", request=rf.get("/"), status_code=499))

    assert "Refused: GET -" in line


@BOTH
def test_extra_attributes_of_other_loggers_are_omitted(formatter):
    assert CANARY not in formatter.format(record_of("Hello", name="elsewhere", answer=CANARY))


@BOTH
def test_with_reveal_everything_is_logged(formatter):
    revealing = type(formatter)(reveal=True)

    line = revealing.format(record_of("Hello", error=ValueError(CANARY)))

    assert f"ValueError: {CANARY}" in line


@BOTH
def test_hosts_that_are_not_allowed_are_named(formatter, client, db):
    """The operator may have to add the host to ALLOWED_HOSTS."""
    lines = lines_during(lambda: client.get("/", headers={"host": "log.example.net"}), formatter)

    assert any("log.example.net" in line for line in lines)


@BOTH
@pytest.mark.django_db(transaction=True)
def test_nothing_that_a_person_wrote_is_logged(formatter, client, settings):
    """As in test_observed_site.py, on the database and in the process of the tests."""
    settings.ROOT_URLCONF = "operations.tests.canary"
    settings.SLOW_QUERY_MS = 0
    client.raise_request_exception = False

    def everything():
        client.post("/accounts/signup/", SIGN_UP)
        for address, data in main_job():
            client.post(address, data)
        client.get(f"/{CANARY}/")
        for fails in FAILING:
            response = client.post(f"/failing/{fails.__name__}/", {"words": CANARY})
            if response.streaming:
                with pytest.raises(ValueError):
                    b"".join(response)

    lines = lines_during(everything, formatter)

    assert len(lines) > 100
    assert [line for line in lines if CANARY in line.lower()] == []
    person = User.objects.get(username=CANARY)
    assert person.display_name == CANARY
    assert person.weekly_reflections.get().week_highlights.startswith(CANARY)


def test_database_errors_do_contain_values(db):
    """Or there would be nothing to leave out."""
    for fails in FAILING[2:4]:
        make_person()
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            fails(CANARY)
        if connection.vendor == "postgresql":
            assert CANARY in str(refusal.value)
    with pytest.raises(DatabaseError, match=CANARY), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {CANARY} FROM accounts_user")  # noqa: S608
