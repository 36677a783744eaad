# Questions of a person's own, and their answers about days.

import brainlog.database.person_keys
import django.db.models.deletion
import encryption.fields
import logs.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0020_question_choices'),
        ('logs', '0016_done_by_the_form'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(db_default=logs.fields.RandomUUID(), default=uuid.uuid4, editable=False)),
                ('check_in', models.CharField(choices=[('morning', 'morning'), ('medication', 'medication'), ('midday', 'midday'), ('afternoon', 'afternoon'), ('evening', 'evening'), ('week', 'once a week')], max_length=10, verbose_name='asked in')),
                ('kind', models.CharField(max_length=11, verbose_name='kind')),
                ('label', encryption.fields.PrivateCharField(max_length=120, verbose_name='question')),
                ('ends_low', encryption.fields.PrivateCharField(blank=True, max_length=40, null=True, verbose_name='words at 1')),
                ('ends_high', encryption.fields.PrivateCharField(blank=True, max_length=40, null=True, verbose_name='words at 10')),
                ('unit', encryption.fields.PrivateCharField(blank=True, max_length=20, null=True, verbose_name='unit')),
                ('choices_json', encryption.fields.PrivateCharField(blank=True, max_length=16000, null=True, verbose_name='choices')),
                ('least', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True, verbose_name='least')),
                ('most', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True, verbose_name='most')),
                ('step', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True, verbose_name='step')),
                ('direction', models.CharField(choices=[('better', 'better'), ('worse', 'worse'), ('neither', 'neither')], default='neither', max_length=7, verbose_name='direction')),
                ('place', models.CharField(choices=[('first', 'first'), ('folded', 'folded'), ('off', 'off')], max_length=6, verbose_name='place')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='archived')),
                ('gallery', models.CharField(blank=True, max_length=40, null=True, verbose_name='gallery entry')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='own_questions', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'own question',
                'verbose_name_plural': 'own questions',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='OwnAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(help_text='That of the day, or of the first day of the week.', verbose_name='date')),
                ('number', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True, verbose_name='number')),
                ('number_2', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True, verbose_name='second number')),
                ('flag', models.BooleanField(blank=True, null=True, verbose_name='yes or no')),
                ('chosen', models.JSONField(blank=True, null=True, verbose_name='chosen')),
                ('time', models.TimeField(blank=True, null=True, verbose_name='time')),
                ('text', encryption.fields.PrivateCharField(blank=True, max_length=4000, null=True, verbose_name='text')),
                ('daily_log', brainlog.database.person_keys.SamePersonForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='own_answers', to='logs.dailylog', verbose_name='daily log')),
                ('user', brainlog.database.person_keys.OwnerForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, of='daily_log', on_delete=django.db.models.deletion.DO_NOTHING, related_name='own_answers', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('question', brainlog.database.person_keys.SamePersonForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='logs.ownquestion', verbose_name='question')),
            ],
            options={
                'verbose_name': 'own answer',
                'verbose_name_plural': 'own answers',
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='ownquestion',
            constraint=models.UniqueConstraint(fields=('user', 'id'), name='own_question_user_and_key'),
        ),
        migrations.AddConstraint(
            model_name='ownquestion',
            constraint=models.CheckConstraint(condition=models.Q(('check_in__in', ['morning', 'medication', 'midday', 'afternoon', 'evening', 'week'])), name='own_question_check_in_valid'),
        ),
        migrations.AddConstraint(
            model_name='ownquestion',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['score', 'yes_no', 'number', 'two_numbers', 'choice', 'several', 'line', 'note', 'time'])), name='own_question_kind_valid'),
        ),
        migrations.AddConstraint(
            model_name='ownquestion',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['better', 'worse', 'neither'])), name='own_question_direction_valid'),
        ),
        migrations.AddConstraint(
            model_name='ownquestion',
            constraint=models.CheckConstraint(condition=models.Q(('place__in', ['first', 'folded', 'off'])), name='own_question_place_valid'),
        ),
        migrations.AddConstraint(
            model_name='ownquestion',
            constraint=models.CheckConstraint(condition=models.Q(('least__isnull', True), ('most__isnull', True), ('most__gt', models.F('least')), _connector='OR'), name='own_question_most_above_least'),
        ),
        migrations.AddConstraint(
            model_name='ownquestion',
            constraint=models.CheckConstraint(condition=models.Q(('step__isnull', True), ('step__gt', 0), _connector='OR'), name='own_question_step_positive'),
        ),
        migrations.AddIndex(
            model_name='ownanswer',
            index=models.Index(fields=['user', 'date'], name='own_answer_user_date'),
        ),
        migrations.AddConstraint(
            model_name='ownanswer',
            constraint=models.UniqueConstraint(fields=('daily_log', 'question'), name='own_answer_one_per_question'),
        ),
        migrations.AddConstraint(
            model_name='ownanswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('chosen__isnull', True), ('flag__isnull', True), ('number__isnull', False), ('text__isnull', True), ('time__isnull', True)), models.Q(('chosen__isnull', True), ('flag__isnull', False), ('number__isnull', True), ('text__isnull', True), ('time__isnull', True)), models.Q(('chosen__isnull', False), ('flag__isnull', True), ('number__isnull', True), ('text__isnull', True), ('time__isnull', True)), models.Q(('chosen__isnull', True), ('flag__isnull', True), ('number__isnull', True), ('text__isnull', True), ('time__isnull', False)), models.Q(('chosen__isnull', True), ('flag__isnull', True), ('number__isnull', True), ('text__isnull', False), ('time__isnull', True)), _connector='OR'), name='own_answer_has_one_value'),
        ),
        migrations.AddConstraint(
            model_name='ownanswer',
            constraint=models.CheckConstraint(condition=models.Q(('number_2__isnull', True), ('number__isnull', False), _connector='OR'), name='own_answer_second_number'),
        ),
        migrations.AddConstraint(
            model_name='ownanswer',
            constraint=brainlog.database.person_keys.CompositeForeignKey(fields=('daily_log', 'user'), name='own_answer_row_of_same_person', to_fields=('id', 'user')),
        ),
        migrations.AddConstraint(
            model_name='ownanswer',
            constraint=brainlog.database.person_keys.CompositeForeignKey(fields=('question', 'user'), name='own_answer_question_of_same_person', to_fields=('id', 'user')),
        ),
    ]
