from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reminders', '0002_channel_known_browser'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='wall_time',
            field=models.TimeField(null=True, verbose_name="due by the person's clock"),
        ),
    ]
