"""The addresses of accounts, each by our name and, where allauth looks for it, by allauth's."""

from django.urls import include, path

from accounts import views

PAGES = [
    # address, view, name in our namespace, name for allauth
    ("signup/", views.SignUpView.as_view(), "signup", "account_signup"),
    ("login/", views.LoginView.as_view(), "login", "account_login"),
    ("logout/", views.LogoutView.as_view(), "logout", "account_logout"),
    ("profile/", views.profile, "profile", None),
    ("security/", views.PasswordChangeView.as_view(), "security", "account_change_password"),
    ("delete/", views.delete_account, "delete", None),
]

ours = [path(address, view, name=name) for address, view, name, _ in PAGES]
urlpatterns = [
    path("", include((ours, "accounts"))),
    *(path(address, view, name=name) for address, view, _, name in PAGES if name),
]
