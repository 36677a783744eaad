from insights.models.appointments import Appointment
from insights.models.computations import Computation
from insights.models.events import Event
from insights.models.findings import Guess, KeptFinding
from insights.models.hidden_days import HiddenDay
from insights.models.links import ReportLink, ReportOpening, TooManyLinks
from insights.models.reports import Report

__all__ = [
    "Appointment",
    "Computation",
    "Event",
    "Guess",
    "HiddenDay",
    "KeptFinding",
    "Report",
    "ReportLink",
    "ReportOpening",
    "TooManyLinks",
]
