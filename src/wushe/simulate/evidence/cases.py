"""The published figures, one by one: where each stands, what it leaves unsaid, and what was done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import attrs

from wushe.simulate.evidence import measures
from wushe.simulate.evidence.fitting import FITTED
from wushe.simulate.evidence.worlds import Runs
from wushe.text import Text

Standing = Literal["calibrated", "predicted"]
Spread = Literal["mean", "single"]

WUHAN = "新华网：武汉“专业社工+志愿服务”融合试点培训交流会 / Xinhua on Wuhan's pilot of social work and volunteering"
ANHUI = "中安在线，2025-03-13 / Anhui Online, 13 March 2025"
WUCHANG = "湖北省慈善总会，2025-11-06 / Hubei Charity Federation, 6 November 2025"
JIXI = "市场星报，2023-11-08：绩溪县来苏社区 / Market Star, 8 November 2023: Laisu community, Jixi"
BLUE_BOOK = "《社会蓝皮书：2022年中国社会形势分析与预测》，据中国新闻网2021-12-25 / Blue Book of society for 2022, after China News"


@attrs.frozen
class Case:
    """One published figure, and the measure of a world's runs that stands for it.

    `calibrated`: parameters were fitted to this very figure, so that agreement proves nothing. `predicted`: every
    parameter in `fitted` was fitted to others. `spread`: what the figure is held against, the interval of the ``mean``
    of replications, or, where the figure is of one occasion, that of a ``single`` replication. `assumed` says what stands
    in for a period or denominator that nobody published, `remark` what the result means. `listed`: whether it is one of
    the figures that the simulator was asked to reproduce; the others are further checks.
    """

    id: str
    place: Text
    figure: Text
    source: str
    target: float
    unit: Text
    world: str
    measure: Callable[[Runs], float]
    standing: Standing
    fitted: tuple[str, ...]
    assumed: Text
    remark: Text
    spread: Spread = "mean"
    listed: bool = True

    def __attrs_post_init__(self) -> None:
        own = [name for name in self.fitted if FITTED[name].measure is self.measure]
        if bool(own) != (self.standing == "calibrated"):
            raise ValueError(
                f"case {self.id!r} is called {self.standing}; of its parameters {', '.join(own) or 'none'} "
                "was fitted to it"
            )


_TIMES = Text("人次", "person-times")
_PERCENT = Text("%", "per cent")
_YUAN = Text("元", "yuan")
_PILOT = Text(
    "时段未公布，设为12个月；社区2,680户（区户数÷144个社区），志愿者按江汉每户0.121人",
    "period not published, taken as 12 months; 2,680 households (the district's over its 144 communities), volunteers as in "
    "Jianghan: 0.121 a household",
)

CASES: tuple[Case, ...] = (
    Case(
        "jianghan_response", Text("武汉市江汉区试点社区（打铜等）", "pilot communities of Jianghan, Wuhan"),
        Text("联动使志愿服务响应效率提升40%", "linked, volunteers' response efficiency up 40 per cent"),
        WUHAN, 40.0, _PERCENT, "jianghan", measures.faster_percent, "calibrated", ("linkage",),
        Text(
            "“效率”未定义：取从派单到志愿者接单的平均小时数之倒数；对照为完全不联动；每户志愿者数为全区公布数",
            "efficiency is not defined: taken as one over the mean hours from order to a volunteer's acceptance, against no linkage "
            "at all; volunteers per household as published for the district",
        ),
        Text(
            "一个参数对一个数；全部志愿者都联动（比例为1）时最大，联动的各项作用都是假设",
            "one parameter for one figure; largest where all volunteers are linked; all effects of linkage are assumed",
        ),
    ),
    Case(
        "hefei_participation", Text("合肥市", "Hefei"),
        Text("社区慈善参与率三年从18%到46%", "participation in community charity from 18 to 46 per cent in three years"),
        ANHUI, 46.0, _PERCENT, "hefei", measures.participation_percent, "predicted", (),
        Text(
            "分母未公布，取家庭；18%为起点；扩散系数p=0.03、q=0.38是新产品扩散研究的平均值，没有向合肥拟合；停止参与4%一年等为假设",
            "denominator not published, taken as households; 18 per cent is where it starts; p = 0.03 and q = 0.38 are averages of "
            "diffusion studies of new products, not fitted to Hefei; ceasing (4 per cent a year) and the like are assumed",
        ),
        Text(
            "没有向合肥拟合的参数，但停止参与率无出处，见第17、18行",
            "no parameter is fitted to Hefei, but the rate of ceasing has no source, see rows 17 and 18 for half and double of it",
        ),
    ),
    Case(
        "nanqi_activities", Text("合肥市南七街道", "Nanqi Street, Hefei"),
        Text("278场活动", "278 activities"),
        ANHUI, 278.0, Text("场", "activities"), "nanqi", measures.activities, "calibrated", ("activities",),
        Text("时段未公布，设为一年；5个社区", "period not published, taken as one year; 5 communities"),
        Text("两个参数对两个数", "two parameters for two figures"),
    ),
    Case(
        "nanqi_times", Text("合肥市南七街道", "Nanqi Street, Hefei"),
        Text("4,100余人次", "over 4,100 person-times"),
        ANHUI, 4_100.0, _TIMES, "nanqi", measures.activity_times, "calibrated", ("activities", "attendance"),
        Text("同上", "as above"),
        Text("两个参数对两个数", "two parameters for two figures"),
    ),
    Case(
        "xuanzhou_times", Text("宣城市宣州区", "Xuanzhou"),
        Text("217个互助社救助1,790人次（每社8.25）", "1,790 person-times by 217 societies (8.25 each)"),
        ANHUI, 1_790.0, _TIMES, "xuanzhou", measures.aided, "calibrated", ("emergencies",),
        Text("时段未公布，设为两年", "period not published, taken as two years"),
        Text("一个参数对一个数", "one parameter for one figure"),
    ),
    Case(
        "xuanzhou_yuan_typical", Text("宣城市宣州区", "Xuanzhou"),
        Text("共104.28万元，金额用砀山的700元", "1,042,800 yuan in all; amounts as in Dangshan, 700 yuan"),
        ANHUI, 1_042_800.0, _YUAN, "xuanzhou", measures.aid_yuan, "predicted", ("emergencies",),
        Text(
            "次数由1,790人次拟合；每次金额的均值是本库的典型值700元，来自砀山县互助社的一笔",
            "how often is fitted to the 1,790; the mean amount is the library's typical one, 700 yuan, which is of one case of a "
            "society in Dangshan",
        ),
        Text(
            "实际每次582.57元；一笔个案的金额偏高两成",
            "the published mean is 582.57 yuan; the one case is a fifth higher",
        ),
    ),
    Case(
        "xuanzhou_yuan", Text("宣城市宣州区", "Xuanzhou"),
        Text("共104.28万元（每次582.57元）", "1,042,800 yuan in all (582.57 each)"),
        ANHUI, 1_042_800.0, _YUAN, "xuanzhou", measures.fitted_aid_yuan, "calibrated", ("emergencies", "aid"),
        Text("同上；金额另乘一个系数", "as above, amounts times one number"),
        Text("两个参数对两个数", "two parameters for two figures"),
    ),
    Case(
        "jixi_batch", Text("宣城市绩溪县来苏社区", "Laisu community, Jixi"),
        Text("首批7户共5,000元", "5,000 yuan for the first 7 households"),
        JIXI, 5_000.0, _YUAN, "xuanzhou", measures.first_batch_yuan, "predicted", ("emergencies", "aid"),
        Text("金额系数由宣州区拟合；离散度0.5为假设", "amounts fitted to Xuanzhou; their spread of 0.5 is assumed"),
        Text("同一市的另一个县；7户很少，检验力弱", "another county of the same city; with 7 households a weak test"),
        spread="single", listed=False,
    ),
    Case(
        "wuchang_times", Text("武汉市武昌区", "Wuchang, Wuhan"),
        Text("慈社同心项目2023年以来470人次", "470 person-times of a charity project since 2023"),
        WUCHANG, 470.0, _TIMES, "wuchang", measures.project_times, "calibrated", ("doors",),
        Text("取34个月（2023-01至2025-10）；4名社工，只算敲门发现的", "taken as 34 months (January 2023 to October 2025); 4 workers; only what knocking on doors found"),
        Text("一个参数对一个数", "one parameter for one figure"),
    ),
    Case(
        "wuchang_round", Text("武汉市武昌区", "Wuchang, Wuhan"),
        Text("2025年9月一次走访22户", "22 households in one round of visits, September 2025"),
        WUCHANG, 22.0, Text("户", "households"), "wuchang", measures.households_of_round, "predicted", ("doors",),
        Text("一次走访取为全项目当月受助的户", "a round is taken as the households that the whole project helped in that month"),
        Text(
            "模型把走访摊到每个工作日；公布的是一个街道集中的一次",
            "the model spreads visits over working days; what was published is one concentrated round of one street",
        ),
        spread="single",
    ),
    Case(
        "zhangjiawan_times", Text("武汉市武昌区张家湾社区", "Zhangjiawan, Wuchang"),
        Text("家庭志愿积分带动3,500人次", "3,500 person-times through family points"),
        WUHAN, 3_500.0, _TIMES, "pilot", measures.community_times, "calibrated", ("needs",),
        _PILOT,
        Text("一个参数对一个数", "one parameter for one figure"),
    ),
    Case(
        "grid_times", Text("武汉市武昌区", "Wuchang, Wuhan"),
        Text("22支队伍566名移动网格员服务2,142人次", "2,142 person-times by 566 mobile grid workers in 22 teams"),
        WUHAN, 2_142.0, _TIMES, "pilot", measures.grid_times, "predicted", ("needs",),
        Text(
            "与张家湾同一试点、同一时段，需求率由张家湾的3,500人次拟合；移动网格员每周1小时（假设）",
            "same pilot and period as Zhangjiawan, needs fitted to its 3,500; an hour a week for each of them (assumed)",
        ),
        Text("取决于没有公布的每周小时数", "it hangs on hours a week that nobody published"),
    ),
    Case(
        "grid_times_as_others", Text("武汉市武昌区", "Wuchang, Wuhan"),
        Text("移动网格员2,142人次，每周3小时", "2,142 person-times of mobile grid workers, three hours a week"),
        WUHAN, 2_142.0, _TIMES, "pilot", measures.grid_times_as_others, "predicted", ("needs",),
        Text("每周小时与其他志愿者的均值相同，其余同上", "hours a week as the mean of other volunteers, otherwise as above"),
        Text("说明第11行的结果对没有公布的小时数有多敏感", "shows how far row 11 hangs on hours that nobody published"),
        listed=False,
    ),
    Case(
        "active_times", Text("全国", "China"),
        Text("活跃志愿者三个月人均参与4.22次", "4.22 times in three months by an active volunteer"),
        BLUE_BOOK, 4.22, Text("次", "times"), "pilot", measures.times_of_active, "predicted", ("needs",),
        Text("三个月里至少服务一次的志愿者；需求率由张家湾拟合", "volunteers with at least one service in three months; needs fitted to Zhangjiawan"),
        Text("另一来源、另一总体，参数没有向它拟合", "another source and population, to which nothing was fitted"),
        listed=False,
    ),
    Case(
        "active_hours", Text("全国", "China"),
        Text("活跃志愿者三个月人均21.87小时", "21.87 hours in three months by an active volunteer"),
        BLUE_BOOK, 21.87, Text("小时", "hours"), "pilot", measures.hours_of_active, "predicted", ("needs",),
        Text("同上；只算入户服务，不算活动、培训和路上", "as above; services only, without activities, training and ways"),
        Text("模拟的服务每次约一个半小时，公布的每次约五小时", "a simulated service takes an hour and a half, a published occasion about five"),
        listed=False,
    ),
    Case(
        "jianghan_median", Text("武汉市江汉区试点社区", "pilot communities of Jianghan, Wuhan"),
        Text("响应效率提升40%，按中位数", "response efficiency up 40 per cent, by the median"),
        WUHAN, 40.0, _PERCENT, "jianghan", measures.faster_percent_median, "predicted", ("linkage",),
        Text("取中位小时数，其余同第1行", "by median hours, otherwise as in row 1"),
        Text("没有定义的“效率”：换一种算法就是另一个数", "efficiency without a definition: another way of counting gives another figure"),
        listed=False,
    ),
    *(
        Case(
            f"hefei_{name}", Text("合肥市", "Hefei"),
            Text(f"参与率到46%，停止参与率{zh}", f"participation of 46 per cent, ceasing {en}"),
            ANHUI, 46.0, _PERCENT, "hefei", measure, "predicted", (),
            Text("其余同第2行", "otherwise as in row 2"),
            Text("说明第2行的结果对没有出处的停止参与率有多敏感", "shows how far row 2 hangs on a rate that has no source"),
            listed=False,
        )
        for name, zh, en, measure in (
            ("half", "减半", "halved", measures.participation_half),
            ("double", "加倍", "doubled", measures.participation_double),
        )
    ),
    Case(
        "hefei_funds", Text("合肥市", "Hefei"),
        Text("1,345支社区慈善基金筹资2,723万元", "1,345 community funds raised 27.23 million yuan"),
        ANHUI, 27_230_000.0, _YUAN, "anhui", measures.gifts_of_hefei, "predicted", ("gifts",),
        Text("每支基金的捐款由安徽其余5,887支拟合；设同样新旧", "gifts to a fund fitted to the 5,887 others of Anhui, taken to be as old"),
        Text("合肥每支基金比省内其余多筹约五分之一", "Hefei's funds raised about a fifth more each than the others of the province"),
        listed=False,
    ),
)  # fmt: skip
