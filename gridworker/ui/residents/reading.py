"""What the form of a person means: typed texts become a draft, with remarks beside the fields."""

from collections.abc import Mapping
from datetime import date

import msgspec

from gridworker.actions.residents import ResidentDraft
from gridworker.domain.addresses import display, parse_address, place_key
from gridworker.domain.dates import parse_day
from gridworker.domain.id_numbers import IdNumber, parse_id_number
from gridworker.domain.names import clean_name
from gridworker.domain.phones import format_phone, parse_phones
from gridworker.i18n import N_, _
from gridworker.ui.residents.words import joined
from gridworker.ui.visits.words import choice_words, listed

WRONG, DOUBT, FINE = "wrong", "doubt", "fine"
"""Kinds of remarks: must be mended before saving, may be saved, and only says what was understood."""

_ID_REMARKS: Mapping[str, str] = {
    "check_bad": N_("校验码不对，请核对；也可以先按原样保存"),
    "format_bad": N_("不是18位（或15位）证件号，请核对；也可以先按原样保存"),
    "digits_lost": N_("末几位丢失了（表格把它当成了数字），请照证件补全"),
}


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the fields of the form."""

    name: str = ""
    sex: str = "unknown"
    birth: str = ""
    id_number: str = ""
    phones: str = ""
    address: str = ""
    relation: str = "other"
    status: str = "active"
    lives_alone: bool = False
    note: str = ""


class Remark(msgspec.Struct, frozen=True):
    """A sentence beside a field."""

    kind: str
    words: str


class Reading(msgspec.Struct, frozen=True):
    """The draft that the texts mean, and a remark by field."""

    draft: ResidentDraft
    remarks: Mapping[str, Remark]

    @property
    def first_wrong(self) -> str:
        """The first field that has to be mended, or nothing."""
        return next((name for name, remark in self.remarks.items() if remark.kind == WRONG), "")


def read_form(typed: Typed, today: date) -> Reading:
    """Understand everything that was typed; only a missing name and an unreadable birth date stop saving."""
    number = parse_id_number(typed.id_number, latest_birth=today.isoformat())
    birth, birth_remark = _birth(typed.birth, number, today)
    remarks = {
        "name": None if clean_name(typed.name) else Remark(WRONG, _("请填姓名，其他都可以以后再补")),
        "birth": birth_remark,
        "id_number": _id_remark(typed, number),
        "phones": _phones_remark(typed.phones),
        "address": _address_remark(typed.address),
    }
    draft = ResidentDraft(
        name=clean_name(typed.name),
        sex=typed.sex,
        birth=birth,
        id_number=number.text,
        phones=phones_of(typed.phones),
        address=typed.address.strip(),
        relation=typed.relation,
        status=typed.status,
        lives_alone=typed.lives_alone,
        note=typed.note.strip(),
    )
    return Reading(draft, {name: remark for name, remark in remarks.items() if remark})


def phones_of(text: str) -> tuple[str, ...]:
    """The numbers of the field, and what only looks like one, as it was typed: nothing is lost."""
    phones = parse_phones(text)
    return phones.numbers + phones.doubtful


def filled_by_id(text: str, today: date) -> tuple[str, str] | None:
    """Birth date and sex that a whole id number says, or None while it is not one."""
    number = parse_id_number(text, latest_birth=today.isoformat())
    return (number.birth, number.sex) if number.birth and number.sex else None


def _birth(text: str, number: IdNumber, today: date) -> tuple[str | None, Remark | None]:
    parsed = parse_day(text)
    if not text.strip():
        return number.birth, None
    if parsed.day is None:
        return None, Remark(WRONG, _("看不懂这个日期，可写成 1944-3-2、19440302 或 1944年3月2日"))
    if parsed.day > today.isoformat():
        return None, Remark(WRONG, _("出生日期不能晚于今天"))
    if number.state == "ok" and number.birth != parsed.day:
        return parsed.day, Remark(DOUBT, _("与证件号里的 {day} 不一致").format(day=number.birth))
    if parsed.doubtful:
        return parsed.day, Remark(DOUBT, _("按 {day} 理解，不对请改").format(day=parsed.day))
    return parsed.day, None if parsed.day == text.strip() else Remark(FINE, parsed.day)


def _id_remark(typed: Typed, number: IdNumber) -> Remark | None:
    if number.state in _ID_REMARKS:
        return Remark(DOUBT, _(_ID_REMARKS[number.state]))
    if number.state != "ok" or number.sex is None:
        return None
    if typed.sex in ("male", "female") and typed.sex != number.sex:
        said = choice_words("sex", number.sex)
        return Remark(DOUBT, _("证件号里的性别是“{sex}”，请核对").format(sex=said))
    return Remark(FINE, _("证件号有效"))


def _phones_remark(text: str) -> Remark | None:
    phones = parse_phones(text)
    if phones.doubtful:
        odd = listed(phones.doubtful)
        return Remark(DOUBT, _("“{phones}”位数不对或缺区号，将按原样保存").format(phones=odd))
    shown = joined(map(format_phone, phones.numbers))
    return Remark(FINE, shown) if shown not in ("", text.strip()) else None


def _address_remark(text: str) -> Remark | None:
    address = parse_address(text)
    if not text.strip():
        return None
    if not place_key(address):
        return Remark(DOUBT, _("没看出楼栋房号，将按原文保存；可写成 3-2-501 或 3栋2单元501"))
    shown = display(address)
    return None if shown == text.strip() else Remark(FINE, shown)
