"""What a person wrote, to be read again: by theme and month, without the days they do not want to see again."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from brainlog.database.retry import retry_on_conflict
from insights.models import HiddenDay
from logs.addresses import address_of_day
from logs.calendar_days import full_name_of
from logs.models import HEADLINES
from logs.periods import Month

# A day or week with this rating, or a lower one, is folded away: the list never opens with one.
HARD = 3


@dataclass(frozen=True)
class Theme:
    """One question in the list: its name in addresses and in a few words, its title, its column of day or week."""

    slug: str
    name: str
    title: str
    column: str
    is_week: bool = False


THEMES = (
    Theme("gratitude", _("Grateful for"), _("What you were grateful for"), "gratitude"),
    Theme("accomplishments", _("Got done"), _("What you got done"), "accomplishments"),
    Theme("lessons", _("Learned"), _("What you learned about yourself"), "lessons_learned", is_week=True),
    Theme("tomorrow", _("For tomorrow"), _("Thoughts for tomorrow"), "thought_for_tomorrow"),
)
THEME_BY_SLUG = {theme.slug: theme for theme in THEMES}


@dataclass(frozen=True, slots=True)
class Entry:
    """What was written on a day, or about the week that begins then."""

    date: datetime.date
    is_week: bool
    title: str
    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A theme with its entries, the newest first."""

    theme: Theme
    entries: list[Entry]


@dataclass(frozen=True)
class Page:
    """A month of words. `hard` are those of hard days, which are folded away. `before`, `after`: months with words."""

    month: Month
    sections: list[Section]
    hard: list[Section]
    before: Month | None
    after: Month | None

    @property
    def hard_days(self) -> int:
        return len({(entry.date, entry.is_week) for section in self.hard for entry in section.entries})


class Source:
    """Where the words of some themes are: the days or the weeks of a person, without those that they hid."""

    def __init__(self, person, themes: Sequence[Theme], *, is_week: bool):
        self.themes = [theme for theme in themes if theme.is_week == is_week]
        self.is_week = is_week
        self.by = "week_start" if is_week else "date"
        self.scores = ("week_rating",) if is_week else HEADLINES
        rows = person.weekly_reflections if is_week else person.daily_logs
        hidden = HiddenDay.objects.filter(user=person.pk, is_week=is_week).values("date")
        self.rows = rows.filter(self.is_written).exclude(**{f"{self.by}__in": hidden}) if self.themes else None

    @property
    def is_written(self) -> Q:
        return reduce(or_, (Q(**{f"{theme.column}__isnull": False}) for theme in self.themes))

    def dates(self, rows: QuerySet, order: str) -> list[datetime.date]:
        return list(rows.order_by(f"{order}{self.by}").values_list(self.by, flat=True)[:1])

    def newest(self) -> list[datetime.date]:
        """The date of the newest words; none if there are none. One query."""
        return self.dates(self.rows, "-") if self.themes else []

    def before(self, month: Month) -> list[datetime.date]:
        return self.dates(self.rows.filter(**{f"{self.by}__lt": month.first}), "-") if self.themes else []

    def after(self, month: Month) -> list[datetime.date]:
        return self.dates(self.rows.filter(**{f"{self.by}__gte": month.end}), "") if self.themes else []

    def rows_in(self, month: Month) -> list:
        """The rows of a month, the newest first, with nothing but scores and the words of these themes. One query."""
        if not self.themes:
            return []
        rows = self.rows.filter(**{f"{self.by}__range": (month.first, month.last)}).order_by(f"-{self.by}")
        return list(rows.only("user_id", self.by, *self.scores, *(theme.column for theme in self.themes)))

    def is_hard(self, row) -> bool:
        """By the rating, else by the first mood that is answered."""
        scores = (getattr(row, name) for name in self.scores)
        return next((score <= HARD for score in scores if score is not None), False)

    def entry(self, row, theme: Theme) -> Entry:
        date = getattr(row, self.by)
        title, address = (
            (str(row), row.get_absolute_url()) if self.is_week else (full_name_of(date), address_of_day(date))
        )
        return Entry(date, self.is_week, title, address, str(getattr(row, theme.column)))


def words_of(person, themes: Sequence[Theme], month: Month | None) -> Page:
    """A month of a person's words; without one, the newest that has any. Decrypts what it returns, and nothing else."""
    sources = [Source(person, themes, is_week=is_week) for is_week in (False, True)]
    if month is None:
        month = month_with(max, chain(*(source.newest() for source in sources))) or month_of(person.today())
    # Of a month that is not over, PostgreSQL would look for later days of all people.
    is_over = month.end <= person.today()
    found = [(source, row) for source in sources for row in source.rows_in(month)]
    return Page(
        month,
        sections_of(themes, [each for each in found if not each[0].is_hard(each[1])]),
        sections_of(themes, [each for each in found if each[0].is_hard(each[1])]),
        month_with(max, chain(*(source.before(month) for source in sources))),
        month_with(min, chain(*(source.after(month) for source in sources))) if is_over else None,
    )


def sections_of(themes: Sequence[Theme], found: Iterable[tuple[Source, object]]) -> list[Section]:
    """The themes with words among these rows of sources, in order."""
    sections = []
    for theme in themes:
        # Encrypted columns can only be asked whether they are NULL: a text that was emptied by a program is "".
        rows = [
            (source, row)
            for source, row in found
            if theme in source.themes and row.__dict__[theme.column] not in (None, "")
        ]
        if rows:
            sections.append(Section(theme, [source.entry(row, theme) for source, row in rows]))
    return sections


def month_of(day: datetime.date) -> Month:
    return Month(day.replace(day=1))


def month_with(choose, dates: Iterable[datetime.date]) -> Month | None:
    found = list(dates)
    return month_of(choose(found)) if found else None


# ── Hiding ───────────────────────────────────────────────────────────────────────────────────────


@retry_on_conflict
def hide(person, date: datetime.date, *, is_week: bool):
    """Leave a day or a week out of the list. Again, it changes nothing."""
    _row, is_new = person.hidden_days.get_or_create(date=date, is_week=is_week)
    if is_new:
        person.answers_changed()  # Pages that read from a replica wait for it.


@retry_on_conflict
def show_again(person, date: datetime.date, *, is_week: bool):
    deleted, _tables = person.hidden_days.filter(date=date, is_week=is_week).delete()
    if deleted:
        person.answers_changed()
