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
        sys.exit("Django is not installed for this Python. Run `make run` once, then .venv/bin/python manage.py …")
    if sys.argv[1:2] == ["make_key"]:
        # It has to work before the settings are complete, which Django needs to find commands.
        from operations.management.commands.make_key import Command

        return Command().run_from_argv(sys.argv)
    try:
        try:
            execute_from_command_line(sys.argv)
        finally:
            sys.stdout.flush()
    except ImproperlyConfigured as error:
        # The message says what to set; a traceback would not help.
        sys.exit(str(error))
    except DatabaseError as error:
        from brainlog.database.errors import NO_FILE, error_code, remedy_for
        from brainlog.database.urls import reason

        code = error_code(error)
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
        # The reader, such as head, has closed the pipe. Python would flush again at exit, and print an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + 13)  # The exit code of a program that was ended by SIGPIPE.


def is_stdout_closed() -> bool:
    """Whether stdout is the closed pipe, and not a pipe to a program such as gpg."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


if __name__ == "__main__":
    main()
