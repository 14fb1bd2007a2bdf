"""Made-up districts that come with the package: data only, read like any other city's tables."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType

import attrs

from wushe.errors import WusheError
from wushe.text import Text


@attrs.frozen
class Demo:
    """A folder of made-up tables, the plugins and date it is planned with, and its story households.

    `relief`: the plan asks of charity only what government relief and mutual aid leave.
    """

    about: Text
    plugins: tuple[str, ...]
    on: str
    stories: tuple[str, ...]
    relief: bool = False


DEMOS: Mapping[str, Demo] = MappingProxyType(
    {
        "dangshan": Demo(
            Text(
                "砀山政策找人的故事（虚构细节）：5 户家庭，卖玉米的钱家，计划日期 2025-08-05",
                "policies that look for people, Dangshan (details made up): 5 households, the corn seller's among them, planned on 2025-08-05",
            ),
            ("dangshan",),
            "2025-08-05",
            ("H-QIAN",),
            relief=True,
        ),
        "hefei": Demo(
            Text(
                "合肥南七的心愿墙和三单制（虚构细节）：24 户家庭、26 个微心愿、23 个子项目、278 场活动，规划日期 2025-03-10",
                "the wish wall and three orders of Nanqi, Hefei (details made up): 24 households, 26 micro-wishes, 23 sub-projects, 278 activities, planned on 2025-03-10",
            ),
            ("hefei",),
            "2025-03-10",
            ("H-01", "H-09", "H-17"),
        ),
        "pingliang": Demo(
            Text(
                "平凉的团队、导师和帮扶链条（虚构细节）：12支队伍、56名妇女、32名儿童，规划日期 2025-10-13",
                "teams, mentors and chains of help in Pingliang (details made up): 12 teams, 56 women, 32 children, planned on 2025-10-13",
            ),
            ("pingliang",),
            "2025-10-13",
            ("H-W01", "H-C01", "H-E01"),
        ),
        "wuchang": Demo(
            Text(
                "武昌六个街道的虚构示例：60 户家庭、2 家机构和五社各方，规划日期 2025-09-15",
                "a made-up example on six streets of Wuchang: 60 households, 2 institutions and all five parties, planned on 2025-09-15",
            ),
            ("wuchang",),
            "2025-09-15",
            ("H-0001", "H-0002", "H-0003"),
        ),
        "xuanzhou": Demo(
            Text(
                "宣州217个救急难互助社（虚构细节）：8 户家庭，规划日期 2025-03-10",
                "the 217 emergency mutual-aid societies of Xuanzhou (details made up): 8 households, planned on 2025-03-10",
            ),
            ("xuanzhou",),
            "2025-03-10",
            ("H-01", "H-08"),
        ),
    }
)
"""The demos by name."""


def demo_path(name: str) -> Path:
    """Return the folder of demo `name`, ready for `wushe.read`. Raises WusheError for an unknown name."""
    if name not in DEMOS:
        raise WusheError(f"demo {name!r} is unknown; expected one of: {', '.join(sorted(DEMOS))}")
    return Path(str(resources.files(__name__).joinpath(name)))
