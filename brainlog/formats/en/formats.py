"""What Django reads for English, whose words are on all pages. Inputs and numbers stay as Django has them."""

from brainlog.formats import ActivePattern

DATE_FORMAT = ActivePattern("DATE_FORMAT")
SHORT_DATE_FORMAT = ActivePattern("SHORT_DATE_FORMAT")
MONTH_DAY_FORMAT = ActivePattern("MONTH_DAY_FORMAT")
YEAR_MONTH_FORMAT = ActivePattern("YEAR_MONTH_FORMAT")
TIME_FORMAT = ActivePattern("TIME_FORMAT")
DATETIME_FORMAT = ActivePattern("DATETIME_FORMAT")
SHORT_DATETIME_FORMAT = ActivePattern("SHORT_DATETIME_FORMAT")
