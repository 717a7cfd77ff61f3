"""What a request with an Idempotency-Key was answered."""

from providers.models import ApiClient, IdempotentAnswer


def answer_given(client: ApiClient, key: str) -> IdempotentAnswer | None:
    """Return the first answer to this client's request with this key, if there was one."""
    return IdempotentAnswer.objects.filter(client=client, key=key).first()
