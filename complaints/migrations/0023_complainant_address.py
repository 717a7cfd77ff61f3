"""Who can be reached by letter only is found by the address, without reading all people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0022_attachment_withdrawn"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="complainant",
            index=models.Index(
                condition=models.Q(("address", ""), _negated=True),
                fields=["address"],
                name="complainant_address",
            ),
        ),
    ]
