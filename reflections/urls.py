from django.urls import path

from reflections import views

app_name = "reflections"

# The <day:…> converter is registered by logs.urls.
urlpatterns = [
    path("", views.reflections, name="list"),
    path("other/", views.other_week, name="other"),
    path("<day:day>/", views.week, name="week"),
    path("<day:day>/delete/", views.delete, name="delete"),
]
