#!/usr/bin/env python
import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brainlog.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed for this Python. Say `make run` once, then .venv/bin/python manage.py …")
    if sys.argv[1:2] == ["make_key"]:
        # It is asked for while there are no settings to find commands by.
        from operations.management.commands.make_key import Command

        return Command().run_from_argv(sys.argv)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # It says what to set; where in the code that was noticed helps nobody.
        sys.exit(str(error))


if __name__ == "__main__":
    main()
