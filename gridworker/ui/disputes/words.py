"""Matters in words that a tired reader understands: what it is about, what happened, who said what."""

from typing import Any

from gridworker.db.reader import Reader
from gridworker.domain.choices import CHOICES
from gridworker.domain.disputes import Dispute
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import RecordId
from gridworker.i18n import N_, _
from gridworker.ui.disputes.sheet import Fact
from gridworker.ui.sync_centre.reasons import ADVICE, OF_OTHERS, REASONS, VERBS
from gridworker.ui.sync_centre.subjects import subject_of
from gridworker.ui.sync_centre.values import field_words, masked_words, value_words
from gridworker.ui.visits.words import choice_tag, listed, moment_of

LINKED = {
    "estate_id": "estate",
    "building_id": "building",
    "room_id": "room",
    "household_id": "household",
    "resident_id": "resident",
    "head_id": "resident",
}
"""What the fields point to that hold the id of another record."""
DECIDED = {
    "incoming": N_("用{name}填的"),
    "server": N_("用{rival}填的"),
    "base": N_("恢复原来的"),
    "value": N_("另填了一个值"),
    "accept": N_("采纳"),
    "reject": N_("不采纳"),
}


def who(reader: Reader, user_id: str, name: str) -> str:
    """我, a name, or 别人."""
    return _("我") if user_id and user_id == reader.author.user_id else name or _("别人")


def about_words(reader: Reader, dispute: Dispute) -> str:
    """王秀兰 · 联系电话, as far as it is known here."""
    if dispute.sort == "duplicate":
        names = (subject_of(reader, dispute.target_kind, id) for id in dispute.pair)
        return " / ".join(dict.fromkeys(filter(None, names))) or kind_words(dispute.target_kind)
    target = subject_of(reader, dispute.target_kind, dispute.target_id) or _written_name(dispute)
    field = field_words(dispute.target_kind, dispute.field) if dispute.field else ""
    unnamed = _("已删除的{kind}") if dispute.why == "deleted" else "{kind}"
    target = target or unnamed.format(kind=kind_words(dispute.target_kind))
    return " · ".join(filter(None, (target, field)))


def kind_words(kind: str) -> str:
    """居民."""
    return _(KINDS[kind].label) if kind in KINDS else kind


def tag_of(dispute: Dispute) -> tuple[str, str]:
    """What sort of matter it is, as a tag."""
    known = {choice.code for choice in CHOICES["dispute_sort"]}
    return choice_tag("dispute_sort", dispute.sort) if dispute.sort in known else (dispute.sort, "grey")


def happened(reader: Reader, dispute: Dispute) -> str:
    """What happened, in one sentence."""
    name = who(reader, dispute.actor_id, dispute.actor_name)
    rival = who(reader, dispute.server_actor_id, dispute.server_actor_name)
    field = field_words(dispute.target_kind, dispute.field)
    if dispute.why == "decided":
        return _("已经有两种不同的核定，都保留着；请商量好再定一次。")
    match dispute.sort:
        case "conflict" if dispute.why == "not_allowed":
            return _("{name}改了“{field}”，但{name}的角色不能改这一项，所以没有生效。").format(
                name=name, field=field
            )
        case "conflict" if dispute.actor_id == dispute.server_actor_id or not dispute.server_actor_id:
            return _("“{field}”有两个不同的值，要选对的那个。").format(field=field)
        case "conflict":
            return _("{name}和{rival}各自改了“{field}”，填得不一样。").format(
                name=name, rival=rival, field=field
            )
        case "notice":
            return _("{name}改了“{field}”，已经生效。这是重要信息，请核对一下。").format(
                name=name, field=field
            )
        case "duplicate":
            return _("这两条记录的证件号相同，可能是同一个人。")
    verb = _(VERBS.get(dispute.verb, dispute.verb))
    words = _("{name}的“{verb}”没有生效：{reason}。")
    return words.format(name=name, verb=verb, reason=_reason_of(reader, dispute))


def short_words(reader: Reader, dispute: Dispute) -> str:
    """The same in a few words, for a row of the list."""
    name = who(reader, dispute.actor_id, dispute.actor_name)
    rival = who(reader, dispute.server_actor_id, dispute.server_actor_name)
    match dispute.sort:
        case "conflict" if dispute.why != "not_allowed" and name != rival:
            return _("{name}和{rival}填得不一样").format(name=name, rival=rival)
        case "conflict" if dispute.why == "not_allowed":
            return _("{name}的角色不能改这一项").format(name=name)
        case "conflict":
            return _("有两个不同的值")
        case "notice":
            return _("{name}改的，已生效").format(name=name)
        case "duplicate":
            return _("证件号相同")
    return _("{name}：{reason}").format(name=name, reason=_reason_of(reader, dispute))


def reason_words(code: str) -> str:
    """Why something had no effect."""
    return _(REASONS.get(code, code))


def _reason_of(reader: Reader, dispute: Dispute) -> str:
    if dispute.actor_id != reader.author.user_id and dispute.why in OF_OTHERS:
        return _(OF_OTHERS[dispute.why])
    return reason_words(dispute.why)


def advice_words(code: str) -> str:
    """What one can do about it, or nothing."""
    return _(ADVICE.get(code, ""))


def trail_words(reader: Reader, dispute: Dispute) -> str:
    """Edits that followed each other: 我先后填过：甲 → 乙 → 丙; masked where the field is."""
    if not dispute.trail:
        return ""
    name = who(reader, dispute.actor_id, dispute.actor_name)
    facts = [fact_of(reader, dispute, value) for value in (*dispute.trail, dispute.incoming)]
    values = " → ".join(fact.masked or fact.plain for fact in facts)
    return _("{name}先后填过：{values}").format(name=name, values=values)


def fact_of(reader: Reader, dispute: Dispute, value: Any) -> Fact:
    """A value of the disputed field."""
    return field_fact(reader, dispute.target_kind, dispute.field, value, label="")


def field_fact(reader: Reader, kind: str, field: str, value: Any, *, label: str | None = None) -> Fact:
    """A field with its label, and what a mask leaves of its value."""
    shown = field_words(kind, field) if label is None else label
    if field in LINKED and isinstance(value, str) and value:
        return Fact(shown, subject_of(reader, LINKED[field], RecordId(value)) or _("（不在本机）"))
    return Fact(shown, value_words(kind, field, value), masked_words(kind, field, value))


def signed(name: str, at_ms: int, now_ms: int, *, sure: bool = True) -> str:
    """张晓 · 今天 14:02; of a clock that was wrong it is said."""
    moment = moment_of(at_ms, now_ms) if at_ms else ""
    unsure = "" if sure or not at_ms else _("（电脑时间不准）")
    return " · ".join(filter(None, (name, moment))) + unsure


def decision_words(reader: Reader, dispute: Dispute, choice: str) -> str:
    """用张晓填的."""
    name = who(reader, dispute.actor_id, dispute.actor_name)
    rival = who(reader, dispute.server_actor_id, dispute.server_actor_name)
    return _(DECIDED.get(choice, choice)).format(name=name, rival=rival)


def decided_words(reader: Reader, dispute: Dispute, now_ms: int) -> str:
    """我 今天 14:02 核定：用张晓填的."""
    who_decided = who(reader, dispute.decided_by, dispute.decided_name)
    words = _("{who} {moment} 核定：{decision}")
    return words.format(
        who=who_decided,
        moment=moment_of(dispute.decided_ms, now_ms),
        decision=decision_words(reader, dispute, dispute.choice),
    )


def opinion_words(reader: Reader, dispute: Dispute, now_ms: int) -> list[str]:
    """Each decision that came when another one had been made."""
    lines = []
    for each in dispute.opinions:
        line = _("{who} {moment} 的意见：{decision}").format(
            who=who(reader, each.by, each.name),
            moment=moment_of(each.at_ms, now_ms),
            decision=decision_words(reader, dispute, each.choice),
        )
        value = fact_of(reader, dispute, each.value) if each.choice == "value" else None
        lines.append(listed(filter(None, (line, (value.masked or value.plain) if value else "", each.why))))
    return lines


def _written_name(dispute: Dispute) -> str:
    """What its author called a record that is not here."""
    said = dispute.incoming if dispute.sort != "conflict" and isinstance(dispute.incoming, dict) else {}
    values = said.get("values", {})
    return next((str(values[name]) for name in ("name", "who", "title", "place") if values.get(name)), "")
