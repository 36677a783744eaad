# The constraint allows more than before: both releases can write while it is checked, without a lock.

from django.db import migrations, models

from brainlog.zero_downtime import ReplaceConstraint


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('accounts', '0008_screen_lock_known'),
    ]

    operations = [
        migrations.AlterField(
            model_name='securityevent',
            name='kind',
            field=models.CharField(choices=[('signed_in', 'Logged in'), ('signed_in_by_passkey', 'Logged in with a passkey'), ('signed_in_by_provider', 'Logged in with an account elsewhere'), ('sign_in_failed', 'Somebody tried to log in, with a wrong password or recovery code'), ('code_refused', 'A wrong code was given for the second factor'), ('locked', 'Too many wrong tries: logging in had to wait'), ('signed_out', 'Logged out'), ('sessions_ended', 'Ended the login of other devices'), ('password_changed', 'Changed the password'), ('password_reset', 'Chose a new password in place of a forgotten one'), ('reset_link_made', 'Made a link to a new password'), ('email_changed', 'Changed the e-mail address'), ('email_confirmed', 'Confirmed the e-mail address'), ('app_on', 'Switched on codes from an app'), ('app_off', 'Switched off codes from an app'), ('passkey_added', 'Added a passkey'), ('passkey_removed', 'Removed a passkey'), ('passkey_refused', 'Refused a passkey that may be a copy'), ('codes_made', 'Made recovery codes'), ('codes_removed', 'Removed the recovery codes'), ('code_used', 'Used a recovery code'), ('second_factor_off', 'Switched off the second factor'), ('provider_added', 'Added an account elsewhere'), ('provider_removed', 'Removed an account elsewhere'), ('rights_changed', 'Changed what this account may do'), ('looked_at_account', 'Looked at your account'), ('looked_at_day', 'Looked at a day of yours'), ('looked_at_medication', 'Looked at a medication of yours'), ('looked_at_reflection', 'Looked at a reflection of yours'), ('exported', 'Exported your data'), ('imported', 'Imported data'), ('wiped', 'Wiped your data')], max_length=30, verbose_name='what'),
        ),
        ReplaceConstraint(
            model_name='securityevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['signed_in', 'signed_in_by_passkey', 'signed_in_by_provider', 'sign_in_failed', 'code_refused', 'locked', 'signed_out', 'sessions_ended', 'password_changed', 'password_reset', 'reset_link_made', 'email_changed', 'email_confirmed', 'app_on', 'app_off', 'passkey_added', 'passkey_removed', 'passkey_refused', 'codes_made', 'codes_removed', 'code_used', 'second_factor_off', 'provider_added', 'provider_removed', 'rights_changed', 'looked_at_account', 'looked_at_day', 'looked_at_medication', 'looked_at_reflection', 'exported', 'imported', 'wiped'])), name='security_event_kind_known'),
        ),
    ]
