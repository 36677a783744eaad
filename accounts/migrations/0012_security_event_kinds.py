# In a migration of its own: the constraint is checked without a lock, outside of a transaction.

from django.db import migrations, models

from brainlog.database.migration_operations import ReplaceConstraint


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('accounts', '0011_security_event_changed'),
    ]

    operations = [
        ReplaceConstraint(
            model_name='securityevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['signed_in', 'signed_in_by_passkey', 'signed_in_by_provider', 'sign_in_failed', 'code_refused', 'locked', 'signed_out', 'sessions_ended', 'password_changed', 'password_reset', 'reset_link_made', 'email_changed', 'email_confirmed', 'app_on', 'app_off', 'passkey_added', 'passkey_removed', 'passkey_refused', 'codes_made', 'codes_removed', 'code_used', 'second_factor_off', 'provider_added', 'provider_removed', 'username_changed', 'account_made', 'account_changed', 'rights_changed', 'looked_at_account', 'looked_at_deletion', 'looked_at_events', 'looked_at_day', 'looked_at_medication', 'looked_at_reflection', 'exported', 'imported', 'wiped'])), name='security_event_kind_known'),
        ),
    ]
