from django.urls import path

from reminders import views

app_name = "reminders"

urlpatterns = [
    path("", views.reminders, name="reminders"),
    path("later/", views.later, name="later"),
    path("pause/", views.pause, name="pause"),
    path("snooze/", views.snooze, name="snooze"),
]
