"""Roles: who may write which record, decided again by the centre for every operation."""

from collections.abc import Mapping

import msgspec

from gridworker.domain.records import Record, fields_of


class Role(msgspec.Struct, frozen=True):
    """One role of the organisation and the kinds of records that it may write in its grids."""

    id: str
    label: str
    writes: frozenset[str]
    reviews: bool = False


_REGISTER = frozenset({"estate", "building", "room", "household", "resident", "care_profile"})
_FIELD_WORK = frozenset({"visit", "case", "attachment"})

ROLES: Mapping[str, Role] = {
    role.id: role
    for role in (
        Role("grid_worker", "网格员", _REGISTER | _FIELD_WORK),
        Role("grid_leader", "网格长", _REGISTER | _FIELD_WORK, reviews=True),
        Role("community_secretary", "社区书记", _REGISTER | _FIELD_WORK, reviews=True),
        Role("street_center", "街道网格中心", frozenset({"area"}) | _REGISTER | _FIELD_WORK, reviews=True),
        Role("it_admin", "技术人员", frozenset()),
        Role("auditor", "审计", frozenset()),
    )
}


def may_write(role: str, kind: type[Record], field: str) -> bool:
    """Whether a role may write a field of a kind; unknown fields belong to newer programs."""
    if role not in ROLES or kind.kind not in ROLES[role].writes:
        return False
    declared = fields_of(kind).get(field)
    return declared is None or not declared.roles or role in declared.roles
