"""An answered follow-up has both scores: a missing one compared as unknown, and passed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0006_recorder_index")]

    operations = [
        migrations.RemoveConstraint(
            model_name="followupattempt", name="follow_up_answer_has_scores"
        ),
        migrations.AddConstraint(
            model_name="followupattempt",
            constraint=models.CheckConstraint(
                name="follow_up_answer_has_scores",
                condition=~models.Q(outcome="answered")
                | models.Q(
                    handling_score__isnull=False,
                    outcome_score__isnull=False,
                    handling_score__range=(1, 10),
                    outcome_score__range=(1, 10),
                ),
            ),
        ),
    ]
