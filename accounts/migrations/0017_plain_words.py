# Labels alone: no column and no row changes.

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0016_mailable_email'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='throttle',
            options={'verbose_name_plural': 'attempts'},
        ),
        migrations.AlterField(
            model_name='invitation',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='invitation',
            name='created_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by'),
        ),
        migrations.AlterField(
            model_name='invitation',
            name='expires_at',
            field=models.DateTimeField(editable=False, verbose_name='valid until'),
        ),
        migrations.AlterField(
            model_name='securityevent',
            name='kind',
            field=models.CharField(choices=[('signed_in', 'Logged in'), ('signed_in_by_passkey', 'Logged in with a passkey'), ('signed_in_by_provider', 'Logged in with an account elsewhere'), ('sign_in_failed', 'Failed attempt: wrong password or recovery code'), ('code_refused', 'Failed attempt: wrong code of the second factor'), ('locked', 'Too many failed attempts: logging in was paused'), ('signed_out', 'Logged out'), ('sessions_ended', 'Ended the login of other devices'), ('password_changed', 'Changed the password'), ('password_reset', 'Chose a new password in place of a forgotten one'), ('reset_link_made', 'Created a link for a new password'), ('email_changed', 'Changed the e-mail address'), ('email_confirmed', 'Confirmed the e-mail address'), ('app_on', 'Switched on codes from an app'), ('app_off', 'Switched off codes from an app'), ('passkey_added', 'Added a passkey'), ('passkey_removed', 'Removed a passkey'), ('passkey_refused', 'Failed attempt: the passkey may be a copy'), ('codes_made', 'Created recovery codes'), ('codes_removed', 'Removed the recovery codes'), ('code_used', 'Used a recovery code'), ('second_factor_off', 'Switched off the second factor'), ('provider_added', 'Added an account elsewhere'), ('provider_removed', 'Removed an account elsewhere'), ('username_changed', 'Changed the username'), ('account_made', 'Created the account'), ('account_changed', 'Changed the account'), ('rights_changed', 'Changed what this account may do'), ('looked_at_account', 'Looked at your account'), ('looked_at_deletion', 'Looked at how much deleting your account would delete'), ('looked_at_events', 'Looked at what happened with your account'), ('looked_at_day', 'Looked at a day of yours'), ('looked_at_medication', 'Looked at a medication of yours'), ('looked_at_reflection', 'Looked at a reflection of yours'), ('exported', 'Exported your data'), ('imported', 'Imported data'), ('wiped', 'Wiped your data')], max_length=30, verbose_name='what'),
        ),
        migrations.AlterField(
            model_name='user',
            name='screen_lock_minutes',
            field=models.SmallIntegerField(blank=True, choices=[(None, 'Never'), (1, 'After 1 minute'), (2, 'After 2 minutes'), (5, 'After 5 minutes'), (10, 'After 10 minutes'), (30, 'After 30 minutes')], help_text='Against glances: after this time without input, the page is hidden until “Continue” is pressed. Everyone who has the device can press it; only logging out keeps others out. Needs JavaScript.', null=True, verbose_name='Blur the page while I am away'),
        ),
    ]
