from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

import logs.views

handler500 = "brainlog.errors.server_error"

# One way in, with its limits and its second factor.
admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("", logs.views.today, name="today"),
    path("logs/", include("logs.urls")),
    path("reflections/", include("reflections.urls")),
    path("accounts/data/", include("personal_data.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("operations.urls")),
]
