import signal

from django.core.management.base import BaseCommand

from operations.background import Background
from operations.computations import Computations


class Command(BaseCommand):
    help = (
        "Send reminders at each full minute, delete old records of them, and compute findings. Runs until SIGTERM or "
        "Ctrl-C, and then waits for the reminders that are being sent, at most 12 seconds. Several at once do no harm."
    )

    # Those of the web processes are enough: manage.py check and the start of the server print them.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--with-parent", type=int, metavar="PID", help="end when this process, which started it, has ended"
        )

    def handle(self, *args, with_parent, **options):
        background = Background(with_parent)

        def stop(number, frame):
            background.stopping.set()
            signal.signal(number, signal.SIG_DFL)  # A second one ends it at once.

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        computations = Computations(background.stopping)
        computations.start()
        try:
            background.run()
        finally:
            background.stopping.set()
            computations.join()
