from insights.models.appointments import Appointment
from insights.models.reports import Report

__all__ = ["Appointment", "Report"]
