from django.urls import path

from reminders import feed_views

urlpatterns = [
    path("feed/", feed_views.feed, name="feed"),
    path("feed/off/", feed_views.feed_off, name="feed_off"),
    path("feed/<str:token>.ics", feed_views.calendar, name="calendar"),
]
