from django.urls import path, register_converter

from logs import converters, views

register_converter(converters.DayConverter, "day")
register_converter(converters.MonthConverter, "month")
register_converter(converters.YearConverter, "year")
register_converter(converters.StageConverter, "stage")

app_name = "logs"

urlpatterns = [
    path("", views.history, name="history"),
    path("not-tracked/", views.not_tracked_days, name="not_tracked_days"),
    path("medications/", views.medications, name="medications"),
    path("medications/<int:pk>/", views.medication, name="medication"),
    path("medications/<int:pk>/undo/", views.undo_medication, name="undo_medication"),
    path("<day:day>/", views.day, name="day"),
    path("<day:day>/not-tracked/", views.mark_not_tracked, name="not_tracked"),
    path("<day:day>/tracked/", views.mark_tracked, name="tracked"),
    path("<day:day>/delete/", views.delete_day, name="delete"),
    path("<day:day>/undo/", views.undo_change, name="undo"),
    path("<day:day>/<stage:stage>/", views.check_in, name="check_in"),
]
