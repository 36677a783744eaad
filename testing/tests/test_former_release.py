"""The commit of the previous release, in small repositories."""

import subprocess
from pathlib import Path

import pytest

from testing.former_release import NoHistory, commit_before, unpack

pytestmark = pytest.mark.once


class Repository:
    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, name: str, text: str = ""):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or name)

    def commit(self, name: str, text: str = "") -> str:
        self.write(name, text)
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", name)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.commit("logs/migrations/0001_initial.py")
    return repository


def test_it_is_the_commit_before_the_newest_migrations(repository, tmp_path):
    former = repository.commit("logs/models.py")
    repository.commit("logs/migrations/0002_more.py")
    repository.commit("README.md")

    assert commit_before(repository.folder) == former
    unpack(former, tmp_path / "former", repository.folder)
    files = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "former").rglob("*.py")}
    assert files == {"former/logs/models.py", "former/logs/migrations/0001_initial.py"}


def test_of_a_merge_it_is_what_main_was_before(repository):
    former = repository.commit("logs/models.py")
    repository.git("checkout", "--quiet", "-b", "work")
    repository.commit("logs/migrations/0002_more.py")
    repository.commit("logs/migrations/0003_still_more.py")
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "work")

    assert commit_before(repository.folder) == former


def test_a_commit_whose_migration_was_edited_or_renamed_afterwards_is_no_release(repository):
    former = repository.commit("logs/models.py")
    repository.commit("logs/migrations/0002_more.py")
    repository.commit("logs/migrations/0003_still_more.py")
    repository.commit("logs/migrations/0002_more.py", "edited")
    assert commit_before(repository.folder) == former

    repository.git("mv", "logs/migrations/0002_more.py", "logs/migrations/0002_renamed.py")
    repository.commit("README.md")
    assert commit_before(repository.folder) == former


def test_migrations_that_are_not_committed_count(repository):
    former = repository.git("rev-parse", "HEAD")
    repository.write("logs/migrations/0002_more.py")

    assert commit_before(repository.folder) == former


def test_where_there_is_none_it_says_why(repository, tmp_path):
    with pytest.raises(NoHistory, match="there is no release before this one"):
        commit_before(repository.folder)

    repository.commit("logs/migrations/0002_more.py")
    shallow = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(shallow))
    with pytest.raises(NoHistory, match="git fetch --unshallow"):
        commit_before(shallow)

    (tmp_path / "unpacked").mkdir()
    with pytest.raises(NoHistory, match="git rev-list: .*not a git repository"):
        commit_before(tmp_path / "unpacked")
