# That staff looked at a note about what happened. Outside of a transaction: the constraint is checked without a lock.

from django.db import migrations, models

from brainlog.database.migration_operations import ReplaceConstraint


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('accounts', '0026_report_links'),
    ]

    operations = [
        migrations.AlterField(
            model_name='securityevent',
            name='kind',
            field=models.CharField(choices=[('signed_in', 'Logged in'), ('signed_in_by_passkey', 'Logged in with a passkey'), ('signed_in_by_provider', 'Logged in with an account elsewhere'), ('sign_in_failed', 'Failed attempt: wrong password or recovery code'), ('code_refused', 'Failed attempt: wrong code of the second factor'), ('locked', 'Too many failed attempts: logging in was paused'), ('signed_out', 'Logged out'), ('sessions_ended', 'Ended the login of other devices'), ('password_changed', 'Changed the password'), ('password_reset', 'Chose a new password in place of a forgotten one'), ('reset_link_made', 'Created a link for a new password'), ('email_changed', 'Changed the e-mail address'), ('email_confirmed', 'Confirmed the e-mail address'), ('app_on', 'Switched on codes from an app'), ('app_off', 'Switched off codes from an app'), ('passkey_added', 'Added a passkey'), ('passkey_removed', 'Removed a passkey'), ('passkey_refused', 'Failed attempt: the passkey may be a copy'), ('codes_made', 'Created recovery codes'), ('codes_removed', 'Removed the recovery codes'), ('code_used', 'Used a recovery code'), ('second_factor_off', 'Switched off the second factor'), ('provider_added', 'Added an account elsewhere'), ('provider_removed', 'Removed an account elsewhere'), ('username_changed', 'Changed the username'), ('account_made', 'Created the account'), ('account_changed', 'Changed the account'), ('rights_changed', 'Changed what this account may do'), ('looked_at_account', 'Looked at your account'), ('looked_at_deletion', 'Looked at how much deleting your account would delete'), ('looked_at_events', 'Looked at what happened with your account'), ('looked_at_day', 'Looked at a day of yours'), ('looked_at_event', 'Looked at a note of yours about what happened'), ('looked_at_medication', 'Looked at a medication of yours'), ('looked_at_question', 'Looked at a question of yours'), ('looked_at_reflection', 'Looked at a reflection of yours'), ('exported', 'Exported your data'), ('report_link_made', 'Made a link to a report'), ('report_link_revoked', 'Ended a link to a report'), ('imported', 'Imported data'), ('wiped', 'Wiped your data')], max_length=30, verbose_name='what'),
        ),
        ReplaceConstraint(
            model_name='securityevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['signed_in', 'signed_in_by_passkey', 'signed_in_by_provider', 'sign_in_failed', 'code_refused', 'locked', 'signed_out', 'sessions_ended', 'password_changed', 'password_reset', 'reset_link_made', 'email_changed', 'email_confirmed', 'app_on', 'app_off', 'passkey_added', 'passkey_removed', 'passkey_refused', 'codes_made', 'codes_removed', 'code_used', 'second_factor_off', 'provider_added', 'provider_removed', 'username_changed', 'account_made', 'account_changed', 'rights_changed', 'looked_at_account', 'looked_at_deletion', 'looked_at_events', 'looked_at_day', 'looked_at_event', 'looked_at_medication', 'looked_at_question', 'looked_at_reflection', 'exported', 'report_link_made', 'report_link_revoked', 'imported', 'wiped'])), name='security_event_kind_known'),
        ),
    ]
