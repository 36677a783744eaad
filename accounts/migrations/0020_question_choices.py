# Which questions a person is asked. The release before does not know these columns: NULL is the usual set.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0019_clock_and_calendar_known'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='question_choices',
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name='choices among the questions'),
        ),
        migrations.AddField(
            model_name='user',
            name='has_own_questions',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
