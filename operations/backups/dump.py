"""What a database gives to be archived."""

from collections.abc import Generator
from dataclasses import dataclass

from operations.backups.manifest import Contents
from operations.backups.pipeline import Program


@dataclass
class Dump:
    """The bytes are `source` sent through `programs`, and are of the same moment as `contents`."""

    contents: Contents
    source: Generator[bytes] | None
    programs: list[Program]
    versions: dict[str, str]
