import django.core.validators
import django.db.models.deletion
import logs.fields
import support.countries
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HelpLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(max_length=2, validators=[support.countries.validate_country], verbose_name='country')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('is_emergency', models.BooleanField(default=False, help_text='Shown first.', verbose_name='emergency number')),
                ('phone', models.CharField(blank=True, max_length=30, validators=[django.core.validators.RegexValidator('^\\+?[0-9][0-9 ]*$', 'Write digits, with spaces between them if you like.')], verbose_name='number to call')),
                ('text_number', models.CharField(blank=True, max_length=30, validators=[django.core.validators.RegexValidator('^\\+?[0-9][0-9 ]*$', 'Write digits, with spaces between them if you like.')], verbose_name='number to text')),
                ('text_word', models.CharField(blank=True, help_text='Such as SHOUT.', max_length=20, verbose_name='word to text')),
                ('website', models.URLField(blank=True, verbose_name='web address')),
                ('hours', models.CharField(blank=True, max_length=100, verbose_name='hours')),
                ('languages', models.CharField(blank=True, max_length=100, verbose_name='languages')),
                ('checked_on', models.DateField(blank=True, help_text='When it was last seen to work as written here.', null=True, verbose_name='checked on')),
                ('source', models.URLField(help_text='Where the line itself says so.', verbose_name='source')),
            ],
            options={
                'verbose_name': 'help line',
                'verbose_name_plural': 'help lines',
                'ordering': ['country', '-is_emergency', 'name', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('phone', ''), ('text_number', ''), ('website', ''), _negated=True), name='help_line_reachable', violation_error_message='Say how to reach it: a number to call or to text, or a web address.')],
            },
        ),
        migrations.CreateModel(
            name='SupportPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', logs.fields.NoteField(blank=True, null=True)),
                ('people', logs.fields.NoteField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='last changed')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='support_plan', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'plan for hard moments',
                'verbose_name_plural': 'plans for hard moments',
            },
        ),
    ]
