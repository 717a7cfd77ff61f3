"""Answers kept, so that the same request asked again is answered again and done once."""

from datetime import datetime

from providers.models import ApiClient, IdempotentAnswer


def keep_answer(
    *,
    client: ApiClient,
    key: str,
    request_digest: str,
    status: int,
    headers: dict[str, str],
    body: str,
    at: datetime,
) -> IdempotentAnswer:
    """Keep what a request was answered, in the transaction of its work.

    Raises IntegrityError when another request with this key was quicker; the caller's work is then
    undone with its transaction.
    """
    return IdempotentAnswer.objects.create(
        client=client,
        key=key,
        request_digest=request_digest,
        status=status,
        headers=headers,
        body=body,
        made_at=at,
    )
