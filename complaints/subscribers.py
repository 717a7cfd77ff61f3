"""What the desk does when it hears of facts: hand queued messages over, take work back."""

from accounts import events as people_events
from accounts.models import User
from accounts.services import system_user
from complaints import events
from complaints.selectors.announcing import ANNOUNCED, told_of
from complaints.services import handover
from complaints.services.announcing import announce
from complaints.services.sending import send_message
from journal.models import Entry
from journal.registry import subscribe, witness
from journal.services import utc_now
from providers.registry import teller

witness(*ANNOUNCED)(announce)
teller(*ANNOUNCED)(told_of)


@subscribe(events.MESSAGE_QUEUED, name="complaints.send_message", outside=True)
def send_queued_message(entry: Entry) -> None:
    """Hand a queued message over; called again until it is settled one way or the other."""
    send_message(message_id=entry.payload["message"], at=utc_now())


@subscribe(people_events.USER_LEAVING, name="complaints.tell_of_leaving")
def tell_of_leaving(entry: Entry) -> None:
    """Tell managers what is to be handed over before somebody leaves."""
    handover.tell_of_leaving(person=_person(entry), actor=entry.actor, at=entry.occurred_at)


@subscribe(people_events.USER_DEACTIVATED, name="complaints.return_open_work")
def return_open_work(entry: Entry) -> None:
    """Give back what is still with somebody who has left."""
    person = _person(entry)
    if not person.is_active:  # they may be back by now
        handover.return_open_work(person=person, actor=system_user(), at=utc_now())


@subscribe(people_events.USER_MOVED, name="complaints.return_what_is_out_of_reach")
def return_what_is_out_of_reach(entry: Entry) -> None:
    """Give back what somebody can no longer handle where they work now."""
    handover.return_what_is_out_of_reach(person=_person(entry), actor=system_user(), at=utc_now())


def _person(entry: Entry) -> User:
    return User.objects.get(pk=entry.subject_id)
