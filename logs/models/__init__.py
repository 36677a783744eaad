from logs.models.daily_log import (
    HEADLINES,
    DailyLog,
    headline_name_of,
    logs_between,
    logs_carried_on,
    logs_listed,
    logs_of_day,
    stages_done_of,
)
from logs.models.medications import (
    Dose,
    Medication,
    Unit,
    amount_in_words,
    doses_of_log,
    medications_with_doses_of,
)
from logs.models.question_sets import QuestionSet

__all__ = [
    "HEADLINES",
    "DailyLog",
    "Dose",
    "Medication",
    "QuestionSet",
    "Unit",
    "amount_in_words",
    "doses_of_log",
    "headline_name_of",
    "logs_between",
    "logs_carried_on",
    "logs_listed",
    "logs_of_day",
    "medications_with_doses_of",
    "stages_done_of",
]
