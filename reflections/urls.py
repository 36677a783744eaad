from django.urls import path

from reflections import views

app_name = "reflections"

# The converters for dates are registered by logs.urls.
urlpatterns = [
    path("", views.reflections, name="list"),
    path("other/", views.other_week, name="other"),
    path("numbers/<month:first>/", views.month_numbers, name="month"),
    path("numbers/<year:first>/", views.year_numbers, name="year"),
    path("<day:day>/", views.week, name="week"),
    path("<day:day>/delete/", views.delete, name="delete"),
    path("<day:day>/undo/", views.undo_change, name="undo"),
]
