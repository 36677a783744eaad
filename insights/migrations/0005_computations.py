# What is computed for a person beside the pages, since when findings are kept, and guesses of their own.

import datetime
import django.db.models.deletion
import insights.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('insights', '0004_openings_of_links'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Computation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('findings', 'findings'), ('noise', 'findings by chance alone')], editable=False, max_length=8, verbose_name='kind')),
                ('state', models.CharField(choices=[('queued', 'waiting'), ('running', 'being computed'), ('done', 'computed'), ('failed', 'failed')], default='queued', editable=False, max_length=7, verbose_name='state')),
                ('answers_version', models.PositiveBigIntegerField(editable=False, verbose_name='version of the answers asked for')),
                ('requested_at', models.DateTimeField(editable=False, verbose_name='asked for')),
                ('started_at', models.DateTimeField(editable=False, null=True, verbose_name='started')),
                ('finished_at', models.DateTimeField(editable=False, null=True, verbose_name='finished')),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, verbose_name='attempts')),
                ('progress', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, verbose_name='progress')),
                ('claim', models.UUIDField(editable=False, null=True)),
                ('lease_until', models.DateTimeField(editable=False, null=True)),
                ('result_version', models.PositiveBigIntegerField(editable=False, null=True, verbose_name='version of the answers of the result')),
                ('result_format', models.PositiveSmallIntegerField(editable=False, null=True)),
                ('computed_at', models.DateTimeField(editable=False, null=True, verbose_name='result computed')),
                ('result_json', insights.fields.PrivateLongTextField(editable=False, null=True, verbose_name='result')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='computations', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'computation',
                'verbose_name_plural': 'computations',
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('state__in', ['queued', 'running'])), fields=['requested_at'], name='computation_waiting')],
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'kind'), name='computation_one_per_kind'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['findings', 'noise'])), name='computation_kind_known'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'failed'])), name='computation_state_known'),
                    models.CheckConstraint(condition=models.Q(('progress__lte', 100)), name='computation_progress_in_percent'),
                    models.CheckConstraint(condition=models.Q(models.Q(('claim__isnull', False), ('lease_until__isnull', False), ('started_at__isnull', False), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('claim__isnull', True), ('lease_until__isnull', True)), _connector='OR'), name='computation_lease_while_running'),
                    models.CheckConstraint(condition=models.Q(models.Q(('computed_at__isnull', True), ('result_format__isnull', True), ('result_json__isnull', True), ('result_version__isnull', True)), models.Q(('computed_at__isnull', False), ('result_format__isnull', False), ('result_json__isnull', False), ('result_version__isnull', False)), _connector='OR'), name='computation_result_whole'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('result_version__isnull', False), _connector='OR'), name='computation_done_with_result'),
                    models.CheckConstraint(condition=models.Q(('result_version__isnull', True), ('result_version__lte', models.F('answers_version')), _connector='OR'), name='computation_result_not_ahead'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Guess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(editable=False, verbose_name='number')),
                ('exposure', models.CharField(editable=False, max_length=80, verbose_name='what may go with it')),
                ('outcome', models.CharField(editable=False, max_length=80, verbose_name='what it is about')),
                ('lag', models.PositiveSmallIntegerField(choices=[(0, 'the same day'), (1, 'the next day')], editable=False, verbose_name='days later')),
                ('asked_on', models.DateField(editable=False, verbose_name='asked on')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='guesses', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'own guess',
                'verbose_name_plural': 'own guesses',
                'ordering': ['user', 'number'],
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'number'), name='guess_one_per_number'),
                    models.UniqueConstraint(fields=('user', 'exposure', 'outcome', 'lag'), name='guess_once'),
                    models.CheckConstraint(condition=models.Q(('number__gte', 1), ('number__lte', 10)), name='guess_ten_at_most'),
                    models.CheckConstraint(condition=models.Q(('lag__lte', 1)), name='guess_lag_known'),
                    models.CheckConstraint(condition=models.Q(('exposure', models.F('outcome')), _negated=True), name='guess_of_two_questions'),
                    models.CheckConstraint(condition=models.Q(('asked_on__gte', datetime.date(1900, 1, 1))), name='guess_day_valid'),
                ],
            },
        ),
        migrations.CreateModel(
            name='KeptFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(editable=False, max_length=200, verbose_name='comparison')),
                ('first_kept_on', models.DateField(editable=False, verbose_name='first kept on')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='kept_findings', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'kept finding',
                'verbose_name_plural': 'kept findings',
                'ordering': ['pk'],
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'key'), name='kept_finding_once'),
                    models.CheckConstraint(condition=models.Q(('first_kept_on__gte', datetime.date(1900, 1, 1))), name='kept_finding_day_valid'),
                ],
            },
        ),
    ]
