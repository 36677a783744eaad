# What was written so far is encrypted. Interrupted, it goes on where it stopped: docs/decisions/0012-private-text.md

from django.db import migrations

from encryption.reencrypt import EncryptedTable, decrypt_in_migration, encrypt_in_migration

TABLES = [
    EncryptedTable(
        'logs_dailylog',
        (
            'dreams', 'breakfast', 'lunch', 'current_activity', 'distractions', 'emotional_event', 'crash_symptoms',
            'current_feeling', 'interaction_details', 'afternoon_snack', 'dinner', 'helpful_factors',
            'distracting_factors', 'accomplishments', 'challenges', 'gratitude', 'improvements',
            'thought_for_tomorrow', 'tomorrow_plan',
        ),
        ('user_id', 'date'),
    ),
    EncryptedTable('logs_medication', ('note',), ('user_id',)),
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('logs', '0003_private_text'),
    ]

    operations = [
        migrations.RunPython(encrypt_in_migration(TABLES), decrypt_in_migration(TABLES)),
    ]
