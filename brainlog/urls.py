from django.contrib import admin
from django.urls import include, path

import logs.views

handler500 = "brainlog.errors.server_error"

urlpatterns = [
    path("", logs.views.today, name="today"),
    path("logs/", include("logs.urls")),
    path("reflections/", include("reflections.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("operations.urls")),
]
