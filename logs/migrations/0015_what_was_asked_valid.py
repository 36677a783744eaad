# A set of questions is of the person of the day, and what is recorded of a check-in belongs together.

from django.db import migrations, models

from brainlog.database.migration_operations import AddAndValidateConstraint
from brainlog.database.person_keys import CompositeForeignKey


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('logs', '0014_what_was_asked_and_when'),
    ]

    operations = [
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=CompositeForeignKey(
                fields=('morning_asked', 'user'), name='daily_log_morning_asked_of_same_person', to_fields=('id', 'user')
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('morning_answered_at__isnull', True), ('morning_utc_offset__isnull', True)),
                    models.Q(
                        models.Q(('morning_answered_at__isnull', True), _negated=True),
                        models.Q(('morning_utc_offset__isnull', True), _negated=True),
                        ('morning_utc_offset__gte', -960),
                        ('morning_utc_offset__lte', 960),
                    ),
                    _connector='OR',
                ),
                name='daily_log_morning_utc_offset_valid',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('morning_asked__isnull', True), _negated=True),
                    models.Q(('morning_answered_at__isnull', True), ('morning_recalled__isnull', True)),
                    _connector='OR',
                ),
                name='daily_log_morning_recorded',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=CompositeForeignKey(
                fields=('medication_asked', 'user'), name='daily_log_medication_asked_of_same_person', to_fields=('id', 'user')
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('medication_answered_at__isnull', True), ('medication_utc_offset__isnull', True)),
                    models.Q(
                        models.Q(('medication_answered_at__isnull', True), _negated=True),
                        models.Q(('medication_utc_offset__isnull', True), _negated=True),
                        ('medication_utc_offset__gte', -960),
                        ('medication_utc_offset__lte', 960),
                    ),
                    _connector='OR',
                ),
                name='daily_log_medication_utc_offset_valid',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('medication_asked__isnull', True), _negated=True),
                    models.Q(('medication_answered_at__isnull', True), ('medication_recalled__isnull', True)),
                    _connector='OR',
                ),
                name='daily_log_medication_recorded',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=CompositeForeignKey(
                fields=('midday_asked', 'user'), name='daily_log_midday_asked_of_same_person', to_fields=('id', 'user')
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('midday_answered_at__isnull', True), ('midday_utc_offset__isnull', True)),
                    models.Q(
                        models.Q(('midday_answered_at__isnull', True), _negated=True),
                        models.Q(('midday_utc_offset__isnull', True), _negated=True),
                        ('midday_utc_offset__gte', -960),
                        ('midday_utc_offset__lte', 960),
                    ),
                    _connector='OR',
                ),
                name='daily_log_midday_utc_offset_valid',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('midday_asked__isnull', True), _negated=True),
                    models.Q(('midday_answered_at__isnull', True), ('midday_recalled__isnull', True)),
                    _connector='OR',
                ),
                name='daily_log_midday_recorded',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=CompositeForeignKey(
                fields=('afternoon_asked', 'user'), name='daily_log_afternoon_asked_of_same_person', to_fields=('id', 'user')
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('afternoon_answered_at__isnull', True), ('afternoon_utc_offset__isnull', True)),
                    models.Q(
                        models.Q(('afternoon_answered_at__isnull', True), _negated=True),
                        models.Q(('afternoon_utc_offset__isnull', True), _negated=True),
                        ('afternoon_utc_offset__gte', -960),
                        ('afternoon_utc_offset__lte', 960),
                    ),
                    _connector='OR',
                ),
                name='daily_log_afternoon_utc_offset_valid',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('afternoon_asked__isnull', True), _negated=True),
                    models.Q(('afternoon_answered_at__isnull', True), ('afternoon_recalled__isnull', True)),
                    _connector='OR',
                ),
                name='daily_log_afternoon_recorded',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=CompositeForeignKey(
                fields=('evening_asked', 'user'), name='daily_log_evening_asked_of_same_person', to_fields=('id', 'user')
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('evening_answered_at__isnull', True), ('evening_utc_offset__isnull', True)),
                    models.Q(
                        models.Q(('evening_answered_at__isnull', True), _negated=True),
                        models.Q(('evening_utc_offset__isnull', True), _negated=True),
                        ('evening_utc_offset__gte', -960),
                        ('evening_utc_offset__lte', 960),
                    ),
                    _connector='OR',
                ),
                name='daily_log_evening_utc_offset_valid',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dailylog',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('evening_asked__isnull', True), _negated=True),
                    models.Q(('evening_answered_at__isnull', True), ('evening_recalled__isnull', True)),
                    _connector='OR',
                ),
                name='daily_log_evening_recorded',
            ),
        ),
    ]
