# Links to reports, and when they were opened.

import brainlog.database.person_keys
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('insights', '0002_events'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('passphrase_hash', models.CharField(blank=True, default='', editable=False, max_length=128)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='made')),
                ('expires_at', models.DateTimeField(editable=False, verbose_name='works until')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='ended')),
                ('report', brainlog.database.person_keys.SamePersonForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='links', to='insights.report', verbose_name='report')),
                ('user', brainlog.database.person_keys.OwnerForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, of='report', on_delete=django.db.models.deletion.DO_NOTHING, related_name='report_links', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'link to a report',
                'verbose_name_plural': 'links to reports',
                'ordering': ['-pk'],
                'constraints': [
                    models.UniqueConstraint(fields=('report', 'id'), name='report_link_report_and_key'),
                    models.UniqueConstraint(fields=('user', 'id'), name='report_link_user_and_key'),
                    brainlog.database.person_keys.CompositeForeignKey(fields=('report', 'user'), name='report_link_of_same_person', to_fields=('id', 'user')),
                    models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='report_link_expires_later'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReportOpening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='opened')),
                ('is_pdf', models.BooleanField(default=False, editable=False, verbose_name='as PDF')),
                ('link', brainlog.database.person_keys.SamePersonForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='openings', to='insights.reportlink', verbose_name='link')),
                ('user', brainlog.database.person_keys.OwnerForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, of='link', on_delete=django.db.models.deletion.DO_NOTHING, related_name='report_openings', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'opening of a report',
                'verbose_name_plural': 'openings of reports',
                'ordering': ['-pk'],
                'constraints': [
                    models.UniqueConstraint(fields=('link', 'id'), name='report_opening_link_and_key'),
                    brainlog.database.person_keys.CompositeForeignKey(fields=('link', 'user'), name='report_opening_same_person', to_fields=('id', 'user')),
                ],
            },
        ),
    ]
