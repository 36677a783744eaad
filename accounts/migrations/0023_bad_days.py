# A day of one question, and a day not to catch up on. NULL is what the release before, which knows neither, leaves.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0022_check_in_times'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='one_question_on',
            field=models.DateField(blank=True, editable=False, help_text='The last day on which the person wanted to be asked one question only.', null=True, verbose_name='asked only one question on'),
        ),
        migrations.AddField(
            model_name='user',
            name='catch_up_declined_for',
            field=models.DateField(blank=True, editable=False, help_text='The last day whose missing scores were filled in later, or were to stay open.', null=True, verbose_name='not catching up on'),
        ),
    ]
