# What each check-in asked, and when it was answered. The release before does not know these columns and leaves them NULL.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from brainlog.database.person_keys import SamePersonForeignKey


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('logs', '0013_medication_schedule_valid'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuestionSet',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('names', models.JSONField(editable=False, verbose_name='names')),
                (
                    'user',
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='question_sets',
                        to=settings.AUTH_USER_MODEL, verbose_name='person',
                    ),
                ),
            ],
            options={
                'verbose_name': 'set of questions',
                'verbose_name_plural': 'sets of questions',
                'constraints': [models.UniqueConstraint(fields=('user', 'id'), name='question_set_key_and_user')],
            },
        ),
        migrations.AddField(
            model_name='dailylog',
            name='morning_answered_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='morning first answered'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='morning_utc_offset',
            field=models.SmallIntegerField(editable=False, null=True, verbose_name='morning, minutes ahead of UTC'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='morning_recalled',
            field=models.JSONField(editable=False, null=True, verbose_name='morning, answered after the day'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='morning_asked',
            field=SamePersonForeignKey(
                db_constraint=False, db_index=False, editable=False, null=True,
                on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='logs.questionset',
                verbose_name='morning, questions asked',
            ),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='medication_answered_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='medication first answered'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='medication_utc_offset',
            field=models.SmallIntegerField(editable=False, null=True, verbose_name='medication, minutes ahead of UTC'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='medication_recalled',
            field=models.JSONField(editable=False, null=True, verbose_name='medication, answered after the day'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='medication_asked',
            field=SamePersonForeignKey(
                db_constraint=False, db_index=False, editable=False, null=True,
                on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='logs.questionset',
                verbose_name='medication, questions asked',
            ),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='midday_answered_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='midday first answered'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='midday_utc_offset',
            field=models.SmallIntegerField(editable=False, null=True, verbose_name='midday, minutes ahead of UTC'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='midday_recalled',
            field=models.JSONField(editable=False, null=True, verbose_name='midday, answered after the day'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='midday_asked',
            field=SamePersonForeignKey(
                db_constraint=False, db_index=False, editable=False, null=True,
                on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='logs.questionset',
                verbose_name='midday, questions asked',
            ),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='afternoon_answered_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='afternoon first answered'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='afternoon_utc_offset',
            field=models.SmallIntegerField(editable=False, null=True, verbose_name='afternoon, minutes ahead of UTC'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='afternoon_recalled',
            field=models.JSONField(editable=False, null=True, verbose_name='afternoon, answered after the day'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='afternoon_asked',
            field=SamePersonForeignKey(
                db_constraint=False, db_index=False, editable=False, null=True,
                on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='logs.questionset',
                verbose_name='afternoon, questions asked',
            ),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='evening_answered_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='evening first answered'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='evening_utc_offset',
            field=models.SmallIntegerField(editable=False, null=True, verbose_name='evening, minutes ahead of UTC'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='evening_recalled',
            field=models.JSONField(editable=False, null=True, verbose_name='evening, answered after the day'),
        ),
        migrations.AddField(
            model_name='dailylog',
            name='evening_asked',
            field=SamePersonForeignKey(
                db_constraint=False, db_index=False, editable=False, null=True,
                on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='logs.questionset',
                verbose_name='evening, questions asked',
            ),
        ),
    ]
