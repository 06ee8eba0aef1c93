"""Made-up residents for the benchmarks: about 650 bytes of JSON each, seeded, of no real region."""

import random
from collections.abc import Iterator

from gridworker.domain.residents import Resident

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲华红玉萍建国春梅海燕雪志成龙"
NOTE = "子女在外地,每周通电话;行动不便,需要陪诊和代购;已告知服务内容,同意登记。" * 4


def residents(count: int, seed: int = 7) -> Iterator[Resident]:
    """So many people of one district: 30 buildings of 3 units and 18 floors for every 5,000."""
    chance = random.Random(seed)
    for index in range(count):
        building, rest = divmod(index // 3, 3 * 18 * 4)
        unit, rest = divmod(rest, 18 * 4)
        floor, door = divmod(rest, 4)
        room = f"{floor + 1}{door + 1:02d}"
        birth = f"{chance.randint(1930, 2020)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        yield Resident(
            name=chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2)))),
            sex=chance.choice(("male", "female")),
            birth=birth,
            id_number=f"999{chance.randint(0, 999):03d}{birth.replace('-', '')}{chance.randint(0, 9999):04d}",
            id_state="check_bad",
            phones=(f"13{chance.randint(0, 999999999):09d}",),
            address=f"幸福里小区{building + 1}栋{unit + 1}单元{room}",
            place=f"{building + 1}-{unit + 1}-{room}",
            relation="head" if index % 3 == 0 else "spouse",
            hukou_region="local",
            note=NOTE[: chance.randint(60, 120)],
        )
