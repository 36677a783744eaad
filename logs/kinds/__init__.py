"""The kinds of answer: how each is asked for, checked, shown and described. No model in it.

An answer that was not given is None, whatever its kind.
"""

from logs.kinds.base import Kind
from logs.kinds.choices import Choice, Several, YesNo
from logs.kinds.numbers import Count, Hours, Number, Score, TwoNumbers
from logs.kinds.texts import Line, Note
from logs.kinds.times import Time

__all__ = [
    "Choice",
    "Count",
    "Hours",
    "Kind",
    "Line",
    "Note",
    "Number",
    "Score",
    "Several",
    "Time",
    "TwoNumbers",
    "YesNo",
]
