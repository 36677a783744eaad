"""The code of the release before the newest migrations, from git: it still runs during a rolling release."""

import io
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MIGRATIONS = "*/migrations/[0-9]*.py"


class NoHistory(Exception):
    """There is no commit before the newest migrations, or the repository does not contain it."""


def commit_before(root: Path = ROOT) -> str:
    """The newest commit with a part of the folder's migrations. Raises NoHistory.

    It is on the first-parent line of HEAD. On main that is the commit before the one that brought the newest
    migrations. Commits without migrations are skipped: they do not change the schema. So is a commit with a migration
    that was renamed or edited afterwards: no release contains it, and its database has another schema.
    """
    here = migrations_in(root)
    for commit in git(root, "rev-list", "--first-parent", "HEAD").decode().split():
        if migrations_of(root, commit).items() < here.items():
            return commit
    if git(root, "rev-parse", "--is-shallow-repository").decode().strip() == "true":
        raise NoHistory("This clone is shallow and ends at the newest migrations: git fetch --unshallow.")
    raise NoHistory("No commit has a part of the folder's migrations: there is no release before this one.")


def migrations_in(root: Path) -> dict[str, str]:
    """The path and the blob of each migration of the folder, committed or not."""
    names = sorted(path.relative_to(root).as_posix() for path in root.glob(MIGRATIONS))
    return dict(zip(names, git(root, "hash-object", *names).decode().split(), strict=True))


def migrations_of(root: Path, commit: str) -> dict[str, str]:
    """The path and the blob of each migration of a commit."""
    found = {}
    for entry in git(root, "ls-tree", "-r", "-z", commit).decode().split("\0")[:-1]:
        about, name = entry.split("\t")
        if Path(name).match(MIGRATIONS) and name.count("/") == 2:
            found[name] = about.split()[2]
    return found


def unpack(commit: str, folder: Path, root: Path = ROOT) -> None:
    """Write the files of a commit into a folder."""
    with tarfile.open(fileobj=io.BytesIO(git(root, "archive", "--format=tar", commit))) as archive:
        archive.extractall(folder, filter="data")


def git(root: Path, *arguments: str) -> bytes:
    try:
        return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True).stdout
    except FileNotFoundError:
        raise NoHistory("git is not installed.") from None
    except subprocess.CalledProcessError as error:
        raise NoHistory(f"git {arguments[0]}: {error.stderr.decode().strip()}") from None
