"""The machine's programs that some tests need, besides PostgreSQL and Chromium."""

import shutil

# What brings them on Debian and Ubuntu.
PACKAGES = {"pgbouncer": "pgbouncer", "redis-server": "redis-server", "age": "age", "gpg": "gnupg"}

# Where Debian puts what only administrators run.
BEYOND_PATH = "/usr/sbin:/usr/local/sbin"


class ProgramMissing(Exception):
    """This machine lacks a program; says which, and how to get it. Its tests are skipped, except in CI."""


def find_program(name: str) -> str:
    """Return the program's path. Raises ProgramMissing."""
    path = shutil.which(name) or shutil.which(name, path=BEYOND_PATH)
    if not path:
        raise ProgramMissing(f"{name} is not installed: apt-get install {PACKAGES[name]}")
    return path


def missing_programs() -> list[str]:
    """A sentence for each program that is not here."""
    sentences = []
    for name in PACKAGES:
        try:
            find_program(name)
        except ProgramMissing as missing:
            sentences.append(f"The tests that need it did not run: {missing}.")
    return sentences
