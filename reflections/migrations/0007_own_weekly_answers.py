# Answers to own questions about weeks.

import brainlog.database.person_keys
import django.db.models.deletion
import encryption.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('logs', '0017_own_questions'),
        ('reflections', '0006_keys_with_user'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnWeeklyAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(help_text='That of the day, or of the first day of the week.', verbose_name='date')),
                ('number', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True, verbose_name='number')),
                ('number_2', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True, verbose_name='second number')),
                ('flag', models.BooleanField(blank=True, null=True, verbose_name='yes or no')),
                ('chosen', models.JSONField(blank=True, null=True, verbose_name='chosen')),
                ('time', models.TimeField(blank=True, null=True, verbose_name='time')),
                ('text', encryption.fields.PrivateCharField(blank=True, max_length=4000, null=True, verbose_name='text')),
                ('question', brainlog.database.person_keys.SamePersonForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='weekly_answers', to='logs.ownquestion', verbose_name='question')),
                ('reflection', brainlog.database.person_keys.SamePersonForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='own_answers', to='reflections.weeklyreflection', verbose_name='weekly reflection')),
                ('user', brainlog.database.person_keys.OwnerForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, of='reflection', on_delete=django.db.models.deletion.DO_NOTHING, related_name='own_weekly_answers', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'own weekly answer',
                'verbose_name_plural': 'own weekly answers',
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='ownweeklyanswer',
            constraint=models.UniqueConstraint(fields=('reflection', 'question'), name='own_weekly_answer_one_per_question'),
        ),
        migrations.AddConstraint(
            model_name='ownweeklyanswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('chosen__isnull', True), ('flag__isnull', True), ('number__isnull', False), ('text__isnull', True), ('time__isnull', True)), models.Q(('chosen__isnull', True), ('flag__isnull', False), ('number__isnull', True), ('text__isnull', True), ('time__isnull', True)), models.Q(('chosen__isnull', False), ('flag__isnull', True), ('number__isnull', True), ('text__isnull', True), ('time__isnull', True)), models.Q(('chosen__isnull', True), ('flag__isnull', True), ('number__isnull', True), ('text__isnull', True), ('time__isnull', False)), models.Q(('chosen__isnull', True), ('flag__isnull', True), ('number__isnull', True), ('text__isnull', False), ('time__isnull', True)), _connector='OR'), name='own_weekly_answer_has_one_value'),
        ),
        migrations.AddConstraint(
            model_name='ownweeklyanswer',
            constraint=models.CheckConstraint(condition=models.Q(('number_2__isnull', True), ('number__isnull', False), _connector='OR'), name='own_weekly_answer_second_number'),
        ),
        migrations.AddConstraint(
            model_name='ownweeklyanswer',
            constraint=brainlog.database.person_keys.CompositeForeignKey(fields=('reflection', 'user'), name='own_weekly_answer_row_of_same_person', to_fields=('id', 'user')),
        ),
        migrations.AddConstraint(
            model_name='ownweeklyanswer',
            constraint=brainlog.database.person_keys.CompositeForeignKey(fields=('question', 'user'), name='own_weekly_answer_question_of_same_person', to_fields=('id', 'user')),
        ),
    ]
