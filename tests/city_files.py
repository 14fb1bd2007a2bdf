"""A small valid city as CSV text, and ways to spoil it."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from strategies import CATEGORIES, TARGET_GROUPS

PLUGINS: Any = SimpleNamespace(categories=CATEGORIES, target_groups=TARGET_GROUPS, versions=())

Files = dict[str, bytes]
Change = Callable[[Files], None]

CITY = {
    "places.csv": """id,name,level,parent
4201,武汉市,city,
420106,武昌区,county,4201
420106001,积玉桥街道,street,
420106001002,凤凰社区,community,
""",
    "organizations.csv": """编号,名称,类型,登记状态,统一社会信用代码,所在地区
O-1,为老服务中心,社会组织,备案,,420106001
""",
    "stations.csv": """id,name,place,operator,contract_yuan
S-1,积玉桥社工站,420106001,O-1,200000.00
""",
    "social_workers.csv": """编号,姓名,社工站,从业查询日期,电话
W-1,张社工,S-1,2025-03-01,027-88886666
""",
    "volunteers.csv": """id,name,place,skills,weekly_hours,minor,guardian_consent,available_from,available_to
V-1,李志愿,420106001002,驾驶;护理,4,no,,2025-01-01,2025-12-31
""",
    "donors.csv": """id,name,kind
D-1,王捐赠,person
""",
    "resources.csv": """id,name,categories,quantity,unit,holder,donor
R-1,口罩,masks,100,箱*20,O-1,D-1
""",
    "households.csv": """编号,户主姓名,所在地区,住址,电话,对象类别,责任社工,月可计收入(元),同意转介慈善
H-1,赵爷爷,420106001002,凤凰路1号,13800001111,独居老人,W-1,1200.50,是
H-2,钱奶奶,420106001002,凤凰路2号,,lone_elder;left_behind,,,
""",
    "persons.csv": """id,household,name,id_number,birth,died_on,disability_level
P-1,H-1,赵爷爷,420106194901011234,1949-01-01,,
P-2,H-2,钱奶奶,,1950-05-05,,2
""",
    "institutions.csv": """id,name,kind
I-1,夕阳红养老院,nursing_home
""",
    "needs.csv": """编号,类别,家庭,人员,机构,数量,单位,紧急程度,提出日期,截止日期,说明
N-1,送餐,H-1,,,30,次,急难,2025-09-01,2025-09-30,一日一餐
N-2,care,H-2,P-2,,1.5,小时,normal,,,
N-3,masks,,,I-1,200,件,,2025-09-01,,
""",
    "offers.csv": """id,provider,categories,quantity,unit,available_from,available_to
F-1,V-1,meals,10,次,2025-01-01,2025-12-31
""",
}


def city() -> Files:
    """Return the files of the valid city."""
    return {name: text.encode() for name, text in CITY.items()}


def save(files: Files, folder: Path) -> Path:
    """Write `files` into `folder` and return it."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def swap(file: str, old: str, new: str) -> Change:
    """Replace the only `old` in `file` by `new`."""

    def change(files: Files) -> None:
        assert files[file].count(old.encode()) == 1, f"{old!r} is not unique in {file}"
        files[file] = files[file].replace(old.encode(), new.encode())

    return change


def add(file: str, line: str) -> Change:
    """Add a row to `file`."""

    def change(files: Files) -> None:
        files[file] += f"{line}\n".encode()

    return change


def put(file: str, content: str | bytes) -> Change:
    """Add or replace a whole file."""

    def change(files: Files) -> None:
        files[file] = content if isinstance(content, bytes) else content.encode()

    return change


def drop(file: str) -> Change:
    """Take `file` away."""

    def change(files: Files) -> None:
        del files[file]

    return change


def both(*changes: Change) -> Change:
    """Do several changes."""

    def change(files: Files) -> None:
        for one in changes:
            one(files)

    return change
