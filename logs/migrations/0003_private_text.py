# Room for encrypted texts, and the permission to read them in the admin.

from django.db import migrations

LINES = ['breakfast', 'lunch', 'afternoon_snack', 'dinner']


def widen(apps, schema_editor):
    """A line is varchar(200) where the first release made it; to take the limit away rewrites nothing."""
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('ALTER TABLE logs_dailylog ' + ', '.join(f'ALTER {name} TYPE text' for name in LINES))


class Migration(migrations.Migration):

    dependencies = [
        ('logs', '0002_drop_user_indexes'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='dailylog',
            options={'ordering': ['-date'], 'permissions': [('view_private_text', 'Can read what people wrote')], 'verbose_name': 'daily log', 'verbose_name_plural': 'daily logs'},
        ),
        # Texts as they were written fit into either.
        migrations.RunPython(widen, migrations.RunPython.noop),
    ]
