from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemindersConfig(AppConfig):
    name = "reminders"
    verbose_name = _("Reminders")

    def ready(self):
        from reminders import email, plans, push, servers  # noqa: F401 (kinds of channels)

        plans.connect_signals()
