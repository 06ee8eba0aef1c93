"""The list of all record kinds: the one place that a new kind is added to."""

from collections.abc import Mapping

from gridworker.domain.areas import Area
from gridworker.domain.attachments import Attachment
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.cases import Case
from gridworker.domain.disputes import Dispute
from gridworker.domain.households import Household
from gridworker.domain.records import Record
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit

KINDS: Mapping[str, type[Record]] = {
    kind.kind: kind
    for kind in (
        Area,
        Estate,
        Building,
        Room,
        Household,
        Resident,
        CareProfile,
        Visit,
        Case,
        Attachment,
        Dispute,
    )
}
