# Which days were days of one question. The release before does not know the column and leaves it NULL: no such day.

from django.db import migrations

import logs.fields


class Migration(migrations.Migration):

    dependencies = [
        ('logs', '0017_own_questions'),
    ]

    operations = [
        migrations.AddField(
            model_name='dailylog',
            name='one_question_only',
            field=logs.fields.YesNoField(blank=True, null=True),
        ),
    ]
