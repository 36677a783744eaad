from django.urls import path

from reminders import channel_views as views

urlpatterns = [
    path("", views.channels, name="channels"),
    path("<slug:slug>/add/", views.channel_add, name="channel_add"),
    path("<int:pk>/remove/", views.channel_remove, name="channel_remove"),
    path("<int:pk>/test/", views.channel_test, name="channel_test"),
]
