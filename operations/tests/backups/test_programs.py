import subprocess

import pytest

from operations.backups import BackupError
from operations.backups.programs import Program, through
from operations.backups.progress import told

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

    assert b"".join(through(chunks(*big), shell("gzip"), shell("cat"), shell("gunzip"))) == b"".join(big)


def test_without_a_source_the_first_program_reads_nothing():
    assert b"".join(through(None, shell("cat; printf $WORD", WORD="spoken"), shell("cat"))) == b"spoken"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_program_that_fails_is_an_error_after_the_last_bytes(place):
    programs = [shell("cat"), shell("cat"), shell("cat")]
    programs[place] = shell("cat; echo Hello. >&2; echo 'sh: error: disk on fire' >&2; echo Good luck. >&2; exit 3")
    found = []

    with pytest.raises(BackupError, match=r"^sh failed: error: disk on fire$"):
        found.extend(through(chunks(b"all"), *programs))

    assert b"".join(found) == b"all"


def test_who_failed_first_is_blamed_not_who_was_cut_off():
    endless = shell("yes; echo 'cut off' >&2; exit 1")

    with pytest.raises(BackupError, match="^sh failed: no key$"):
        list(through(None, endless, shell("head -c 10 >/dev/null; echo no key >&2; exit 2")))


def test_an_error_of_the_source_is_the_error_whatever_the_programs_say():
    with pytest.raises(BackupError, match="^The source is broken"):
        list(through(broken(), shell("cat >/dev/null; echo cut off >&2; exit 1")))


def test_a_source_is_read_to_its_end_even_if_nobody_wants_more():
    def long_and_broken():
        yield b"x" * 1_000_000
        yield b"x" * 1_000_000
        yield from broken()

    with pytest.raises(BackupError, match="^The source is broken"):
        list(through(long_and_broken(), shell("head -c 10")))


def test_a_program_that_is_not_there():
    with pytest.raises(BackupError, match="^no-such-program is not installed on this machine.$"):
        list(through(chunks(b"all"), shell("cat"), Program(["no-such-program"])))


def test_nothing_is_left_running_when_the_reader_stops(tmp_path):
    found = through(None, shell(f"echo $$ > {tmp_path}/first; yes"), shell(f"echo $$ > {tmp_path}/second; cat"))
    next(found)
    found.close()

    for name in ("first", "second"):
        number = (tmp_path / name).read_text().strip()
        assert subprocess.run(["ps", "-p", number], capture_output=True).returncode == 1


def test_what_takes_long_tells_of_itself(monkeypatch):
    said = []
    monkeypatch.setattr("operations.backups.progress.SECONDS", 0)

    assert list(told(chunks(b"x" * 1_500_000, b"y"), said.append, "Checked", 3_000_000)) == [b"x" * 1_500_000, b"y"]
    assert list(told(chunks(b"x"), said.append, "Stored")) == [b"x"]

    assert said == ["Checked 1.5 MB of 3.0 MB", "Checked 1.5 MB of 3.0 MB", "Stored 0.0 MB"]


def test_what_is_soon_done_says_nothing():
    assert list(told(chunks(b"x"), pytest.fail, "Stored")) == [b"x"]
