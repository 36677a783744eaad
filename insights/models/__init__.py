from insights.models.appointments import Appointment
from insights.models.events import Event
from insights.models.hidden_days import HiddenDay
from insights.models.links import ReportLink, ReportOpening, TooManyLinks
from insights.models.reports import Report

__all__ = ["Appointment", "Event", "HiddenDay", "Report", "ReportLink", "ReportOpening", "TooManyLinks"]
