"""Messy registers of invented people (id region 999), of any size: input for the import and for tests."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import openpyxl

from gridworker.domain.id_numbers import check_digit

HEADINGS = (
    *("序号", "姓名", "性别", "民族", "出生日期", "身份证号码", "政治面貌"),
    *("联系电话", "与户主关系", "现住址", "户籍地址", "是否独居", "备注"),
)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
GIVEN = "敏辉华学强梅祥刚才红春玉顺秀世元桂伟明全永良平丽江志健超宁广霞军福信仁"
RELATIONS = ("配偶", "子", "女", "父母", "租客", "孙辈")
NOTES = ("", "", "", "子女在外地", "需要助餐", "行动不便 需轮椅", "租户", "\t")
EPOCH = date(1935, 1, 1)
NUMERALS = "零一二三四五六七八九十"


def write_register(path: Path, people: int, *, seed: int = 7) -> None:
    """A workbook with title rows, people in families by room, repeated rows and a total."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("居民信息台账")
    sheet.append(["示范社区居民信息登记表"])
    sheet.append(["填表单位:示范社区居委会"])
    sheet.append(HEADINGS)
    for row in messy_rows(people, Random(seed)):
        sheet.append(row)
    sheet.append([f"合计:{people}人"])
    sheet.append(["填表人:        审核人:"])
    book.save(path)


def messy_rows(people: int, random: Random) -> Iterator[Sequence[object]]:
    """Rows of people; about one in two hundred stands twice, a few are empty."""
    number = 0
    for building in range(1, people):
        for unit in (1, 2, 3):
            for floor in range(1, 19):
                for door in (1, 2):
                    for member in range(random.choice((1, 1, 2, 3, 4))):
                        number += 1
                        place = (building, unit, floor * 100 + door)
                        row = _person(number, member, place, random)
                        yield row
                        if random.random() < 0.005:
                            yield row
                        if random.random() < 0.002:
                            yield []
                        if number == people:
                            return


def _person(number: int, member: int, place: tuple[int, int, int], random: Random) -> Sequence[object]:
    born = EPOCH + timedelta(days=random.randrange(32_000))
    male = random.random() < 0.5
    phone = f"1{random.choice((38, 50, 86, 99))}{random.randrange(10**8):08d}"
    return (
        number,
        random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.choice((1, 2, 2)))),
        "男" if male else "女",
        "汉族",
        _written_day(born, number),
        _written_id(_id_number(born, male, random), number),
        "群众",
        f"{phone}/{int(phone) + 1}" if number % 11 == 0 else phone if number % 7 else None,
        "户主" if member == 0 else random.choice(RELATIONS),
        _written_place(place, number),
        random.choice(("本市", "外省市", None)),
        "是" if number % 29 == 0 else None,
        random.choice(NOTES),
    )


def _id_number(born: date, male: bool, random: Random) -> str:
    first = f"999{random.randrange(1000):03d}{born:%Y%m%d}{random.randrange(100):02d}"
    first += str(random.randrange(5) * 2 + male)
    return first + check_digit(first)


def _written_day(day: date, number: int) -> object:
    forms = (f"{day:%Y-%m-%d}", f"{day.year}.{day.month}.{day.day}", f"{day.year}年{day.month}月{day.day}日")
    return (*forms, f"{day:%Y%m%d}", day, f"{day:%Y/%m/%d}")[number % 6]


def _written_id(text: str, number: int) -> object:
    match number % 40:
        case 3:
            return f" {text[:6]} {text[6:14]} {text[14:]}"
        case 9:
            return text.translate({ord(str(i)): chr(0xFF10 + i) for i in range(10)})
        case 12:
            return text.lower()
        case 17:
            return "'" + text
        case 21:
            return text[:-1]
        case 28:
            return text[:-1] + ("0" if text[-1] != "0" else "1")
        case 33 if text.isdigit():
            return float(text)
        case _:
            return text


def _written_place(place: tuple[int, int, int], number: int) -> str:
    building, unit, room = place
    spoken = NUMERALS[building] if building <= 10 else str(building)
    return (
        f"{building}栋{unit}单元{room}",
        f"{building}#{unit}-{room}",
        f"{building}号楼{unit}门{room}室",
        f"{spoken}号楼{unit}单元{room}",
        f"示范里小区{building}-{unit}-{room}",
        f"{building}栋 {unit}单元 {room} 室",
    )[number % 6]
