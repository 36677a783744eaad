import subprocess

import pytest

from operations.backups import BackupError
from operations.backups.pipeline import Program, run_pipeline, with_english_messages
from operations.backups.progress import LockWait, report_progress

pytestmark = pytest.mark.once


def shell(script, **environment):
    return Program(["sh", "-c", script], environment)


def chunks(*each):
    yield from each


def broken():
    yield b"some"
    raise BackupError("The source is broken.")


def test_bytes_go_through_every_program():
    big = [bytes([number]) * 100_000 for number in range(50)]

    assert b"".join(run_pipeline(chunks(*big), shell("gzip"), shell("cat"), shell("gunzip"))) == b"".join(big)


def test_without_a_source_the_first_program_reads_nothing():
    assert b"".join(run_pipeline(None, shell("cat; printf $WORD", WORD="spoken"), shell("cat"))) == b"spoken"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_program_that_fails_is_an_error_after_the_last_bytes(place):
    programs = [shell("cat"), shell("cat"), shell("cat")]
    programs[place] = shell("cat; echo Hello. >&2; echo 'sh: error: disk on fire' >&2; echo Good luck. >&2; exit 3")
    found = []

    with pytest.raises(BackupError, match=r"^sh failed: error: disk on fire$"):
        found.extend(run_pipeline(chunks(b"all"), *programs))

    assert b"".join(found) == b"all"


@pytest.mark.parametrize(
    "cut_off", ["exec yes", "yes 2>/dev/null; echo 'write error: Broken pipe' >&2; exit 2"], ids=["killed", "complains"]
)
def test_a_broken_pipe_is_not_reported_as_the_cause(cut_off):
    with pytest.raises(BackupError, match="^sh failed: error: no room$"):
        list(run_pipeline(None, shell(cut_off), shell("head -c 10 >/dev/null; echo error: no room >&2; exit 2")))


def test_a_program_with_incomplete_input_is_not_reported_as_the_cause():
    """pg_restore reports that its input is too short; age reports the reason."""
    half = shell("cat; echo 'error: input file is too short' >&2; exit 1")

    with pytest.raises(BackupError, match="^sh failed: error: no key$"):
        list(run_pipeline(chunks(b"all"), shell("echo error: no key >&2; exit 1"), half, half))


def test_an_error_ends_with_the_hint():
    program = Program(["sh", "-c", "echo 'error: no key.' >&2; exit 1"], hint="Is it the right file?")

    with pytest.raises(BackupError, match="^sh failed: error: no key. Is it the right file\\?$"):
        list(run_pipeline(None, program))


@pytest.mark.parametrize(
    "message",
    [
        "psql: symbol lookup error: psql: undefined symbol: PQsetChunkedRowsMode",
        "psql: error while loading shared libraries: libpq.so.5: cannot open shared object file",
        "psql: /lib/libpq.so.5: version `RHPG_16' not found (required by psql)",
    ],
)
def test_a_mismatch_of_program_and_library_has_a_hint(message):
    with pytest.raises(BackupError, match="^sh failed: .*apt-get install --reinstall libpq5 postgresql-client-"):
        list(run_pipeline(None, shell(f'echo "{message.replace("`", chr(92) + "`")}" >&2; exit 127')))


def test_programs_report_in_english_and_keep_the_encoding():
    there = {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de", "HOME": "/home/me"}

    assert with_english_messages(there) == {"HOME": "/home/me", "LC_CTYPE": "de_DE.UTF-8", "LC_MESSAGES": "C"}
    assert with_english_messages({}) == {"LC_MESSAGES": "C"}


def test_an_error_of_the_source_takes_precedence():
    with pytest.raises(BackupError, match="^The source is broken"):
        list(run_pipeline(broken(), shell("cat >/dev/null; echo cut off >&2; exit 1")))


def test_a_source_is_read_to_its_end_after_the_program_has_stopped_reading():
    def long_and_broken():
        yield b"x" * 1_000_000
        yield b"x" * 1_000_000
        yield from broken()

    with pytest.raises(BackupError, match="^The source is broken"):
        list(run_pipeline(long_and_broken(), shell("head -c 10")))


def test_a_missing_program_is_named():
    with pytest.raises(BackupError, match="^no-such-program is not installed on this machine.$"):
        list(run_pipeline(chunks(b"all"), shell("cat"), Program(["no-such-program"])))


def test_nothing_is_left_running_when_the_reader_stops(tmp_path):
    found = run_pipeline(None, shell(f"echo $$ > {tmp_path}/first; yes"), shell(f"echo $$ > {tmp_path}/second; cat"))
    next(found)
    found.close()

    for name in ("first", "second"):
        number = (tmp_path / name).read_text().strip()
        assert subprocess.run(["ps", "-p", number], capture_output=True).returncode == 1


def test_long_operations_report_progress(monkeypatch):
    messages = []
    monkeypatch.setattr("operations.backups.progress.INTERVAL", 0)

    large = b"x" * 1_500_000
    assert list(report_progress(chunks(large, b"y"), messages.append, "Checked", 3_000_000)) == [large, b"y"]
    assert list(report_progress(chunks(b"x"), messages.append, "Stored")) == [b"x"]

    assert messages == ["Checked 1.5 MB of 3.0 MB", "Checked 1.5 MB of 3.0 MB", "Stored 0.0 MB"]


def test_short_operations_report_nothing():
    assert list(report_progress(chunks(b"x"), pytest.fail, "Stored")) == [b"x"]


# ── Waiting ───────────────────────────────────────────────────────────────────────────────────


def test_a_lock_wait_reports_who_holds_the_lock_and_has_a_limit():
    messages, clock = [], iter([0, 2, 5, 7, 9, 10])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("operations.backups.progress.time.monotonic", lambda: next(clock))
        waiting = LockWait(messages.append, limit=10)
        for _ in range(5):
            waiting.update(["pid 7"])
        with pytest.raises(BackupError, match="^Gave up after waiting for 10 s; nothing was changed.*: pid 7"):
            waiting.update(["pid 7"])

    assert messages == ["Waiting for 5 s of at most 10: pid 7"]


def test_a_new_lock_wait_has_the_whole_limit(monkeypatch):
    clock = iter([0, 100])
    monkeypatch.setattr("operations.backups.progress.time.monotonic", lambda: next(clock))
    waiting = LockWait(pytest.fail, limit=10)

    waiting.update(["pid 7"])
    waiting.end()
    waiting.update(["pid 8"])
