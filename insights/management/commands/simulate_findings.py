import time

from django.core.management.base import BaseCommand, CommandError

from insights.findings.simulation.gates import missed
from insights.findings.simulation.scenarios import SCENARIO_BY_NAME, USUAL_DAYS
from insights.findings.simulation.tables import table_of_findings, table_of_guards, table_of_rules

PEOPLE, PEOPLE_AT_LENGTH = 40, 600
DAYS_AT_LENGTH = (90, USUAL_DAYS, 365)
SEED = 15
BAR = 30  # characters
INTERVAL = 5  # seconds between two lines of progress, where output is not a terminal


class Command(BaseCommand):
    help = (
        "Measure the rule of findings, and rules in use elsewhere, on simulated people whose effects are known: how "
        "many without any effect are shown one, what share of what is shown is chance, how often intervals hold the "
        "truth, and how many effects are shown. Uses no database. Fails if findings miss a gate. docs/findings.md "
        "explains the figures."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--people", type=int, help=f"simulated people for each row (default: {PEOPLE})")
        parser.add_argument("--seed", type=int, default=SEED, help="of all random numbers (default: %(default)s)")
        parser.add_argument("--days", type=int, nargs="+", help=f"days of each person (default: {USUAL_DAYS})")
        parser.add_argument("--scenario", nargs="+", default=[], choices=SCENARIO_BY_NAME, help="default: all")
        parser.add_argument(
            "--at-length",
            action="store_true",
            help=f"{PEOPLE_AT_LENGTH} people for each row, over {DAYS_AT_LENGTH} days: some 10 minutes",
        )

    def handle(self, *args, people, seed, days, scenario, at_length, **options):
        people = people or (PEOPLE_AT_LENGTH if at_length else PEOPLE)
        days = days or (DAYS_AT_LENGTH if at_length else (USUAL_DAYS,))
        if people < 2 or seed < 0 or not all(28 <= each <= 3650 for each in days):
            raise CommandError("At least 2 people, a seed from 0 on, and 28 to 3650 days.")
        tallies = self.tallies(people, seed, days, scenario)
        findings = [of_rules[0] for of_rules in tallies]
        self.write(f"Findings. {people} people for each row, seed {seed}.", table_of_findings(findings))
        self.write("Other rules, on the same people.", table_of_rules(each for some in tallies for each in some[1:]))
        self.write("The guard.", table_of_guards(findings))
        faults = [sentence for tally in findings for sentence in missed(tally)]
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write("All gates are passed.")

    def tallies(self, people, seed, days, names) -> list[list]:
        """The tallies of all rules for each scenario. Other rules are measured over one number of days alone."""
        from insights.findings.simulation.run import run, scenarios_over  # They import numpy.

        usual, found = (USUAL_DAYS if USUAL_DAYS in days else days[0]), []
        for scenario in scenarios_over(names, days):
            bar = Bar(self.stderr, f"{scenario.title}, {scenario.days} days", people)
            found.append(run(scenario, people, seed, with_rivals=scenario.days == usual, progress=bar.show))
        return found

    def write(self, title: str, lines: list[str]) -> None:
        self.stdout.write(f"{title}\n\n" + "\n".join(lines) + "\n")


class Bar:
    """Progress of one row: redrawn in place on a terminal, else a line every few seconds."""

    def __init__(self, output, title: str, of: int):
        self.output, self.title, self.of = output, title, of
        self.reported = time.monotonic()

    def show(self, done: int) -> None:
        is_terminal = self.output.isatty()
        is_due = time.monotonic() - self.reported >= INTERVAL
        if not is_terminal and not is_due:
            return
        self.reported = time.monotonic()
        filled = BAR * done // self.of
        line = f"[{'#' * filled}{'.' * (BAR - filled)}] {done} of {self.of}: {self.title}"
        end = "\n" if done == self.of or not is_terminal else ""
        self.output.write(("\r" if is_terminal else "") + line, ending=end)
