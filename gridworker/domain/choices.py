"""Small code tables: the values a field may take, with the words people see (sources: docs/glossary.md)."""

from collections.abc import Mapping

import msgspec


class Choice(msgspec.Struct, frozen=True):
    """One value of a code table: the stored code, its word, and a tag colour where it is shown as one."""

    code: str
    label: str
    colour: str = "grey"


def _table(*rows: str) -> tuple[Choice, ...]:
    return tuple(Choice(*row.split()) for row in rows)


CHOICES: Mapping[str, tuple[Choice, ...]] = {
    "area_level": _table("street 街道", "community 社区", "grid 网格"),
    "grid_kind": _table("residential 居住网格", "dedicated 专属网格", "micro 微网格"),
    "estate_type": _table(
        "commercial 商品房",
        "old 老旧小区",
        "welfare 单位房改房",
        "social 保障房",
        "resettled 回迁安置",
        "unmanaged 三无小区",
        "urban_village 城中村",
        "rural 农村",
    ),
    "house_use": _table(
        "self 自住 green",
        "rented 租赁 blue",
        "vacant 空置 grey",
        "business 经营 purple",
        "public 公用 teal",
        "unknown 未核实 yellow",
    ),
    "sex": _table("male 男", "female 女", "unknown 未说明"),
    "relation": _table(
        "head 户主",
        "spouse 配偶",
        "son 儿子",
        "daughter 女儿",
        "grandchild 孙辈",
        "parent 父母",
        "grandparent 祖父母",
        "sibling 兄弟姐妹",
        "tenant 租客",
        "carer 保姆",
        "flatmate 合租",
        "other 其他",
    ),
    "hukou_match": _table(
        "both 人户一致",
        "person_only 人在户不在",
        "hukou_only 户在人不在",
        "empty 空挂户",
        "none 无户籍",
    ),
    "hukou_region": _table("local 本市", "elsewhere 外省市", "unknown 未说明"),
    "person_status": _table(
        "active 在住 green",
        "away 外出 yellow",
        "moved_out 迁出 grey",
        "deceased 死亡 grey",
        "archived 归档 grey",
    ),
    "id_state": _table(
        "missing 未填 grey",
        "ok 有效 green",
        "check_bad 校验不符 orange",
        "format_bad 格式不对 orange",
        "digits_lost 位数丢失 red",
    ),
    "visit_type": _table(
        "routine 日常走访",
        "care 关爱探访",
        "festival 节日慰问",
        "pairing 结对帮扶",
        "followup 回访",
        "new_move_in 新入住首访",
        "major_change 重大变故走访",
        "safety 入户安全检查",
        "weather 极端天气关怀",
        "verify 信息核实",
        "policy 政策宣传",
        "opinion 民意征集",
    ),
    "visit_method": _table("home 上门", "phone 电话", "street 楼下", "video 视频", "delegated 委托"),
    "visit_outcome": _table(
        "met 见到本人 green",
        "met_family 见到家属 green",
        "phone_ok 电话平安 green",
        "not_home 无人 yellow",
        "refused 不便 yellow",
        "away 外出 blue",
        "hospital 住院 orange",
        "moved 搬离 grey",
        "emergency 险情 red",
    ),
    "condition": _table(
        "normal 正常 green", "attention 需关注 yellow", "difficulty 有困难 orange", "urgent 紧急 red"
    ),
    "need": _table(
        "meals 助餐",
        "cleaning 助洁",
        "bathing 助浴",
        "escort 陪诊",
        "medicine 取药",
        "errand 代购代缴",
        "repair 维修",
        "adaptation 适老化改造",
        "subsidy 补贴咨询",
        "papers 证件认证",
        "employment 就业",
        "law 法律",
        "counsel 心理支持",
        "company 精神陪伴",
        "childcare 子女托管",
        "aids 辅具",
        "referral 转介",
    ),
    "visit_state": _table("recorded 已记录 blue", "accepted 已审阅 green", "returned 已退回 orange"),
    "case_state": _table(
        "reported 已上报 blue",
        "sent_back 退回补充 orange",
        "accepted 已受理 teal",
        "refused 不予受理 grey",
        "self_solved 自办自结 green",
        "filed 已立案 teal",
        "handling 处置中 purple",
        "resolved 待核查 yellow",
        "closed 已结案 green",
        "cancelled 已作废 grey",
    ),
    "case_source": _table(
        "patrol 网格巡查",
        "visit 入户走访",
        "walk_in 居民来访",
        "call 来电",
        "snap 随手拍",
        "hotline 12345转办",
        "superior 上级交办",
        "property 物业反映",
        "volunteer 志愿者",
        "council 议事会",
    ),
    "dispute_sort": _table(
        "conflict 内容不一致 orange",
        "held 未采纳的修改 orange",
        "notice 重要信息变更 yellow",
        "late_action 迟到的办理 orange",
        "duplicate 疑似重复 purple",
    ),
    "dispute_state": _table("open 待核对 orange", "settled 已一致 green", "resolved 已核定 green"),
    "dispute_choice": _table(
        "incoming 采用提交的值",
        "server 保留中心的值",
        "base 恢复原值",
        "value 另填一个值",
        "accept 采纳",
        "reject 不采纳",
    ),
    "urgency": _table("normal 一般 grey", "quick 加急 yellow", "urgent 紧急 orange", "extreme 特急 red"),
    "case_scale": _table("person 个人", "households 多户", "group 群体"),
    "handling": _table(
        "solved_on_spot 自办自结",
        "community 社区办理",
        "street 街道办理",
        "department 部门办理",
        "mediation 调解",
        "deliberation 议事协商",
        "referral 转介",
    ),
}


def label_of(table: str, code: str) -> str:
    """The Chinese word of a code; an unknown code of a newer program is shown as it is."""
    return next((choice.label for choice in CHOICES[table] if choice.code == code), code)


def code_of(table: str, label: str) -> str | None:
    """The code whose word this is, or None."""
    return next((choice.code for choice in CHOICES[table] if choice.label == label), None)
