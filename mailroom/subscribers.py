"""What the mailroom does when it hears of its own facts: sort what came in, take its files."""

from journal.models import Entry
from journal.origin import origin
from journal.registry import subscribe
from journal.services import utc_now
from mailroom import events
from mailroom.services.files import take_files
from mailroom.services.sorting import sort_mail


@subscribe(events.MAIL_TAKEN_IN, name="mailroom.sort_mail", outside=True)
def sort_new_mail(entry: Entry) -> None:
    """Sort a mail; called again until that has worked."""
    with origin("mail"):
        sort_mail(mail_id=entry.subject_id, at=utc_now())


@subscribe(events.MAIL_FILED, name="mailroom.take_files", outside=True)
def take_files_of_filed_mail(entry: Entry) -> None:
    """Attach the files of a mail to its complaint; called again until each is decided."""
    with origin("mail"):
        take_files(mail_id=entry.subject_id, at=utc_now())
