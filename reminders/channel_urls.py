from django.urls import path

from reminders import channel_views as views, push_views

urlpatterns = [
    path("", views.channels, name="channels"),
    path("push/renew/", push_views.renew, name="push_renew"),
    path("<slug:slug>/add/", views.channel_add, name="channel_add"),
    path("<int:pk>/remove/", views.channel_remove, name="channel_remove"),
    path("<int:pk>/test/", views.channel_test, name="channel_test"),
]
