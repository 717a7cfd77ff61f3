"""A file that came with a wrongly filed mail is taken off with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0021_test_providers")]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="withdrawn_at",
            field=models.DateTimeField(null=True),
        ),
    ]
