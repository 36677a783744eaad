# The question that the page of a year shows. Empty is what the release before, which knows none, leaves.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0023_bad_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='year_question',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64, verbose_name='question of the year'),
        ),
    ]
