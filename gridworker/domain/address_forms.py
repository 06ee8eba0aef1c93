"""The written forms of a Chinese estate address, as regular expressions over tidied text."""

import re

from gridworker.domain.numerals import ROW_PATTERN, TENS_PATTERN

GAP = r"[\s\-,、]*"
_NOT_INSIDE = r"(?<![A-Z0-9\-])"
_SIDE = "[东西南北中]"
_BUILDING = rf"(?P<building>[甲乙丙丁]?[0-9]{{1,3}}[A-Z]?|[A-Z][0-9]{{0,2}}|{TENS_PATTERN})"
_SHORT_BUILDING = r"(?P<building>[甲乙丙丁]?[0-9]{1,3}[A-Z]?|[A-Z][0-9]{0,2})"
_BUILDING_WORD = r"(?:号楼栋?|号栋|#楼(?![道梯])|#栋|栋(?:楼(?![道梯]))?|幢|座|#)"
_UNIT = rf"第?(?P<unit>[0-9]{{1,2}}|{TENS_PATTERN}|[A-Z]|{_SIDE}(?=单元))"
_UNIT_WORD = r"(?:单元|门栋|门洞|门|梯)"
_DASHED_UNIT = rf"(?:[0-9]{{1,2}}|[A-Z]|{_SIDE})"
_ROOM_WORD = r"(?:号室|号房|号|房间|室|房|户)"
_LONG_ROOM = rf"[A-Z]?[0-9]{{3,5}}[A-Z]?|{ROW_PATTERN}{{3,4}}"
_ROOM_END = r"(?![0-9A-Z])"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


NAMED_BUILDING = _form(rf"{_NOT_INSIDE}{_BUILDING}\s*{_BUILDING_WORD}")
"""3栋, 3号楼, 三号楼, 3#, A座."""

BUILDINGS = (
    NAMED_BUILDING,
    # 3-2-501 and 3-2单元501
    _form(rf"{_NOT_INSIDE}{_SHORT_BUILDING}-(?={_DASHED_UNIT}-[A-Z]?[0-9])"),
    _form(rf"{_NOT_INSIDE}{_SHORT_BUILDING}\s*[-\s]\s*(?={_UNIT}\s*单元)"),
    # 3号2单元501 and 3楼2单元501
    _form(rf"{_NOT_INSIDE}{_BUILDING}\s*[号楼](?={GAP}{_UNIT}\s*{_UNIT_WORD})"),
    # 123弄45号601室 and 12号301室
    _form(r"(?<=弄)(?P<building>[0-9]{1,3})号"),
    _form(rf"{_NOT_INSIDE}(?P<building>[0-9]{{1,3}})号(?={GAP}[0-9]{{3,4}}室)"),
)
"""Where the building is named, surest form first."""

BARE_BUILDINGS = (
    # 3-501, 3-2 and A1201
    _form(
        rf"{_NOT_INSIDE}{_SHORT_BUILDING}-(?=(?:[A-Z]?[0-9]{{3,5}}[A-Z]?|[0-9]{{1,2}}[A-Z])(?![0-9A-Z\-]))"
    ),
    _form(rf"{_NOT_INSIDE}{_SHORT_BUILDING}-(?P<unit>{_DASHED_UNIT})$"),
    _form(rf"{_NOT_INSIDE}(?P<building>[A-Z])(?=[0-9]{{3,4}}室?$)"),
)
"""A building that only its dash or letter gives away: tried after everything that is named."""

UNITS = (
    _form(rf"{GAP}{_UNIT}\s*{_UNIT_WORD}"),
    _form(rf"{GAP}(?P<unit>{_DASHED_UNIT})-(?=[A-Z]?[0-9])"),
)
"""The unit behind a building: 2单元, 二门, 2-501."""

UNIT_ALONE = _form(rf"{_NOT_INSIDE}{_UNIT}\s*单元")
"""2单元501 without a building."""

_BELOW_ROOM = rf"(?:\s*-?\s*(?P<room>[0-9]{{1,3}})(?![0-9])\s*{_ROOM_WORD}?)?"
BASEMENTS = (
    _form(
        rf"{GAP}(?:地下室\s*)?B(?P<level>[1-5])\s*(?:层|楼|F)?"
        rf"(?:\s*-?\s*(?P<room>(?<=-)[0-9]{{1,3}}|[0-9]{{2}}))?{_ROOM_END}\s*{_ROOM_WORD}?"
    ),
    _form(rf"[\s,、]*(?:地下|负|-)\s*(?P<level>[1-5一二三四五])\s*(?:层|楼){_BELOW_ROOM}"),
    _form(rf"{GAP}(?P<level>地下室){_BELOW_ROOM}"),
)
"""A floor below ground and a room on it: B1-02, 负一层02室, 地下室."""

BASEMENT_ALONE = _form(r"地下室|地下[1-5一二三四五]层|负[1-5一二三四五][层楼]|^B[1-5]-[0-9]{2}$")
"""A basement without a building."""

FLOOR = _form(rf"{GAP}(?P<floor>[0-9]{{1,2}}|{TENS_PATTERN})\s*(?:层|楼(?![道梯栋上下])|F(?![A-Z]))")
"""5层, 五楼, 5F."""

ROOM = _form(
    rf"{GAP}(?P<room>{_LONG_ROOM}|[0-9]{{1,2}}[A-Z]?(?=\s*(?:$|{_ROOM_WORD}))){_ROOM_END}\s*{_ROOM_WORD}?"
)
"""501, 501室, 五〇一, 5A; a room of one or two digits only at the end or before 室."""

ROOM_ALONE = _form(
    rf"{_NOT_INSIDE}(?P<room>{_LONG_ROOM}|[0-9]{{1,2}}[A-Z]?)\s*(?:室|房(?!间))|^(?P<bare>[0-9]{{3,4}})$"
)
"""A room without building and unit: 501室 anywhere, or a cell that is only 501."""

REGIONS = (
    _form(r"^.*(?:街道办事处|街道|社区居委会|社区|居委会|村委会)(?=.)"),
    _form(r"^[^0-9]{2,}?(?:省|自治区)(?=.)"),
    _form(r"^[^0-9]{2,5}?市[^0-9]{1,4}?(?<![小园社])[区县](?=.)"),
)
"""Region words before an estate: inside one grid they say nothing new."""

ROAD = _form(r"^(?P<road>.{1,8}?(?:路|街|巷|大道|胡同)[0-9]+(?:号院|号|弄))(?P<estate>.+)$")
"""A road with its house number in front of an estate."""

ESTATE_ALONE = _form(r"[^0-9]+(?:小区|花园|家园|公寓|新村|苑|大厦)")
"""The name of an estate and nothing else."""

STOREYED_ROOM = re.compile(r"[A-Z]?(?P<floor>[0-9]{1,2})(?:[0-9]{2}[A-Z]?|[A-Z])")
"""A room number that tells its floor: 501, 1502, A1201, 5A."""

BASEMENT_ROOM = re.compile(r"B(?P<level>[1-9])-[0-9]+")
"""A room below ground as we write it: B1-02."""

QUERY_DASHED = _form(rf"(?:.*[^0-9A-Z\-])?{_SHORT_BUILDING}-(?P<tail>.*)")
QUERY_SPACED = _form(r"(?P<building>[0-9]{1,3}) (?P<tail>[0-9]{1,2} [0-9]{1,4})")
QUERY_UNIT = _form(rf"{GAP}(?:{_UNIT}\s*(?:{_UNIT_WORD}|单)|(?P<short>{_DASHED_UNIT})[-\s])")
QUERY_ROOM = _form(
    rf"{GAP}(?:(?:地下室)?(?P<below>B[1-5]?)-?(?P<cellar>[0-9]{{0,3}})|(?P<cellars>地下室)"
    rf"|(?P<room>(?!00)[A-Z]?[0-9]{{1,5}}[A-Z]?|{ROW_PATTERN}{{0,4}}|{TENS_PATTERN}(?<!十)))"
    rf"\s*(?:{_ROOM_WORD}|[层楼F])?"
)
"""The parts of an address that is still being typed."""
