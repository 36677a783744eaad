from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self):
        from brainlog.error_messages import use_plain_error_messages

        use_plain_error_messages()

        import accounts.security_events  # noqa: F401 – connects signal receivers
        import encryption.mfa_secrets  # noqa: F401 – connects signal receivers

        post_delete.connect(erase_deleted_person, sender="accounts.User")


def erase_deleted_person(using, **kwargs):
    """Erase deleted rows from SQLite's files after the commit. Receives every `post_delete` of a person."""
    from brainlog.database.sqlite3.files import erase_deleted_after_commit

    erase_deleted_after_commit(using)
