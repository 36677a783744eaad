"""A report with a block of each kind, for tests of what draws it."""

import datetime

from insights.report.contents import (
    Axis,
    Bands,
    Contents,
    DoseBand,
    Header,
    Items,
    Label,
    Panel,
    Passage,
    Point,
    Section,
    Sentences,
    Spread,
    Table,
    Track,
)

FIRST, LAST = datetime.date(2026, 2, 1), datetime.date(2026, 5, 1)
ONE_DAY = datetime.timedelta(days=1)


def day(number: int) -> datetime.date:
    """The day of the example's period with this number, from 0."""
    return FIRST + number * ONE_DAY


def example_axis() -> Axis:
    starts = [datetime.date(2026, month, 1) for month in (2, 3, 4, 5)]
    return Axis(FIRST, LAST, tuple(Label(date, f"1 {date:%b}") for date in starts))


def example_panel(title="Focus", *, is_flipped=False, is_weekly=False) -> Panel:
    axis = example_axis()
    if is_weekly:
        starts = range(0, axis.days - 6, 7)
        points = tuple(Point(day(number), day(number + 6), 5 + number % 3, 3, 8, 6) for number in starts)
        means = ()
    else:
        answered = [number for number in range(axis.days) if number % 6]
        points = tuple(Point(day(n), day(n), 3 + n % 5, 3 + n % 5, 3 + n % 5) for n in answered)
        means = tuple(None if 30 <= number < 40 else 5.0 + number % 2 for number in range(axis.days))
    return Panel(
        title,
        axis,
        least=1,
        most=10,
        end_low="none" if is_flipped else "very unfocused",
        end_high="extreme" if is_flipped else "very focused",
        points=points,
        means=means,
        now=Spread(5, 4, 6, 3, 7, 74),
        before=Spread(4.5, 3, 6, 1, 9, 60),
        is_weekly=is_weekly,
        is_flipped=is_flipped,
        note="Drawn upside down, so that up is better. The numbers are as recorded." if is_flipped else "",
        marks=(Label(day(20), "1"),),
        sentences=("Median 5, middle half 4 to 6, answered on 74 of 90 days.",),
    )


def example_report(question="Is the second dose too late?", words="Walked to the sea.\nSlept well.") -> Contents:
    """Ninety days. `question` and `words` are the person's own."""
    bands = Bands(
        "What you recorded on each dose",
        example_axis(),
        (
            Track(
                "Concerta",
                (DoseBand(day(0), day(39), "27 mg"), DoseBand(day(40), day(89), "36 mg", 1)),
                (day(12), day(61)),
            ),
            Track("Melatonin", (DoseBand(day(50), day(70), "0.5 mg"),)),
        ),
        (Label(day(20), "1"),),
        ("Concerta: 27 mg until 12 March, 36 mg from 13 March on.",),
    )
    side_effects = Table(
        "Side effects",
        ("Side effect", "Days present", "Strongest", "First", "Last", "Dose then"),
        (("Headache", "9 of 74 days asked", "moderate", "3 Feb", "28 Apr", "36 mg"),),
    )
    return Contents(
        language="en",
        first=FIRST,
        last=LAST,
        header=Header(
            "Report for an appointment",
            "February 1, 2026 – May 1, 2026",
            "Made on May 2, 2026 at 9:05",
            "Self-reported by the user. Not a clinical measurement. "
            "Answered 74 of 90 days, 9 marked not tracked, 6 filled in later.",
            "A private log you can show to the people who treat you.",
        ),
        sections=(
            Section("questions", "My questions", (Items((question,)),)),
            Section("doses", "Doses", (bands,)),
            Section("panels", "The period", (example_panel(), example_panel("Anxiety", is_flipped=True))),
            Section("side_effects", "Side effects", (side_effects,)),
            Section("reading", "How to read this page", (Sentences(("Dots are single days.",), is_note=True),)),
            Section("words", "In my own words", (Passage("May 1, What helped?", words),), is_detail=True),
            Section("weeks", "Week by week", (example_panel("Mood", is_weekly=True),), is_detail=True),
        ),
    )


def texts_in(value) -> list[str]:
    """Every text of a report, as it is shown: without the keys, the language and labels beside drawings."""
    match value:
        case str():
            return [value]
        case dict():
            hidden = {"kind", "key", "language", "first", "last", "date", "ticks", "bands", "marks", "missed"}
            return [text for name, each in value.items() if name not in hidden for text in texts_in(each)]
        case list():
            return [text for each in value for text in texts_in(each)]
    return []
