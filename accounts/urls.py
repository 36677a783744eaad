"""URLs of accounts, each with our name and, where allauth reverses it, with allauth's name."""

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.urls import include, path

from accounts import email_address, passkeys, password_reset, second_factor, views
from accounts.social_login import forbid_if_provider_only

set_password = reauthentication_required(views.SetPasswordView.as_view(), app="accounts")

PAGES = [
    # route, view, name in our namespace, name for allauth
    ("signup/", forbid_if_provider_only(views.SignUpView.as_view()), "signup", "account_signup"),
    ("login/", views.LoginView.as_view(), "login", "account_login"),
    ("logout/", views.LogoutView.as_view(), "logout", "account_logout"),
    ("profile/", views.profile, "profile", None),
    ("profile/zone/", views.use_zone, "use_zone", None),
    ("profile/notices/", views.pause_notices, "pause_notices", None),
    ("security/", views.PasswordChangeView.as_view(), "security", "account_change_password"),
    ("security/new/", set_password, "set_password", "account_set_password"),
    ("sessions/", views.sessions, "sessions", None),
    ("sessions/end/", views.end_sessions, "end_sessions", None),
    ("events/", views.account_events, "events", None),
    ("delete/", views.delete_account, "delete", None),
    ("email/", email_address.email, "email", None),
    ("email/<str:token>/", email_address.email_confirm, "email_confirm", None),
    ("reset/", forbid_if_provider_only(password_reset.reset), "reset", None),
    ("reset/code/", forbid_if_provider_only(password_reset.reset_by_code), "reset_by_code", None),
    (
        "reset/<uidb64>/<token>/",
        forbid_if_provider_only(password_reset.ResetByLinkView.as_view()),
        "reset_by_link",
        None,
    ),
    ("second-factor/", second_factor.second_factor, "second_factor", "mfa_index"),
    ("second-factor/app/", second_factor.app_on, "app_on", "mfa_activate_totp"),
    ("second-factor/app/off/", second_factor.app_off, "app_off", "mfa_deactivate_totp"),
    ("second-factor/codes/", second_factor.recovery_codes, "recovery_codes", "mfa_view_recovery_codes"),
    ("second-factor/codes/new/", second_factor.new_recovery_codes, "recovery_codes_new", "mfa_generate_recovery_codes"),
    ("passkeys/add/", passkeys.AddPasskeyView.as_view(), "passkey_add", "mfa_add_webauthn"),
    ("passkeys/<int:pk>/remove/", passkeys.RemovePasskeyView.as_view(), "passkey_remove", "mfa_remove_webauthn"),
    (
        "login/passkey/",
        forbid_if_provider_only(passkeys.PasskeyLoginView.as_view()),
        "passkey_login",
        "mfa_login_webauthn",
    ),
    ("login/code/", second_factor.CodeView.as_view(), "code", "mfa_authenticate"),
    ("confirm/", second_factor.confirm, "confirm", "account_reauthenticate"),
    ("confirm/code/", second_factor.confirm_by_code, "confirm_code", "mfa_reauthenticate"),
    (
        "confirm/passkey/",
        passkeys.PasskeyReauthenticationView.as_view(),
        "confirm_passkey",
        "mfa_reauthenticate_webauthn",
    ),
]

provider_urls = []
if settings.PROVIDERS:
    from allauth.urls import build_provider_urlpatterns

    from accounts import social_login_views

    PAGES += social_login_views.PAGES
    provider_urls = build_provider_urlpatterns()

own_urls = [path(route, view, name=name) for route, view, name, _ in PAGES]
urlpatterns = [
    path("", include((own_urls, "accounts"))),
    *(path(route, view, name=name) for route, view, _, name in PAGES if name),
    *provider_urls,
]
