from django.urls import path

from insights import link_views, shared_views

urlpatterns = [
    path("report/links/end/", link_views.end_links, name="end_report_links"),
    path("report/<int:pk>/preview/", link_views.preview, name="report_preview"),
    path("report/<int:pk>/links/", link_views.links, name="report_links"),
    path("report/<int:pk>/links/new/", link_views.new_link, name="new_report_link"),
    path("report/<int:pk>/links/<int:link_pk>/end/", link_views.end_link, name="end_report_link"),
    path("report/<int:pk>/<str:name>.pdf", link_views.report_pdf, name="report_pdf"),
    path("shared/<str:token>/", shared_views.shared, name="shared"),
    path("shared/<str:token>/<str:name>.pdf", shared_views.shared_pdf, name="shared_pdf"),
]
