from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    name = "support"
    verbose_name = _("Help and care")

    def ready(self):
        from logs.receipts import answers_saved
        from support import checks  # noqa: F401 (registers its check)
        from support.offer import offer_help

        answers_saved.connect(offer_help)
