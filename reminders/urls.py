from django.urls import include, path

from reminders import email_urls, feed_urls, views

app_name = "reminders"

urlpatterns = [
    path("", views.reminders, name="reminders"),
    path("later/", views.later, name="later"),
    path("pause/", views.pause, name="pause"),
    path("snooze/", views.snooze, name="snooze"),
    path("channels/", include("reminders.channel_urls")),
    *feed_urls.urlpatterns,
    *email_urls.urlpatterns,
]
