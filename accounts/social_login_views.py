"""Pages of social login. Imported only if a provider is configured."""

from allauth.account.decorators import reauthentication_required
from allauth.core.internal import ratelimit
from allauth.socialaccount import views
from allauth.socialaccount.internal.flows.signup import clear_pending_signup, complete_social_signup
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from accounts import rate_limits
from accounts.social_login import providers


class SocialSignUpView(views.SignupView):
    template_name = "accounts/external_signup.html"
    template_name_signup_closed = "accounts/signup_closed.html"

    def post(self, request, *args, **kwargs):
        rate_limits.consume_for_address(rate_limits.SIGN_UP, ratelimit.get_ip(request))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        if not form.save_person(self.request):
            return self.form_invalid(form)
        clear_pending_signup(self.request)
        return complete_social_signup(self.request, self.sociallogin)


@method_decorator(reauthentication_required(app="allauth.socialaccount"), name="dispatch")
class SocialAccountsView(views.ConnectionsView):
    template_name = "accounts/external.html"
    success_url = reverse_lazy("accounts:external")

    def get_context_data(self, **kwargs):
        return super().get_context_data(providers=providers(self.request, "connect"), **kwargs)


PAGES = [
    ("external/", SocialAccountsView.as_view(), "external", "socialaccount_connections"),
    ("external/signup/", SocialSignUpView.as_view(), "external_signup", "socialaccount_signup"),
    (
        "external/cancelled/",
        views.LoginCancelledView.as_view(template_name="socialaccount/authentication_error.html"),
        "external_cancelled",
        "socialaccount_login_cancelled",
    ),
    (
        "external/error/",
        views.LoginErrorView.as_view(template_name="socialaccount/authentication_error.html"),
        "external_error",
        "socialaccount_login_error",
    ),
]
