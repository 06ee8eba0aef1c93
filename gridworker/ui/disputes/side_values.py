"""What each side of a dispute says, whose it is, and which of them the record says now."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gridworker.actions.moves import grids
from gridworker.db.reader import Reader
from gridworker.domain.disputes import Dispute
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import ScopeId, Stored, fields_of
from gridworker.domain.residents import Resident
from gridworker.i18n import _
from gridworker.ui.disputes.sheet import Fact, Side, Step
from gridworker.ui.disputes.words import fact_of, field_fact, signed, who
from gridworker.ui.sync_centre.values import is_told

_PERSON = ("name", "birth", "id_number", "phones", "address", "note")
"""What tells whether two records are one person."""


def order_of(reader: Reader, record: Dispute) -> tuple[str, str, str]:
    """The sides from left to right; one's own value stands first."""
    mine = reader.author.user_id
    first = record.server_actor_id == mine and record.actor_id != mine
    return ("server", "incoming", "base") if first else ("incoming", "server", "base")


def sides_of(reader: Reader, record: Dispute, now_ms: int) -> Iterator[Side]:
    """The two values and the former one, each with its author; the first that the record says is marked."""
    now = _now(reader, record)
    incoming, rival = (
        who(reader, record.actor_id, record.actor_name),
        who(reader, record.server_actor_id, record.server_actor_name),
    )
    titles = {
        "incoming": _("{name}填的").format(name=incoming),
        "server": _("{name}填的").format(name=rival) if rival != incoming else _("中心原有的"),
        "base": _("改之前"),
    }
    signs = {
        "incoming": signed(incoming, record.made_ms, now_ms, sure=record.made_sure),
        "server": signed(rival, record.server_ms, now_ms) if record.server_ms else "",
        "base": "",
    }
    marked = False
    for choice in order_of(reader, record):
        value = getattr(record, choice)
        is_now = not marked and _same(value, now)
        marked |= is_now
        yield Side(titles[choice], (fact_of(reader, record, value),), signs[choice], now=is_now)


def notice_sides(reader: Reader, record: Dispute, now_ms: int) -> Iterator[Side]:
    """What a critical field says now, and what it said before."""
    name = who(reader, record.actor_id, record.actor_name)
    now = _now(reader, record)
    after, before = fact_of(reader, record, record.incoming), fact_of(reader, record, record.base)
    yield Side(
        _("改成"),
        (after,),
        signed(name, record.made_ms, now_ms, sure=record.made_sure),
        now=_same(record.incoming, now),
    )
    yield Side(_("原来"), (before,), now=_same(record.base, now))


def person_side(reader: Reader, person: Stored[Resident], at: int) -> Side:
    """One of two records that may be one person."""
    facts = [
        field_fact(reader, Resident.kind, field, getattr(person.record, field))
        for field in _PERSON
        if getattr(person.record, field)
    ]
    titles = {grant.scope: grant.title for grant in reader.author.grants}
    return Side(_("第 {number} 条").format(number=at + 1), tuple(facts), titles.get(person.scope, ""))


def with_step(reader: Reader, record: Dispute, side: Side, *, digit: int, choice: str) -> Side:
    """The side with the step that chooses it."""
    incoming = who(reader, record.actor_id, record.actor_name)
    rival = who(reader, record.server_actor_id, record.server_actor_name)
    labels = {
        "incoming": _("用{name}填的").format(name=incoming),
        "server": _("用{name}填的").format(name=rival) if rival != incoming else _("用中心原有的"),
        "base": _("恢复原来的"),
    }
    return msgspec.structs.replace(side, step=Step(digit, choice, labels[choice]))


def _now(reader: Reader, record: Dispute) -> Any:
    """What the record says here now, or by the centre's last word."""
    kind = KINDS.get(record.target_kind)
    found = reader.document(kind, record.target_id) if kind else None
    if kind is None or found is None:
        return record.server
    default = next((each.default for each in msgspec.structs.fields(kind) if each.name == record.field), None)
    return found[0].get(record.field, None if default is msgspec.NODEFAULT else default)


def _same(one: Any, other: Any) -> bool:
    empty: tuple[Any, ...] = (None, "", [], ())
    return (one in empty and other in empty) or msgspec.to_builtins(one) == msgspec.to_builtins(other)


def said_by(reader: Reader, record: Dispute) -> tuple[Fact, ...]:
    """All that the operation behind a dispute would have written."""
    said = record.incoming if isinstance(record.incoming, dict) else {}
    if record.verb == "move":
        return tuple(_move_facts(reader, said))
    return tuple(facts_of(reader, record.target_kind, said))


def _move_facts(reader: Reader, said: Mapping[str, Any]) -> Iterator[Fact]:
    titles = {grid.scope: grid.name for grid in grids(reader)}
    target = str(said.get("target") or "")
    yield Fact(_("移交到"), titles.get(ScopeId(target), target))
    if said.get("why"):
        yield Fact(_("原因"), str(said["why"]))


def facts_of(reader: Reader, kind: str, said: Mapping[str, Any]) -> Iterator[Fact]:
    """All that an operation would have written, as far as it says something to people."""
    changed = {field: pair[1] for field, pair in dict(said.get("set") or {}).items()}
    values = {**dict(said.get("values") or {}), **changed}
    declared = fields_of(KINDS[kind]) if kind in KINDS else {}
    if said.get("target") and "state" in declared:
        values["state"] = said["target"]
    for field, value in values.items():
        if value not in (None, "", [], ()) and is_told(kind, field):
            yield field_fact(reader, kind, field, value)


def name_in(values: Mapping[str, Any]) -> str:
    """What an author called a record that is not here."""
    return next((str(values[name]) for name in ("name", "who", "title", "place") if values.get(name)), "")
