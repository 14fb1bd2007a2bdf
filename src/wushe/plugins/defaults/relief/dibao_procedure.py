"""The procedure of 民发〔2021〕57号: papers and steps that dibao, edge families and single persons share."""

from __future__ import annotations

from wushe import Text
from wushe.rules import Material, Step

D57 = "民发〔2021〕57号 最低生活保障审核确认办法"
D83 = "民发〔2022〕83号"
TOWNSHIP = Text("乡镇（街道）", "township or street office")
COUNTY = Text("县级民政部门", "county civil affairs office")
FAMILY = Text("家庭成员", "members of the household")

MATERIALS = (
    Material(
        "application",
        Text("申请书", "application form"),
        D57,
        "第10条",
        known_by=("households.applied_on",),
    ),
    Material(
        "commitment",
        Text("如实、完整申报的承诺书", "commitment of truthful and complete declaration"),
        D57,
        "第9条、第10条",
        known_by=("households.truth_committed",),
    ),
    Material(
        "authorisation",
        Text("家庭经济状况信息核对授权书", "authorisation of the core check"),
        D57,
        "第9条、第10条",
        known_by=("households.corecheck_authorised",),
    ),
    Material(
        "identity",
        Text("身份和户籍材料", "identity and registration papers"),
        D57,
        "第10条",
        known_by=("persons.id_number",),
        fetch=True,
    ),
    Material(
        "disability",
        Text("残疾人证（有残疾成员的）", "disability certificate, where a member has one"),
        D57,
        "第10条",
        known_by=("persons.disability_cert",),
        fetch=True,
    ),
    Material(
        "illness",
        Text("重病诊断材料（有重病成员的）", "diagnosis of a serious illness, where there is one"),
        "地方实施办法",
    ),
    Material(
        "school",
        Text("在学证明（有在校成员的）", "proof of enrolment, where a member studies"),
        "地方实施办法",
        fetch=True,
    ),
    Material(
        "income",
        Text("收入证明，或以告知承诺代替", "proof of income, or a declaration in its place"),
        D83,
        "一(二)",
    ),
    Material(
        "support",
        Text("赡养、抚养、扶养协议或法律文书（有的）", "support agreement or judgment, if any"),
        "地方实施办法",
    ),
)

STEPS = (
    Step("accept", Text("受理，一次性告知补正", "acceptance; missing papers named once"), TOWNSHIP, D57, "第11条"),
    Step(
        "survey", Text("启动家庭经济状况调查（入户至少2人）", "the survey begins (two people visit)"),
        TOWNSHIP, D57, "第15条", limit="dibao_survey_start_days", after="accept",
    ),
    Step(
        "core_check", Text("启动信息核对", "the core check begins"),
        COUNTY, D57, "第17条", limit="dibao_corecheck_start_days", after="accept",
    ),
    Step("opinion", Text("提出审核意见", "first opinion"), TOWNSHIP, D57, "第19条", after="survey"),
    Step(
        "publicity", Text("审核意见在村（社区）公示", "publicity of the opinion in the community"),
        TOWNSHIP, D57, "第19条", limit="dibao_publicity_days", after="opinion",
    ),
    Step(
        "resurvey", Text("公示有异议的，重新调查或民主评议", "after an objection: survey again or appraisal"),
        TOWNSHIP, D57, "第19条", after="publicity",
    ),
    Step(
        "confirm", Text("审核确认", "the office decides"),
        COUNTY, D57, "第20条", limit="dibao_county_confirm_days", after="publicity",
    ),
    Step(
        "notice", Text("不予确认的，书面说明理由", "written reasons of a refusal"),
        TOWNSHIP, D57, "第21条", limit="dibao_refusal_notice_days", after="confirm",
    ),
    Step("pay", Text("自确认的次月起按月发放", "paid monthly from the month after"), COUNTY, D57, "第21条", after="confirm"),
    Step(
        "total", Text("自受理之日起全部办结", "everything, from acceptance"),
        COUNTY, D57, "第22条", limit="dibao_total_days", after="accept",
        special=(("special", "dibao_total_days_special"), ("delegated", "dibao_total_days_delegated")),
    ),
)  # fmt: skip
"""From acceptance to payment (57号 articles 11 to 22)."""

AFTERWARDS = (
    Step(
        "review_stable", Text("定期核查（情况稳定）", "periodic review, stable"),
        TOWNSHIP, D57, "第31条", limit="dibao_recheck_months_stable", after="confirm",
    ),
    Step(
        "review_unstable", Text("定期核查（收入不固定或有劳动能力）", "periodic review, unstable"),
        TOWNSHIP, D57, "第31条", limit="dibao_recheck_months_unstable", after="confirm",
    ),
    Step(
        "change_report", Text("家庭情况变化及时告知", "report of a change"),
        FAMILY, D83, "五(五)", limit="dibao_change_report_months", after="confirm",
    ),
    Step(
        "grace", Text("就业后收入超过标准的渐退期", "grace period after taking a job"),
        COUNTY, D83, "一(三)", limit="dibao_exit_grace_months_max", after="confirm",
    ),
    Step(
        "death_review", Text("成员死亡后核查", "review after a death"),
        COUNTY, D83, "一(三)", limit="dibao_death_recheck_months", after="confirm",
    ),
)  # fmt: skip
"""What follows while the guarantee is paid."""
