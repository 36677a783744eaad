#!/usr/bin/env python
import os
import select
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brainlog.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import DatabaseError, OperationalError
    except ImportError:
        sys.exit("Django is not installed for this Python. Say `make run` once, then .venv/bin/python manage.py …")
    if sys.argv[1:2] == ["make_key"]:
        # It is asked for while there are no settings to find commands by.
        from operations.management.commands.make_key import Command

        return Command().run_from_argv(sys.argv)
    try:
        try:
            execute_from_command_line(sys.argv)
        finally:
            sys.stdout.flush()
    except ImproperlyConfigured as error:
        # It says what to set; where in the code that was noticed helps nobody.
        sys.exit(str(error))
    except DatabaseError as error:
        from brainlog.database.errors import NO_FILE, code_of, remedy_for
        from brainlog.database.urls import reason

        code = code_of(error)
        remedy = remedy_for(code)
        if "--traceback" in sys.argv or not (remedy or isinstance(error, OperationalError)):
            raise
        if code == NO_FILE:
            sys.exit(f"Check DATABASE_URL: {error}.")
        remedy = remedy or "The database refused a statement."
        sys.exit(f"{remedy} The message was: {reason(error)}. manage.py checkdb says more.")
    except BrokenPipeError:
        if not is_stdout_closed():
            raise
        # Such as head, which has had enough. Python itself would try again at the end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + 13)  # As of a program that SIGPIPE has ended.


def is_stdout_closed() -> bool:
    """Whether our output went to a program that has ended, and not, say, ours to gpg."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


if __name__ == "__main__":
    main()
