import json

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User

AFTERWARDS = "probably not a cause: it comes afterwards just as much"
COLUMNS = "{:46} {:>4} {:>6} {:>8} {:>19} {:>8} {:>6} {:>5}  {}"
HEADS = ("comparison", "days", "needed", "estimate", "interval", "per", "q", "kept")


class Command(BaseCommand):
    help = (
        "Print the findings of a person: each comparison, kept or not, with its estimate and its 95 % interval, as the "
        "page shows them. Computes them anew and stores nothing. It prints no text that the person wrote. An estimate "
        "is in points or hours of the outcome: yes minus no, or for “per” more of an amount. “needed” counts the days "
        "with both answers that are still missing. The exit code is 1 if there is no such person."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--json", action="store_true", help="print a list with one object for each comparison")

    def handle(self, *args, username, **options):
        # Imports numpy, which takes longer than most commands.
        from insights.findings.computing import findings_of

        try:
            person = User.objects.get_by_natural_key(username)
        except User.DoesNotExist:
            raise CommandError(f"There is no person with the username “{username}”.") from None
        found = findings_of(person, person.kept_findings.days(), person.guesses.all())
        if options["json"]:
            self.stdout.write(json.dumps([facts_of(result) for result in found.results], indent=2, allow_nan=False))
            return
        self.stdout.write(
            COLUMNS.format("comparison", "days", "needed", "estimate", "interval", "per", "q", "kept", "")
        )
        for result in found.results:
            self.stdout.write(line_of(result).rstrip())
        self.stdout.write(f"{len(found.compared)} comparisons were made, {len(found.kept)} are kept.")


def facts_of(result) -> dict:
    """One comparison, as JSON has it."""
    estimate = result.estimate
    return {
        "key": result.key,
        "exposure": result.exposure,
        "outcome": result.outcome,
        "lag": result.lag,
        "kept": result.kept,
        "estimate": estimate and estimate.value,
        "low": estimate and estimate.low,
        "high": estimate and estimate.high,
        "per": result.per,
        "p": estimate and estimate.p,
        "q": result.q,
        "n": result.days,
        "guard": AFTERWARDS if result.guard else "",
        "needed": result.needed,
    }


def line_of(result) -> str:
    if not (estimate := result.estimate):
        return COLUMNS.format(result.key, result.days, result.needed, "", "", "", "", "", "")
    interval = f"{estimate.low:.2f} to {estimate.high:.2f}"
    per = f"{result.per:g}" if result.is_amount else ""
    kept = "yes" if result.kept else "no"
    return COLUMNS.format(
        *(result.key, result.days, "", f"{estimate.value:.2f}", interval, per, f"{result.q:.3f}", kept),
        AFTERWARDS if result.guard else "",
    )
