from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self):
        import accounts.events  # noqa: F401 – it listens
        import encryption.mfa_secrets  # noqa: F401 – likewise
