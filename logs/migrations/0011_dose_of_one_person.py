# A dose, its day and its medication are of one person. The keys that compare the person take the place of those that
# did not.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations

from brainlog.database.migration_operations import AddAndValidateConstraint, DropForeignKey, SetNotNull
from brainlog.database.person_keys import CompositeForeignKey, OwnerForeignKey, SamePersonForeignKey


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('logs', '0010_keys_with_user'),
    ]

    operations = [
        SetNotNull(
            model_name='dose',
            name='user',
            field=OwnerForeignKey(
                blank=True, db_constraint=False, db_index=False, editable=False, of='daily_log',
                on_delete=django.db.models.deletion.DO_NOTHING, related_name='doses', to=settings.AUTH_USER_MODEL,
                verbose_name='person',
            ),
        ),
        AddAndValidateConstraint(
            model_name='dose',
            constraint=CompositeForeignKey(
                fields=('daily_log', 'user'), name='dose_day_of_same_person', to_fields=('id', 'user')
            ),
        ),
        AddAndValidateConstraint(
            model_name='dose',
            constraint=CompositeForeignKey(
                fields=('medication', 'user'), name='dose_medication_of_same_person', to_fields=('id', 'user')
            ),
        ),
        DropForeignKey(
            model_name='dose',
            name='daily_log',
            field=SamePersonForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='doses',
                to='logs.dailylog', verbose_name='daily log',
            ),
        ),
        DropForeignKey(
            model_name='dose',
            name='medication',
            field=SamePersonForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.RESTRICT, related_name='doses',
                to='logs.medication', verbose_name='medication',
            ),
        ),
    ]
