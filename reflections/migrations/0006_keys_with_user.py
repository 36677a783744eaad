# Reflections can be referred to by their key and their person together.

from django.db import migrations, models

from brainlog.database.migration_operations import AddUniqueConstraintConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('reflections', '0005_done_by_the_form'),
    ]

    operations = [
        AddUniqueConstraintConcurrently(
            model_name='weeklyreflection',
            constraint=models.UniqueConstraint(fields=('id', 'user'), name='weekly_reflection_key_and_user'),
        ),
    ]
