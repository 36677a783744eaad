from django.urls import path

from home import installable, views, worth_it

urlpatterns = [
    path("", views.today, name="today"),
    path("worth-it/", worth_it.worth_it, name="worth_it"),
    path("now/", installable.now, name="now"),
    path("offline/", installable.offline, name="offline"),
    path("manifest.webmanifest", installable.manifest, name="manifest"),
    path("sw.js", installable.service_worker, name="service_worker"),
]
