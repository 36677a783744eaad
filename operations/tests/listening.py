"""What is logged while something is done."""

import logging


def lines_during(deed, formatter: logging.Formatter) -> list[str]:
    """The lines of all loggers, at any level."""
    lines = []

    class Listener(logging.Handler):
        def emit(self, record):
            lines.append(formatter.format(record))

    root, listener = logging.getLogger(), Listener()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        deed()
    finally:
        root.setLevel(level)
        root.removeHandler(listener)
    return lines
