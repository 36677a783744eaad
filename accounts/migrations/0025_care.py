# Whether help is offered after a low mood, and whether a person was asked if logging is worth it. The defaults are what
# the release before, which knows neither, leaves.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0024_year_question'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='is_offered_help',
            field=models.BooleanField(db_default=True, default=True, help_text='After a mood of 1 or 2, once a day at most, the page “Need to talk to someone?” is offered. No one is notified. Its link stays at the end of every page.', verbose_name='Offer me help after a low mood'),
        ),
        migrations.AddField(
            model_name='user',
            name='worth_it_answered_on',
            field=models.DateField(editable=False, null=True, verbose_name='asked whether logging is worth it'),
        ),
    ]
