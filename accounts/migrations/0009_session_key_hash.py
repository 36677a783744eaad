from django.db import migrations, models

from brainlog.database.migration_operations import AllowLongerText


def end_all_sessions(apps, schema_editor):
    """Former rows hold keys that open sessions, and the former code cannot read hashes: all people log in once more."""
    apps.get_model('accounts', 'Session')._base_manager.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    """The column keeps its name in the database, so that processes of the release before can go on reading it."""

    dependencies = [
        ('accounts', '0008_screen_lock_known'),
    ]

    operations = [
        migrations.RunPython(end_all_sessions, migrations.RunPython.noop, elidable=True),
        AllowLongerText(
            model_name='session',
            name='session_key',
            field=models.CharField(
                db_column='session_key', max_length=64, primary_key=True, serialize=False, verbose_name='hash of the key'
            ),
        ),
        migrations.RenameField(model_name='session', old_name='session_key', new_name='key_hash'),
        migrations.RunPython(migrations.RunPython.noop, end_all_sessions, elidable=True),
    ]
