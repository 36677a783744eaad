app_name = "insights"

# The converters for dates are registered by logs.urls.
urlpatterns = []
