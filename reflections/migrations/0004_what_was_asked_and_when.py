# What each week asked, and when it was answered. The release before does not know these columns and leaves them NULL.

import django.db.models.deletion
from django.db import migrations, models

from brainlog.database.person_keys import SamePersonForeignKey


class Migration(migrations.Migration):

    dependencies = [
        ('logs', '0014_what_was_asked_and_when'),
        ('reflections', '0003_encrypt_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='weeklyreflection',
            name='answered_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='first answered'),
        ),
        migrations.AddField(
            model_name='weeklyreflection',
            name='utc_offset',
            field=models.SmallIntegerField(editable=False, null=True, verbose_name='minutes ahead of UTC'),
        ),
        migrations.AddField(
            model_name='weeklyreflection',
            name='recalled',
            field=models.JSONField(editable=False, null=True, verbose_name='answered when the next week was over'),
        ),
        migrations.AddField(
            model_name='weeklyreflection',
            name='asked',
            field=SamePersonForeignKey(
                db_constraint=False, db_index=False, editable=False, null=True,
                on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='logs.questionset',
                verbose_name='questions asked',
            ),
        ),
    ]
