"""The machine's programs that some tests need, besides PostgreSQL and Chromium."""

import shutil

# Their packages in Debian and Ubuntu.
PACKAGES = {"pgbouncer": "pgbouncer", "redis-server": "redis-server", "age": "age", "gpg": "gnupg"}

# Folders of programs for administrators, in Debian.
BEYOND_PATH = "/usr/sbin:/usr/local/sbin"


class ProgramMissing(Exception):
    """A program is not installed. The message names its package. Tests that need it are skipped, except in CI."""


def find_program(name: str) -> str:
    """Return the program's path. Raises ProgramMissing."""
    path = shutil.which(name) or shutil.which(name, path=BEYOND_PATH)
    if not path:
        raise ProgramMissing(f"{name} is not installed: apt-get install {PACKAGES[name]}")
    return path


def missing_programs() -> list[str]:
    """A sentence for each program that is not installed."""
    sentences = []
    for name in PACKAGES:
        try:
            find_program(name)
        except ProgramMissing as missing:
            sentences.append(f"The tests that need it did not run: {missing}.")
    return sentences
