from logs.models.daily_log import (
    HEADLINES,
    DailyLog,
    headline_name_of,
    logs_between,
    logs_carried_on,
    logs_listed,
    logs_of_day,
    stages_counted,
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
from logs.models.own_questions import (
    OwnAnswer,
    OwnAnswerColumns,
    OwnQuestion,
    RowWithOwnAnswers,
    attach_own_answers,
    own_questions_of,
)
from logs.models.question_sets import QuestionSet

__all__ = [
    "HEADLINES",
    "DailyLog",
    "Dose",
    "Medication",
    "QuestionSet",
    "Unit",
    "OwnAnswer",
    "OwnAnswerColumns",
    "OwnQuestion",
    "RowWithOwnAnswers",
    "amount_in_words",
    "attach_own_answers",
    "doses_of_log",
    "headline_name_of",
    "logs_between",
    "logs_carried_on",
    "logs_listed",
    "logs_of_day",
    "medications_with_doses_of",
    "own_questions_of",
    "stages_counted",
    "stages_done_of",
]
