from django.urls import path

from reminders import email_views

urlpatterns = [
    path("email/add/", email_views.email_add, name="email_add"),
    path("off/<str:token>/", email_views.email_off, name="email_off"),
]
