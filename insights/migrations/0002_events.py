# What happened, and days whose words are not shown again.

import datetime
import django.db.models.deletion
import encryption.fields
import logs.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('insights', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(db_default=logs.fields.RandomUUID(), default=uuid.uuid4, editable=False)),
                ('date', models.DateField(help_text="The person's own calendar day.", verbose_name='day')),
                ('last_day', models.DateField(blank=True, null=True, verbose_name='last day')),
                ('text', encryption.fields.PrivateCharField(max_length=200, verbose_name='what happened')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
                'ordering': ['date', 'pk'],
                'indexes': [models.Index(fields=['user', 'date'], name='event_user_date')],
                'constraints': [models.UniqueConstraint(fields=('user', 'uuid'), name='event_one_per_uuid'), models.CheckConstraint(condition=models.Q(('date__gte', datetime.date(1900, 1, 1))), name='event_date_valid'), models.CheckConstraint(condition=models.Q(('last_day__isnull', True), ('last_day__gt', models.F('date')), _connector='OR'), name='event_last_day_after_first')],
            },
        ),
        migrations.CreateModel(
            name='HiddenDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(verbose_name='date')),
                ('is_week', models.BooleanField(default=False, verbose_name='a week')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='hidden_days', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'hidden day',
                'verbose_name_plural': 'hidden days',
                'ordering': ['-date', 'is_week'],
                'constraints': [models.UniqueConstraint(fields=('user', 'date', 'is_week'), name='hidden_day_once')],
            },
        ),
    ]
