from django.urls import path

from support import views

app_name = "support"

urlpatterns = [
    path("", views.help_page, name="help"),
    path("plan/", views.plan, name="plan"),
    path("plan/undo/", views.undo_change, name="undo"),
    path("stop-offering/", views.stop_offering, name="stop_offering"),
]
