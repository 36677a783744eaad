"""Capture of log lines."""

import logging


def lines_during(action, formatter: logging.Formatter) -> list[str]:
    """The lines that all loggers write at any level while `action` runs."""
    lines = []

    class Capture(logging.Handler):
        def emit(self, record):
            lines.append(formatter.format(record))

    root, capture = logging.getLogger(), Capture()
    level = root.level
    root.addHandler(capture)
    root.setLevel(logging.DEBUG)
    try:
        action()
    finally:
        root.setLevel(level)
        root.removeHandler(capture)
    return lines
