from django.urls import path

from insights import appointment_views, event_views, link_urls, report_views, word_views, year_views
from insights.around_dose import views as dose_views
from insights.change import views as change_views
from insights.findings import views as finding_views
from insights.trends import views as trend_views

app_name = "insights"

# The converters for dates are registered by logs.urls.
urlpatterns = [
    path("", trend_views.trends, name="trends"),
    path("trends/<slug:key>/", trend_views.trend, name="trend"),
    path("trends/<slug:key>.csv", trend_views.trend_csv, name="trend_csv"),
    path("change/", change_views.changes, name="changes"),
    path("change/<day:day>/", change_views.change, name="change"),
    path("doses/", dose_views.doses, name="doses"),
    path("findings/", finding_views.findings, name="findings"),
    path("findings/state/", finding_views.findings_state, name="findings_state"),
    path("findings/guess/", finding_views.guess, name="guess"),
    path("findings/compute/", finding_views.compute, {"kind": "findings"}, name="compute_findings"),
    path("findings/noise/", finding_views.compute, {"kind": "noise"}, name="compute_noise"),
    path("events/", event_views.events, name="events"),
    path("events/undo/", event_views.undo_deletion, name="undo_event"),
    path("events/<int:pk>/", event_views.event, name="event"),
    path("events/<int:pk>/delete/", event_views.delete, name="event_delete"),
    path("words/", word_views.words, name="words"),
    path("words/hidden/", word_views.hidden_days, name="hidden_days"),
    path("words/hide/", word_views.hide_day, name="hide_day"),
    path("words/show/", word_views.show_day, name="show_day"),
    path("report/", report_views.reports, name="reports"),
    path("report/appointments/", appointment_views.appointments, name="appointments"),
    path("report/appointments/<int:pk>/", appointment_views.appointment, name="appointment"),
    path("report/appointments/<int:pk>/delete/", appointment_views.delete, name="appointment_delete"),
    path("report/<int:pk>/", report_views.report, name="report"),
    path("report/<int:pk>/delete/", report_views.delete, name="report_delete"),
    path("year/<year:first>/", year_views.year, name="year"),
    *link_urls.urlpatterns,
]
