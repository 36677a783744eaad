from django.urls import path

from home import installable, views

urlpatterns = [
    path("", views.today, name="today"),
    path("now/", installable.now, name="now"),
    path("offline/", installable.offline, name="offline"),
    path("manifest.webmanifest", installable.manifest, name="manifest"),
    path("sw.js", installable.service_worker, name="service_worker"),
]
