"""The parts of a row that are saved on their own: the check-ins of a day, or the whole of a week.

Each part has columns beside those of its answers, whose names begin alike: when it was done, when it was first
answered and in which time zone, which answers were recalled later, and what was asked.
docs/decisions/0025-what-was-asked-and-when.md
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise

from brainlog.database.person_keys import CompositeForeignKey, SamePersonForeignKey

MOST_MINUTES = 960  # that a time zone is ahead of UTC or behind it


@dataclass(frozen=True)
class Part:
    """The names of the columns beside the answers.

    `usual` are the names of the questions that a part asked which was saved before sets of questions were stored.
    """

    prefix: str
    usual: frozenset[str]

    @property
    def completed_at(self) -> str:
        """When all that makes it done was answered."""
        return f"{self.prefix}completed_at"

    @property
    def answered_at(self) -> str:
        """When the first answer was saved. Later saves do not change it."""
        return f"{self.prefix}answered_at"

    @property
    def utc_offset(self) -> str:
        """How many minutes the person's clock was ahead of UTC then."""
        return f"{self.prefix}utc_offset"

    @property
    def recalled(self) -> str:
        """The names of the questions that were first answered when the day or week was over."""
        return f"{self.prefix}recalled"

    @property
    def asked(self) -> str:
        """The set of questions that its pages asked. NULL if nothing is answered, or was before this was stored."""
        return f"{self.prefix}asked"

    @property
    def asked_id(self) -> str:
        return f"{self.asked}_id"

    @property
    def recorded(self) -> tuple[str, str, str, str]:
        """What is recorded of it besides when it was done."""
        return *self.kept_off_pages, self.asked

    @property
    def kept_off_pages(self) -> tuple[str, str, str]:
        """What no page shows, so that its query need not read it."""
        return self.answered_at, self.utc_offset, self.recalled

    def constraints(self, model_name: str) -> Iterator[models.BaseConstraint]:
        start = f"{model_name}_{self.prefix}"
        yield CompositeForeignKey(
            fields=[self.asked, "user"], to_fields=["id", "user"], name=f"{start}asked_of_same_person"
        )
        at, offset = Q(**{f"{self.answered_at}__isnull": True}), Q(**{f"{self.utc_offset}__isnull": True})
        recalled, asked = Q(**{f"{self.recalled}__isnull": True}), Q(**{f"{self.asked}__isnull": True})
        in_range = Q(**{f"{self.utc_offset}__gte": -MOST_MINUTES, f"{self.utc_offset}__lte": MOST_MINUTES})
        yield models.CheckConstraint(
            condition=(at & offset) | (~at & ~offset & in_range), name=f"{start}utc_offset_valid"
        )
        # Nothing is recorded of a part that has no answers.
        yield models.CheckConstraint(condition=~asked | (at & recalled), name=f"{start}recorded")


def asked_field(verbose_name: str | Promise) -> SamePersonForeignKey:
    """The column of a part's set of questions. Sets are deleted with their person, and not one by one."""
    return SamePersonForeignKey(
        "logs.QuestionSet",
        models.DO_NOTHING,
        verbose_name=verbose_name,
        related_name="+",
        null=True,
        editable=False,
        db_constraint=False,
        db_index=False,
    )
