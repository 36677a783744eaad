from django.contrib import admin
from django.urls import include, path

handler400 = "brainlog.database.errors.bad_request"
handler403 = "brainlog.database.errors.permission_denied"
handler404 = "brainlog.database.errors.page_not_found"
handler500 = "brainlog.database.errors.server_error"

# Left out: the address that sends from a row to its person's page. It would tell everybody on the staff which rows
# there are, and of what day.
admin_pages = [page for page in admin.site.get_urls() if getattr(page, "name", "") != "view_on_site"]

urlpatterns = [
    path("", include("home.urls")),
    path("logs/", include("logs.urls")),
    path("reflections/", include("reflections.urls")),
    path("accounts/data/", include("personal_data.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/", (admin_pages, "admin", admin.site.name)),
    path("", include("operations.urls")),
]
