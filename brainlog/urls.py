from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView

import logs.views
from accounts.views import LogoutView

handler500 = "brainlog.errors.server_error"

# One way in, one to another password and one out, with their limits, second factor and security events. Django's own
# pages have none of these, and would serve somebody who is logged in to guess at other accounts.
admin.site.login = login_not_required(secure_admin_login(RedirectView.as_view(pattern_name="admin:index")))
admin.site.password_change = RedirectView.as_view(pattern_name="accounts:security")
admin.site.logout = LogoutView.as_view()
# Left out: the address that sends from a row to its person's page. It would tell everybody on the staff which rows
# there are, and of what day.
admin_pages = [page for page in admin.site.get_urls() if getattr(page, "name", "") != "view_on_site"]

urlpatterns = [
    path("", logs.views.today, name="today"),
    path("logs/", include("logs.urls")),
    path("reflections/", include("reflections.urls")),
    path("accounts/data/", include("personal_data.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/", (admin_pages, "admin", admin.site.name)),
    path("", include("operations.urls")),
]
