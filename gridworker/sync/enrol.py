"""Enrolling a laptop with a centre: once online, with name and password."""

from gridworker.db.database import Database
from gridworker.db.enrolment import store_enrolment
from gridworker.domain.records import Touched
from gridworker.sync.remote import Refused, Remote
from gridworker.wire.messages import EnrolReply, EnrolRequest


def enrol(database: Database, remote: Remote, request: EnrolRequest, *, server_url: str) -> Touched:
    """Make this laptop the user's; what was recorded before becomes operations of his.

    Raises Problem login_refused, upgrade_needed, server_busy, server_refused, other_server, other_user, or
    one of the line's.
    """
    try:
        reply = remote.call(request, EnrolReply)
    except Refused as refused:
        raise refused.problem from refused
    return database.write(store_enrolment, reply, server_url)
