from django.urls import path

from personal_data import views

app_name = "personal_data"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("export/", views.export, name="export"),
    path("wipe/", views.wipe, name="wipe"),
]
