"""Types that the modules of both database engines share: what they dump, and what they restore."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from operations.backups.manifest import Contents
from operations.backups.pipeline import Program
from operations.backups.progress import discard

# Seconds that a command waits for the locks of others, rather than for ever behind a migration that waits itself.
LOCK_TIMEOUT = 300


@dataclass
class Dump:
    """A consistent dump: `source` piped through `programs`, and the contents at the same moment."""

    contents: Contents
    source: Generator[bytes] | None
    programs: list[Program]
    versions: dict[str, str]


@dataclass
class Restore:
    """A stored archive, the programs that decrypt it, and how it is put into a database.

    `replace` first removes what the database contains. `is_exclusive` locks others out meanwhile, where the engine
    can do that.
    """

    archive: Generator[bytes]
    decryption: list[Program] = field(default_factory=list)
    replace: bool = False
    is_exclusive: bool = False
    lock_timeout: float = LOCK_TIMEOUT
    write: Callable[[str], None] = discard
