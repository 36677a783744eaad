# How often and when first a report was opened by a link, and how many wrong passphrases were typed for it.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('insights', '0003_report_links'),
    ]

    operations = [
        migrations.AddField(
            model_name='reportlink',
            name='first_opened_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='first opened'),
        ),
        migrations.AddField(
            model_name='reportlink',
            name='openings_count',
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False, verbose_name='times opened'),
        ),
        migrations.AddField(
            model_name='reportlink',
            name='wrong_passphrases',
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False, verbose_name='wrong passphrases'),
        ),
    ]
