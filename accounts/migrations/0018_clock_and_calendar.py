# Columns with a default in the database, for the release before, which adds people while it still runs.

from django.db import migrations, models

import accounts.models
from brainlog.database.migration_operations import AllowLongerText


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0017_plain_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='date_format',
            field=models.CharField(choices=[('day-first', '4 May 2026'), ('month-first', 'May 4, 2026'), ('dotted', '04.05.2026'), ('iso', '2026-05-04')], db_default='month-first', default='month-first', max_length=11, verbose_name='Write dates as'),
        ),
        migrations.AddField(
            model_name='user',
            name='hour_format',
            field=models.CharField(choices=[('12', '7:05 p.m.'), ('24', '19:05')], db_default='12', default='12', help_text='Where you type a time, your device decides.', max_length=2, verbose_name='Write times as'),
        ),
        migrations.AddField(
            model_name='user',
            name='notices_paused_until',
            field=models.DateField(blank=True, editable=False, help_text='They are back on this day of the person. The year 9999 stands for good.', null=True, verbose_name='Notices and hints are paused until'),
        ),
        # A help text alone: no column changes.
        migrations.AlterField(
            model_name='user',
            name='timezone',
            field=models.CharField(default='America/New_York', help_text='Type a city near you. Your days begin and end by its clock.', max_length=64, validators=[accounts.models.validate_timezone], verbose_name='Time zone'),
        ),
        AllowLongerText(
            model_name='user',
            name='week_starts_on',
            field=models.CharField(choices=[('monday', 'Monday'), ('saturday', 'Saturday'), ('sunday', 'Sunday')], default='sunday', max_length=8, verbose_name='The week starts on'),
        ),
    ]
