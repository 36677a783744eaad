from django.contrib import admin
from django.urls import include, path

handler400 = "brainlog.error_pages.bad_request"
handler403 = "brainlog.error_pages.permission_denied"
handler404 = "brainlog.error_pages.page_not_found"
handler500 = "brainlog.error_pages.server_error"

# Without "view on site", which redirects from a row to its page: it would show all staff which rows exist, and of which
# days.
admin_pages = [page for page in admin.site.get_urls() if getattr(page, "name", "") != "view_on_site"]

urlpatterns = [
    path("", include("home.urls")),
    path("logs/", include("logs.urls")),
    path("reflections/", include("reflections.urls")),
    path("insights/", include("insights.urls")),
    path("help/", include("support.urls")),
    path("accounts/data/", include("personal_data.urls")),
    path("accounts/reminders/", include("reminders.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/", (admin_pages, "admin", admin.site.name)),
    path("", include("operations.urls")),
]
