"""Making the card of a matter: values side by side, reasons, what can be done."""

from collections.abc import Sequence

import msgspec

from gridworker.actions.disputes import may_take_back
from gridworker.actions.matters import Matter
from gridworker.db.offers import may_withdraw
from gridworker.db.reader import Reader
from gridworker.db.reversals import waiting_decision
from gridworker.db.standing import Question
from gridworker.domain.disputes import Dispute
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.i18n import _
from gridworker.ui.disputes import sheet as codes
from gridworker.ui.disputes.own_value import may_type
from gridworker.ui.disputes.sheet import DIGITS, Sheet, Step
from gridworker.ui.disputes.side_values import (
    facts_of,
    name_in,
    notice_sides,
    order_of,
    person_side,
    said_by,
    sides_of,
    with_step,
)
from gridworker.ui.disputes.words import (
    about_words,
    advice_words,
    decided_words,
    fact_of,
    happened,
    kind_words,
    opinion_words,
    reason_words,
    signed,
    tag_of,
    trail_words,
    who,
)
from gridworker.ui.sync_centre.reasons import VERBS
from gridworker.ui.sync_centre.subjects import subject_of

OPENERS = {"visit": "visit_record", "case": "case_record", "resident": "resident", "building": "building"}
"""How a screen is asked for a record of a kind."""


def read_sheet(reader: Reader, matter: Matter, now_ms: int) -> Sheet:
    """The card of something that waits."""
    if matter.dispute is None:
        return _held_question(reader, matter, now_ms)
    record = matter.dispute.record
    if record.sort == "duplicate":
        return _pair(reader, matter, matter.dispute)
    if record.sort == "conflict":
        return _conflict(reader, matter, matter.dispute, now_ms)
    return _verdict(reader, matter, matter.dispute, now_ms)


def read_decided(reader: Reader, stored: Stored[Dispute], now_ms: int) -> Sheet:
    """The card of something that was decided, with what taking it back would do."""
    record = stored.record
    waiting = waiting_decision(reader, stored.id)
    fresh = waiting is not None and may_withdraw(reader, [waiting.op_id])
    steps = [Step(1, codes.UNDO, _("撤销这次核定"))] if fresh or may_take_back(reader, stored) else []
    sides = sides_of(reader, record, now_ms) if record.sort == "conflict" else ()
    return Sheet(
        title=about_words(reader, record),
        tag=(_("已核定"), "green"),
        says=tuple(
            filter(None, (decided_words(reader, record, now_ms), record.remark, _decision(reader, record)))
        ),
        sides=tuple(sides),
        facts=said_by(reader, record) if record.sort in ("held", "late_action") else (),
        advice=(_undo_words(waiting is not None, fresh=fresh, may=bool(steps)),),
        steps=(*steps, *_open_step(reader, record.target_kind, record.target_id)),
    )


def sheet_of_several(found: Sequence[Matter]) -> Sheet:
    """What can be done with several at once: agree to what is in effect already, or put all of them off."""
    notices = [m for m in found if m.dispute is not None and m.dispute.record.sort == "notice"]
    harmless = len(notices) == len(found) and all("accept" in m.choices for m in found)
    agree = [Step(1, "accept", _("全部同意（{count} 条）").format(count=len(found)), primary=True)]
    words = _("都是已经生效的修改，同意不会再改动任何内容。")
    return Sheet(
        title=_("选中 {count} 条").format(count=len(found)),
        tag=("", "grey"),
        says=(words if harmless else _("这些要一条一条核定；一起能办的只有“以后再说”。"),),
        steps=(*(agree if harmless else ()), Step(DIGITS[codes.LATER], codes.LATER, _("以后再说"))),
    )


def _conflict(reader: Reader, matter: Matter, stored: Stored[Dispute], now_ms: int) -> Sheet:
    record = stored.record
    sides = list(sides_of(reader, record, now_ms))
    if matter.choices:
        chosen = zip(sides, order_of(reader, record), strict=True)
        sides = [
            with_step(reader, record, side, digit=digit, choice=choice)
            for digit, (side, choice) in enumerate(chosen, start=1)
        ]
    own = matter.choices and may_type(record.target_kind, record.field)
    typed = [Step(DIGITS[codes.VALUE], codes.VALUE, _("另填一个值…"))] if own else []
    says = [happened(reader, record), trail_words(reader, record), *opinion_words(reader, record, now_ms)]
    if record.why == "fresh":
        says.insert(1, _("核定之前，先用较晚填的那个。"))
    if record.choice and record.state == "open":
        says.insert(1, _("现在按这次核定办：{words}").format(words=decided_words(reader, record, now_ms)))
    return Sheet(
        title=about_words(reader, record),
        tag=tag_of(record),
        says=tuple(filter(None, says)),
        sides=tuple(sides),
        advice=_advice(reader, matter, record),
        steps=(*typed, *_common_steps(reader, matter)),
    )


def _verdict(reader: Reader, matter: Matter, stored: Stored[Dispute], now_ms: int) -> Sheet:
    record = stored.record
    notice = record.sort == "notice"
    sides = tuple(notice_sides(reader, record, now_ms)) if notice else ()
    labels = {"accept": _("同意这次修改"), "reject": _("改回原来的")} if notice else _held_labels(matter)
    steps = [
        Step(digit, choice, labels[choice], primary=notice and choice == "accept")
        for digit, choice in enumerate(matter.choices, start=1)
    ]
    says = [happened(reader, record), *opinion_words(reader, record, now_ms)]
    return Sheet(
        title=about_words(reader, record),
        tag=tag_of(record),
        says=tuple(says),
        sides=sides,
        facts=() if notice else said_by(reader, record),
        facts_title=""
        if notice
        else signed(
            _("{name}填的").format(name=who(reader, record.actor_id, record.actor_name)),
            record.made_ms,
            now_ms,
            sure=record.made_sure,
        ),
        advice=_advice(reader, matter, record),
        steps=(*steps, *_common_steps(reader, matter)),
    )


def _pair(reader: Reader, matter: Matter, stored: Stored[Dispute]) -> Sheet:
    people = reader.get_many(Resident, stored.record.pair)
    sides = [person_side(reader, person, at) for at, person in enumerate(people)]
    if len(sides) == len(stored.record.pair) == 2:
        labels = (_("合并，留左边这条"), _("合并，留右边这条"))
        sides = [
            msgspec.structs.replace(side, step=Step(at + 1, f"{codes.JOIN}{at}", labels[at]))
            for at, side in enumerate(sides)
        ]
    return Sheet(
        title=about_words(reader, stored.record),
        tag=tag_of(stored.record),
        says=(
            happened(reader, stored.record),
            _("合并之后，两条记录的走访、事件、关爱都归到留下的那条；合错了可以撤销。"),
        ),
        sides=tuple(sides),
        advice=_advice(reader, matter, stored.record),
        steps=(
            *(Step(3, choice, _("不是同一个人")) for choice in matter.choices),
            *_common_steps(reader, matter),
        ),
    )


def _held_question(reader: Reader, matter: Matter, now_ms: int) -> Sheet:
    question = matter.question
    if question is None:
        return Sheet(title="", tag=("", "grey"))
    operation = question.operation
    said = {"values": operation.values, "set": operation.set, "target": operation.target or ""}
    name = subject_of(reader, question.kind, question.id) or name_in(operation.values)
    reason = reason_words(question.reason) if question.reason else _("两个人改了同一项")
    verb = _(VERBS.get(operation.verb, operation.verb))
    return Sheet(
        title=" · ".join(filter(None, (name or kind_words(question.kind), verb))),
        tag=(_("中心未采纳"), "orange") if question.code == "held" else (_("疑似重复"), "purple"),
        says=(_("{reason}。").format(reason=reason),),
        facts=tuple(facts_of(reader, question.kind, said)),
        facts_title=signed(_("我填的"), operation.wall_ms, now_ms),
        advice=tuple(filter(None, (advice_words(question.reason), _kept_words(question)))),
        steps=_common_steps(reader, matter),
    )


def _kept_words(question: Question) -> str:
    return _("填写的内容存在中心，本机也留着，没有丢。") if question.code == "held" else ""


# ---------------------------------------------------------------------------------------------------- steps


def _held_labels(matter: Matter) -> dict[str, str]:
    if matter.choices == ("reject",):
        return {"reject": _("撤回我的修改")}
    return {"accept": _("采纳"), "reject": _("不采纳")}


def _common_steps(reader: Reader, matter: Matter) -> tuple[Step, ...]:
    later = Step(DIGITS[codes.LATER], codes.LATER, _("以后再说"))
    back = Step(DIGITS[codes.BACK], codes.BACK, _("重新列入待核对"))
    return (back if matter.put_off else later, *_open_step(reader, matter.kind, matter.record_id))


def _open_step(reader: Reader, kind: str, id: RecordId) -> tuple[Step, ...]:
    """Only where there is something to open."""
    if kind not in OPENERS or reader.key_of(KINDS[kind], id) is None:
        return ()
    return (Step(DIGITS[codes.OPEN], codes.OPEN, _("打开这条记录")),)


def _advice(reader: Reader, matter: Matter, record: Dispute) -> tuple[str, ...]:
    lines = []
    if "accept" in matter.choices and record.sort in ("held", "late_action"):
        lines.append(_("采纳，就照提交人写的办；不采纳，就保持现在这样。他写的都会留着。"))
    elif record.sort in ("held", "late_action"):
        lines.append(advice_words(record.why))
    if not matter.choices:
        lines.append(_("这一条要由网格长或社区书记核定；可以先补充走访记录，再联系他们。"))
    elif record.sort == "conflict":
        lines.append(_("没选的也会留在记录里。核定先存本机，送到中心后生效；在那之前可以撤销。"))
    others = _others(reader, matter)
    if others:
        lines.append(_("同一条记录还有 {count} 处待核对，排在一起。").format(count=others))
    return tuple(filter(None, lines))


def _others(reader: Reader, matter: Matter) -> int:
    about = (matter.record_id, matter.id)
    sql = "SELECT count(*) FROM dispute WHERE target_id=? AND state='open' AND id<>?"
    (count,) = reader.rows_of(sql, about)[0] if matter.record_id else (0,)
    return int(count)


def _decision(reader: Reader, record: Dispute) -> str:
    if record.sort != "conflict":
        return ""
    fact = fact_of(reader, record, record.decision)
    return _("核定的值：{value}").format(value=fact.masked or fact.plain)


def _undo_words(waiting: bool, *, fresh: bool, may: bool) -> str:
    if fresh:
        return _("还没有送出：现在撤销，就像没有核定过。")
    if not may:
        return _("这次核定不能在这里撤销；要改的请找网格长。")
    if waiting:
        return _("已经交给中心，还没有回音：撤销会再送一次核定，改回原来的值。")
    return _("中心已经照办：撤销会再送一次核定，改回原来的值，这一条重新待核对。")
