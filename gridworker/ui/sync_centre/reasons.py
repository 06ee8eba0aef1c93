"""What the exchange says by codes, in plain words: verbs, why it had no effect, and what to do then."""

from gridworker.i18n import N_

VERBS = {
    "create": N_("新增"),
    "append": N_("记录"),
    "patch": N_("修改"),
    "transition": N_("办理"),
    "delete": N_("删除"),
    "undelete": N_("恢复"),
    "move": N_("移交"),
    "merge": N_("合并重复"),
    "unmerge": N_("撤销合并"),
    "resolve": N_("核定"),
}
REASONS = {
    "scope": N_("这条记录不在本人的网格内"),
    "role": N_("本人的角色不能这样修改"),
    "missing": N_("中心还没有这条记录"),
    "state": N_("这条记录已经办到别的步骤"),
    "deleted": N_("这条记录已被删除"),
    "schema": N_("中心的程序版本还不认识这项内容"),
    "exists": N_("中心已有同号的记录"),
    "edited": N_("别人已经修改过，不能直接删除"),
    "quarantine": N_("中心处理时出错，已单独保存"),
    "purged": N_("这条记录已依法彻底删除"),
    "decided": N_("别人已经作了不同的核定，两种意见都已保留"),
    "duplicate_suspect": N_("疑似重复，已提交上级核对"),
    "large": N_("一次移交太多，须由中心分批办理"),
}
"""Why the centre holds an operation back, by code."""
WHY = {
    "concurrent": N_("两个人改了同一项"),
    "fresh": N_("两个人改了同一项，暂时显示较新的值"),
    "not_allowed": N_("本人的角色不能修改这一项"),
}
"""Why a field is disputed, by code."""
ADVICE = {
    "scope": N_("请告诉这条记录所在网格的网格长；填写的内容都存在中心，由他决定。"),
    "role": N_("请网格长或社区书记核定；填写的内容都存在中心，不用重填。"),
    "missing": N_("等新增这条记录的电脑同步后，中心会自动办理；不用重填，也不用等在这里。"),
    "state": N_("请看这件事现在到了哪一步；写的话都存在中心，网格长采纳后会补上。"),
    "deleted": N_("请先问清为什么删除；要恢复的，由网格长采纳，填写的内容会一起回来。"),
    "schema": N_("请告诉技术人员：这台电脑或中心的程序需要更新；更新之后中心会自动办理。"),
    "exists": N_("这条记录已经有了。请打开核对，缺的内容补填一次。"),
    "edited": N_("请先看别人改了什么；仍然要删除的，由网格长采纳。"),
    "quarantine": N_("请告诉技术人员；内容单独存在中心，查明之后再办理。"),
    "purged": N_("不要重新录入；有疑问的请找社区书记。"),
    "decided": N_("请看下面的几种意见，商量好再核定一次。"),
    "duplicate_suspect": N_("照常工作。上级核对后，两条会合成一条，或者各自保留。"),
    "large": N_("请街道技术人员在中心分批移交；在那之前记录留在原来的网格。"),
}
"""What a worker can do about what is held, by the same codes."""
OF_OTHERS = {
    "scope": N_("这条记录不在提交人的网格内"),
    "role": N_("提交人的角色不能这样修改"),
    "decided": N_("此前已经作了不同的核定，两种意见都已保留"),
}
"""The reasons that speak of oneself, where somebody else's work was held."""
