# In a migration of its own: the constraint is checked without a lock, outside of a transaction.

from django.db import migrations, models

from brainlog.database.migration_operations import AddAndValidateConstraint


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('accounts', '0007_screen_lock'),
    ]

    operations = [
        AddAndValidateConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('screen_lock_minutes', 1), ('screen_lock_minutes', 2), ('screen_lock_minutes', 5), ('screen_lock_minutes', 10), ('screen_lock_minutes', 30), _connector='OR'), name='user_screen_lock_known'),
        ),
    ]
