"""Columns read as texts, which are converted here: Django converts each value of each row, and most occur often.

With ten years of answers, that would take longer than all else.
"""

import datetime
import json
from decimal import Decimal
from functools import lru_cache

from django.db.models import TextField
from django.db.models.functions import Cast


def as_text(name: str) -> Cast:
    """The column of this name as a text."""
    return Cast(name, TextField())


of_number = lru_cache(4096)(Decimal)
of_time = lru_cache(24 * 60)(datetime.time.fromisoformat)
of_list = lru_cache(1024)(json.loads)
