from django.urls import path

from operations import metrics, privacy

urlpatterns = [
    path("privacy/", privacy.privacy, name="privacy"),
    path("metrics", metrics.metrics, name="metrics"),
]
