"""The figures of a simulation as tables, which docs/findings.md holds as they are printed. Does not import numpy."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from insights.findings.simulation.measures import Share, Tally

NOTHING = "–"
COLUMNS = (
    *("people", "days", "with both answers", "SD", "shown anything", "chance among shown", "covered"),
    "effects shown",
)


def table_of_findings(tallies: Iterable["Tally"]) -> list[str]:
    """A row for each scenario and number of days."""
    return table(COLUMNS, ([tally.scenario.title, *figures(tally)] for tally in tallies))


def table_of_rules(tallies: Iterable["Tally"]) -> list[str]:
    """A row for each scenario and rule."""
    columns = ("people", "rule", *COLUMNS[1:])
    return table(columns, ([tally.scenario.title, tally.rule.title, *figures(tally)] for tally in tallies))


def figures(tally: "Tally") -> list[str]:
    return [
        f"{tally.scenario.days}",
        f"{tally.mean_days:.0f} ({100 * tally.mean_days / tally.scenario.days:.0f} %)",
        f"{tally.mean_spread:.2f}",
        percent(tally.people_with_any) if tally.scenario.has_no_effect else NOTHING,
        with_error(tally.false_discoveries, tally.false_discoveries_error),
        percent(tally.covered),
        percent(tally.power),
    ]


def table_of_guards(tallies: Iterable["Tally"]) -> list[str]:
    """What the guard marks, of the scenarios in which something can be marked rightly or wrongly."""
    columns = ("people", "days", "links with a known direction", "shown", "shown and marked", "marked, of all")
    rows = (
        [
            tally.scenario.title,
            f"{tally.scenario.days}",
            f"{tally.power.of:,}",
            f"{tally.power.number:,}",
            f"{tally.marked.number:,}",
            percent(tally.marked_of_all),
        ]
        for tally in tallies
        if tally.power.of
    )
    return table(columns, rows)


def percent(share: "Share") -> str:
    return NOTHING if share.value is None else with_error(share.value, share.error)


def with_error(value: float, error: float) -> str:
    """A share and its standard error: `8.1 % ± 1.6`."""
    return f"{100 * value:.1f} % ± {100 * error:.1f}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table in Markdown, with columns as wide as their longest cell."""
    cells = [list(columns), *([*row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells)
    lines = [f"| {' | '.join(row)} |" for row in padded]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]
