# What was written so far is encrypted. Interrupted, it goes on where it stopped: docs/decisions/0012-private-text.md

from django.db import migrations

from encryption.reencrypt import EncryptedTable, decrypt_in_migration, encrypt_in_migration

TABLES = [
    EncryptedTable(
        'reflections_weeklyreflection',
        ('week_highlights', 'week_challenges', 'lessons_learned', 'next_week_focus', 'memorable_family_activities'),
        ('user_id', 'week_start'),
    ),
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('reflections', '0002_drop_user_indexes'),
    ]

    operations = [
        migrations.RunPython(encrypt_in_migration(TABLES), decrypt_in_migration(TABLES)),
    ]
