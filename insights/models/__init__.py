from insights.models.appointments import Appointment
from insights.models.links import ReportLink, ReportOpening, TooManyLinks
from insights.models.reports import Report

__all__ = ["Appointment", "Report", "ReportLink", "ReportOpening", "TooManyLinks"]
