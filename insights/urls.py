from django.urls import path

from insights import event_views, link_urls

app_name = "insights"

# The converters for dates are registered by logs.urls.
urlpatterns = [
    path("events/", event_views.events, name="events"),
    path("events/undo/", event_views.undo_deletion, name="undo_event"),
    path("events/<int:pk>/", event_views.event, name="event"),
    path("events/<int:pk>/delete/", event_views.delete, name="event_delete"),
    *link_urls.urlpatterns,
]
