import sys

from django.core.management.base import BaseCommand
from django.utils import timezone

from reminders.models import Delivery
from reminders.plans import replan_all
from reminders.rounds import run_round
from reminders.sender import STOP_SECONDS, Sender

SECONDS = 50


class Command(BaseCommand):
    help = (
        "Send the reminders that are due, once: for cron, every minute, where manage.py work does not run. "
        "The exit code is 1 if some of them still wait when the time is over; the next run sends them."
    )

    def add_arguments(self, parser):
        parser.add_argument("--seconds", type=int, default=SECONDS, help=f"how long it may take [{SECONDS}]")
        parser.add_argument(
            "--replan",
            action="store_true",
            help="first compute anew when everyone is reminded next: once a night, as an update of the system's time "
            "zones may move it",
        )

    def handle(self, *args, seconds, replan, **options):
        now = timezone.now()
        if replan:
            self.stdout.write(f"Computed all plans anew: {replan_all(now)} moved.")
        done, sender = run_round(now), Sender()
        sender.send_waiting(now)
        to_stop = min(STOP_SECONDS, seconds / 2)
        sender.wait(seconds - to_stop)
        sender.stop(to_stop)
        Delivery.objects.settle_lost(now)
        Delivery.objects.delete_old(now)
        self.stdout.write(
            f"Plans due: {done.due}, reminders queued: {done.queued}, sent: {sender.sent}, failed: {sender.failed}."
        )
        if left := Delivery.objects.waiting(timezone.now()).count():
            self.stderr.write(f"Reminders that still wait: {left}.")
            sys.exit(1)
