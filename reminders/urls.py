from reminders import email_urls, feed_urls

app_name = "reminders"

urlpatterns = [
    *feed_urls.urlpatterns,
    *email_urls.urlpatterns,
]
