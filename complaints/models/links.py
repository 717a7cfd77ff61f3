"""How complainants come to their own complaint."""

from django.db import models

from complaints.models.complaint import Complaint
from complaints.models.messages import Message
from complaints.states import LinkPurpose


class PersonalLink(models.Model):
    """A way to one complaint without an account. Only keyed digests of its secrets are kept."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=10, choices=LinkPurpose)
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    code_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)  # when a button was pressed: opening changes nothing

    class Meta:
        """Found by complaint, newest first; a code is looked for among one complaint's links."""

        ordering = ["-id"]
        indexes = [models.Index(fields=["complaint", "-id"], name="personal_link_of")]

    def __str__(self) -> str:
        """Name purpose and complaint by id."""
        return f"{self.purpose} to {self.complaint_id}"
