"""Names and units of the daily figures, for pictures and tables that people read."""

from __future__ import annotations

import attrs

from wushe.text import Text

_NEEDS = Text("件", "needs")
_A_DAY = Text("每天", "per day")


@attrs.frozen
class Figure:
    """A column of the daily table: what it is called, its unit, what its values are multiplied with.

    `per_household`: shown as a share of all households.
    """

    column: str
    label: Text
    unit: Text | str = ""
    scale: float = 1.0
    per_household: bool = False

    @property
    def percent(self) -> bool:
        """Whether it is shown as per cent."""
        return self.per_household

    @property
    def heading(self) -> Text:
        """Label and unit together."""
        if isinstance(self.unit, str):
            return self.label
        return Text(f"{self.label.zh}（{self.unit.zh}）", f"{self.label.en} ({self.unit.en})")


def _flow(column: str, zh: str, en: str) -> Figure:
    return Figure(column, Text(zh, en), _A_DAY)


FIGURES = (
    Figure("stock_hidden", Text("尚未发现的需求", "Needs not yet found"), _NEEDS),
    Figure("stock_known", Text("已知晓、待登记的需求", "Needs known, not yet listed"), _NEEDS),
    Figure("stock_listed", Text("需求清单上的需求", "Needs on the list"), _NEEDS),
    Figure("stock_ordered", Text("已派单的需求", "Needs ordered"), _NEEDS),
    Figure("stock_orders", Text("未完结的订单", "Open orders"), Text("单", "orders")),
    Figure("stock_volunteers", Text("在册志愿者", "Active volunteers"), Text("人", "people")),
    Figure(
        "stock_joined",
        Text("参与公益的家庭", "Households that take part"),
        Text("户", "households"),
    ),
    Figure("stock_goods", Text("库存物资", "Goods on hand"), Text("单位", "units")),
    Figure("stock_free_fen", Text("可用善款", "Free money of funds"), Text("元", "yuan"), 0.01),
    _flow("need_arose", "新产生的需求", "Needs that arose"),
    _flow("need_found", "发现的需求", "Needs found"),
    _flow("need_listed", "列入清单的需求", "Needs listed"),
    _flow("need_met", "解决的需求", "Needs met"),
    _flow("need_lapsed", "未及时解决的需求", "Needs lapsed"),
    _flow("order_placed", "订单", "Orders placed"),
    _flow("order_accepted", "接单", "Orders accepted"),
    _flow("order_declined", "谢绝", "Orders declined"),
    _flow("order_timed_out", "超时未应", "Calls timed out"),
    _flow("order_redispatched", "改派", "Orders dispatched again"),
    _flow("order_done", "完成的服务", "Services done"),
    _flow("gift_received", "捐赠", "Gifts received"),
    _flow("volunteer_joined", "新加入的志愿者", "Volunteers who joined"),
    _flow("volunteer_left", "退出的志愿者", "Volunteers who left"),
    _flow("visit_made", "探访", "Visits made"),
    _flow("relief_granted", "批准的救助", "Relief granted"),
)
PARTICIPATION = Figure(
    "stock_joined",
    Text("参与公益的家庭比例", "Share of households that take part"),
    per_household=True,
)


def figure_named(name: str) -> Figure:
    """Return the figure `name`; one without a name for readers is called by its column."""
    if name == "participation":
        return PARTICIPATION
    found = [figure for figure in FIGURES if figure.column == name]
    return found[0] if found else Figure(name, Text(name, name))
