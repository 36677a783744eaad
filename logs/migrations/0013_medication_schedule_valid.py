# What the columns of a medication's schedule may hold.

from django.db import migrations, models

import logs.fields
from brainlog.database.migration_operations import AddAndValidateConstraint


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('logs', '0012_medication_schedule'),
    ]

    operations = [
        AddAndValidateConstraint(
            model_name='medication',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ('schedule__isnull', True), ('schedule__in', ['daily', 'as_needed']), _connector='OR'
                ),
                name='medication_schedule_valid',
            ),
        ),
        AddAndValidateConstraint(
            model_name='medication',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ('usual_times__isnull', True), logs.fields.IsListOfTimes('usual_times'), _connector='OR'
                ),
                name='medication_usual_times_valid',
            ),
        ),
        AddAndValidateConstraint(
            model_name='medication',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ('since__isnull', True), ('until__isnull', True), ('until__gte', models.F('since')),
                    _connector='OR',
                ),
                name='medication_until_after_since',
            ),
        ),
    ]
