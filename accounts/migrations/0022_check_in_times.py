# When a person wants to be reminded of which check-in. The release before does not know these columns: NULL is never
# chosen, and not paused.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0021_looked_at_question'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='check_in_times',
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name='times of check-ins'),
        ),
        migrations.AddField(
            model_name='user',
            name='reminders_paused_until',
            field=models.DateField(
                blank=True, editable=False,
                help_text='They are back on this day of the person. The year 9999 stands for good.',
                null=True, verbose_name='Reminders are paused until',
            ),
        ),
    ]
