# What is recorded of a week belongs together. The form alone decides when it is done: reversing this fails if one is
# done without the usual answers.

from django.db import migrations, models

from brainlog.database.migration_operations import AddAndValidateConstraint, DropConstraint
from brainlog.database.person_keys import CompositeForeignKey


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('reflections', '0004_what_was_asked_and_when'),
    ]

    operations = [
        AddAndValidateConstraint(
            model_name='weeklyreflection',
            constraint=CompositeForeignKey(
                fields=('asked', 'user'), name='weekly_reflection_asked_of_same_person', to_fields=('id', 'user')
            ),
        ),
        AddAndValidateConstraint(
            model_name='weeklyreflection',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('answered_at__isnull', True), ('utc_offset__isnull', True)),
                    models.Q(
                        models.Q(('answered_at__isnull', True), _negated=True),
                        models.Q(('utc_offset__isnull', True), _negated=True),
                        ('utc_offset__gte', -960),
                        ('utc_offset__lte', 960),
                    ),
                    _connector='OR',
                ),
                name='weekly_reflection_utc_offset_valid',
            ),
        ),
        AddAndValidateConstraint(
            model_name='weeklyreflection',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('asked__isnull', True), _negated=True),
                    models.Q(('answered_at__isnull', True), ('recalled__isnull', True)),
                    _connector='OR',
                ),
                name='weekly_reflection_recorded',
            ),
        ),
        DropConstraint(model_name='weeklyreflection', name='weekly_reflection_completed'),
    ]
