"""Reading the cells of one row, meaning by meaning: each function fills a draft and names what it doubts."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from gridworker.actions.imports.dictionaries import codes_by_word, forbidden_remarks
from gridworker.actions.imports.drafts import Draft
from gridworker.domain.addresses import Address, display, parse_address, place_key
from gridworker.domain.cells import cell_text
from gridworker.domain.dates import parse_day
from gridworker.domain.id_numbers import parse_id_number
from gridworker.domain.phones import parse_phones

OLDEST = 115
"""An age beyond this is more often a typing mistake than a life."""
_LONGEST_WORD = 4
_ID_DOUBTS = {"digits_lost": "id_digits_lost", "check_bad": "id_check_bad", "format_bad": "id_format_bad"}
_OF_THE_HEAD = re.compile(r"^(?:户主)?(?:之|的)|\(.*\)$")
_FORBIDDEN_REMARK = re.compile("|".join(map(re.escape, forbidden_remarks())))
_TRUE_WORDS = {"yes": True, "no": False}
_PART_WORDS = {"building": "栋", "unit": "单元", "room": ""}
_PLAIN_PART = re.compile(r"[0-9A-Za-z一二三四五六七八九十]+")


def read_id_number(draft: Draft, value: object, today: date) -> None:
    """The id number with its state; birth and sex that its digits prove fill what the row leaves open."""
    number = parse_id_number(value, latest_birth=today.isoformat())
    if number.state == "missing":
        return
    values = draft.values
    values["id_number"], values["id_state"] = number.text, number.state
    if number.state != "ok":
        draft.doubt(_ID_DOUBTS[number.state], "id_number", number.text)
    if number.state == "ok" and number.sex:
        _prove(draft, "sex", number.sex, "sex_differs")
    if number.birth and number.state in ("ok", "digits_lost"):
        _prove(draft, "birth", number.birth, "birth_differs")


def _prove(draft: Draft, field: str, proven: str, code: str) -> None:
    given = draft.values.setdefault(field, proven)
    if given != proven:
        draft.doubt(code, field, given)


def read_birth(draft: Draft, value: object, today: date) -> None:
    """The birth date; a guess is kept and named, an impossible one is left out and named."""
    parsed = parse_day(value)
    if parsed.day is None:
        if parsed.doubtful:
            draft.doubt("birth_unread", "birth", value)
        return
    if parsed.day > today.isoformat():
        draft.doubt("birth_ahead", "birth", parsed.day)
        return
    draft.values["birth"] = parsed.day
    if parsed.doubtful:
        draft.doubt("birth_guessed", "birth", value)
    if int(parsed.day[:4]) < today.year - OLDEST:
        draft.doubt("birth_long_ago", "birth", parsed.day)


def read_phones(draft: Draft, cells: Sequence[object]) -> None:
    """All numbers of all telephone columns, each once, in their order."""
    numbers: dict[str, None] = {}
    for cell in cells:
        found = parse_phones(cell)
        numbers.update(dict.fromkeys(found.numbers))
        for piece in found.doubtful:
            draft.doubt("phone_unread", "phones", piece)
    if numbers:
        draft.values["phones"] = tuple(numbers)


def read_choice(draft: Draft, field: str, value: object) -> None:
    """A word of a code table; an unknown word is named and the field left open."""
    word = cell_text(value)
    code = code_of_word(field, word) if word else None
    if code:
        draft.values[field] = code
    elif word:
        draft.doubt("value_unread", field, word)


def read_lives_alone(draft: Draft, value: object) -> None:
    """Whether the person lives alone: 是, 否, √, 独居 …; an empty cell says nothing."""
    word = cell_text(value)
    code = codes_by_word("lives_alone").get(word.upper()) if word else None
    if code:
        draft.values["lives_alone"] = _TRUE_WORDS[code]
    elif word:
        draft.doubt("value_unread", "lives_alone", word)


def is_whole_place(text: str) -> bool:
    """Whether a household registration is given as an address, which this register does not keep."""
    return len(text) > _LONGEST_WORD


@lru_cache(maxsize=4096)
def code_of_word(field: str, word: str) -> str | None:
    """The code of a word, also with 户主之 before it or a bracket behind it."""
    codes = codes_by_word(field)
    return codes.get(word.upper()) or codes.get(_OF_THE_HEAD.sub("", word).strip().upper())


def read_note(draft: Draft, cells: Sequence[object]) -> None:
    """All remarks together; one about what may not be kept stays in the file, its text is not repeated."""
    texts = []
    for cell in cells:
        text = cell_text(cell)
        if text and _FORBIDDEN_REMARK.search(text):
            draft.doubt("note_forbidden", "note")
        elif text:
            texts.append(text)
    if texts:
        draft.values["note"] = ";".join(dict.fromkeys(texts))


def read_place(draft: Draft, address: str, parts: tuple[str, ...]) -> None:
    """The place from the address column and from columns of its own for estate, building, unit and room."""
    found = _place(address, parts)
    if found is None:
        draft.doubt("address_missing", "address")
        return
    draft.at, draft.address, key = found
    if not draft.at.building:
        draft.doubt("address_unread", "address", draft.address)
    elif not draft.at.room:
        draft.doubt("address_without_room", "address", draft.address)
    else:
        draft.place = key


@lru_cache(maxsize=65_536)
def _place(address: str, parts: tuple[str, ...]) -> tuple[Address, str, str] | None:
    """A parsed address, how it is shown and its short form; remembered, since a household repeats it."""
    estate, building, unit, room = parts
    composed = "".join((_part("building", building), _part("unit", unit), room)) if building else ""
    text = composed or address
    if not text and not estate:
        return None
    at = parse_address(text)
    if composed and address and not at.building:
        at = parse_address(address)
    if estate:
        at = Address(estate, at.building, at.unit, at.floor, at.room, at.rest)
    return at, (display(at) if at.building else address or text or estate), place_key(at)


def _part(name: str, text: str) -> str:
    return text + _PART_WORDS[name] if text and _PLAIN_PART.fullmatch(text) else text
