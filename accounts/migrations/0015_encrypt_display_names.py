# What was written so far is encrypted. Interrupted, it goes on where it stopped: docs/decisions/0012-private-text.md

from django.db import migrations

from encryption.reencrypt import EncryptedTable, decrypt_in_migration, encrypt_in_migration

TABLES = [EncryptedTable('accounts_user', ('display_name',), ('id',))]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('accounts', '0014_room_for_display_name'),
    ]

    operations = [
        migrations.RunPython(encrypt_in_migration(TABLES), decrypt_in_migration(TABLES)),
    ]
