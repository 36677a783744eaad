from django.urls import path, register_converter

from logs import (
    bad_day_views,
    converters,
    history_views,
    medication_views,
    own_question_views,
    question_views,
    views,
    waiting_saves,
)

register_converter(converters.DayConverter, "day")
register_converter(converters.MonthConverter, "month")
register_converter(converters.YearConverter, "year")
register_converter(converters.StageConverter, "stage")

app_name = "logs"

urlpatterns = [
    path("", history_views.history, name="history"),
    path("search/", history_views.search, name="search"),
    path("waiting/", waiting_saves.waiting, name="waiting"),
    path("not-tracked/", views.not_tracked_days, name="not_tracked_days"),
    path("medications/", medication_views.medications, name="medications"),
    path("medications/<int:pk>/", medication_views.medication, name="medication"),
    path("medications/<int:pk>/merge/", medication_views.merge, name="medication_merge"),
    path("medications/<int:pk>/delete/", medication_views.delete, name="medication_delete"),
    path("medications/<int:pk>/taken/", medication_views.taken, name="medication_taken"),
    path("medications/<int:pk>/undo/", medication_views.undo_change, name="undo_medication"),
    path("questions/", question_views.questions, name="questions"),
    path("questions/new/", own_question_views.new_question, name="new_question"),
    path("questions/gallery/", own_question_views.gallery, name="question_gallery"),
    path("questions/<int:pk>/", own_question_views.own_question, name="own_question"),
    path("one-question/", bad_day_views.ask_one, name="ask_one"),
    path("<day:day>/", views.day, name="day"),
    path("<day:day>/one-question/<slug:name>/", bad_day_views.one_question, name="one_question"),
    path("<day:day>/catch-up/", bad_day_views.catch_up, name="catch_up"),
    path("<day:day>/catch-up/not-now/", bad_day_views.decline_catch_up, name="decline_catch_up"),
    path("<day:day>/not-tracked/", views.mark_not_tracked, name="not_tracked"),
    path("<day:day>/tracked/", views.mark_tracked, name="tracked"),
    path("<day:day>/delete/", views.delete_day, name="delete"),
    path("<day:day>/undo/", views.undo_change, name="undo"),
    path("<day:day>/<stage:stage>/", views.check_in, name="check_in"),
]
