"""The mistakes that files can hold, beside those of single values that the model names."""

from __future__ import annotations

from wushe.errors import Problem, ProblemKind
from wushe.network import references
from wushe.text import Text

Words = tuple[str, str]


class BadFileError(Exception):
    """A file that cannot be read on; carries the one problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def _mistake(code: str, what: Words, expected: Words, todo: Words) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(*expected), Text(*todo))


# --- paths and files ---------------------------------------------------------------------------

NO_SUCH_PATH = _mistake(
    "no-such-path",
    ("找不到这个文件夹或文件", "there is no such folder or file"),
    (
        "已有的数据文件夹、.json 文件或 .xlsx 工作簿",
        "an existing data folder, .json file or .xlsx workbook",
    ),
    ("核对路径；新建空白数据用 wushe init", "check the path; wushe init makes an empty folder"),
)
NOT_A_CITY = _mistake(
    "not-a-city",
    ("不能从这个文件读出全部数据表", "this file cannot hold a city's tables"),
    ("数据文件夹、.json 文件或 .xlsx 工作簿", "a folder, a .json file or an .xlsx workbook"),
    ("给出数据表所在的文件夹", "give the folder that holds the tables"),
)
UNREADABLE_PATH = _mistake(
    "unreadable-path",
    ("系统不允许读写（{why}）", "the system refuses to read or write it ({why})"),
    ("有读取权限的普通文件或文件夹", "a plain file or folder that you may read"),
    (
        "检查权限，或关闭正在使用它的程序",
        "check its permissions, or close the program that uses it",
    ),
)
NO_TABLES = _mistake(
    "no-tables",
    ("里面没有任何数据表", "it holds no table"),
    (
        "如 needs.csv（需求.csv）、households.csv（家庭.csv）",
        "for example needs.csv and households.csv",
    ),
    ("核对路径；新建空白数据用 wushe init", "check the path; wushe init makes an empty folder"),
)
UNKNOWN_FILE = _mistake(
    "unknown-file",
    ("文件名不是数据表的名称", "the file is not named after a table"),
    ("数据表名，如 needs 或 需求{close}", "a table's name such as needs{close}"),
    ("改正文件名；与数据无关的文件移到别处", "rename it, or move it elsewhere if it is no table"),
)
TABLE_TWICE = _mistake(
    "table-twice",
    ("同一张表有几个文件：{files}", "one table has several files: {files}"),
    ("每张表只有一个文件", "one file for each table"),
    ("合并成一个文件，删去其余的", "merge them into one and delete the others"),
)
OLD_SPREADSHEET = _mistake(
    "old-spreadsheet",
    ("不支持这种旧格式的电子表格", "this old spreadsheet format is not read"),
    (".xlsx 或 .csv", ".xlsx or .csv"),
    ("在电子表格软件中另存为 .xlsx", "save it as .xlsx"),
)
UNREADABLE_ENCODING = _mistake(
    "unreadable-encoding",
    ("第{offset}个字节起不是{encoding}文字", "from byte {offset} on this is not {encoding} text"),
    ("UTF-8 或 GB18030 编码", "text in UTF-8 or GB18030"),
    (
        "用电子表格软件打开核对后另存为“CSV UTF-8”",
        "open it in a spreadsheet, check it and save it as CSV UTF-8",
    ),
)
NUL_BYTES = _mistake(
    "nul-bytes",
    (
        "第{offset}个字节是空字节，不像文本文件",
        "byte {offset} is a NUL byte: this does not look like text",
    ),
    ("CSV 文本文件", "a CSV text file"),
    ("从原来的软件重新导出为 CSV 或 .xlsx", "export it again as CSV or .xlsx"),
)
EMPTY_FILE = _mistake(
    "empty-file",
    ("文件是空的，连表头也没有", "it is empty, without even a heading"),
    ("第一行是表头", "a heading in the first row"),
    ("删去该文件，或补上表头", "delete it, or add the heading"),
)
BROKEN_QUOTES = _mistake(
    "broken-quotes",
    (
        "引号不成对，其后的内容无法读取",
        "a quotation mark is not closed; what follows cannot be read",
    ),
    ("单元格内的引号写成两个，整个单元格加引号", "quotes doubled within a quoted cell"),
    ("核对这一行的引号，或从电子表格重新导出", "check the quotes of this row, or export it again"),
)
CELL_TOO_LONG = _mistake(
    "cell-too-long",
    (
        "一个单元格超过 131072 个字符，多半是引号没有成对",
        "a cell of over 131,072 characters, probably an unclosed quote",
    ),
    ("成对的引号和较短的文字", "closed quotes and shorter text"),
    ("核对这一行的引号", "check the quotes of this row"),
)
SPREADSHEET_LIMIT = _mistake(
    "spreadsheet-limit",
    (
        "正好有 1048576 行，是电子表格的上限，后面的行多半已丢失",
        "it has exactly 1,048,576 rows, a spreadsheet's limit: rows are probably lost",
    ),
    ("完整的数据", "all of the rows"),
    (
        "不经电子表格，从原系统直接导出为 CSV",
        "export it from the source as CSV, not through a spreadsheet",
    ),
)
UNREADABLE_WORKBOOK = _mistake(
    "unreadable-workbook",
    (
        "打不开这个工作簿（可能已损坏或加了密码）",
        "the workbook cannot be opened (damaged, or has a password)",
    ),
    ("没有密码的 .xlsx 文件", "an .xlsx file without a password"),
    (
        "在电子表格软件中打开，去掉密码后另存",
        "open it in a spreadsheet, remove the password, save it again",
    ),
)
UNKNOWN_SHEET = _mistake(
    "unknown-sheet",
    ("工作表的名称不是数据表的名称", "the sheet is not named after a table"),
    ("数据表名，如 needs 或 需求{close}", "a table's name such as needs{close}"),
    ("改正工作表的名称，或删去该工作表", "rename the sheet or delete it"),
)
UNREADABLE_PARQUET = _mistake(
    "unreadable-parquet",
    ("不是能读取的 Parquet 文件", "not a readable Parquet file"),
    ("完整的 Parquet 文件", "a complete Parquet file"),
    ("重新生成该文件", "write the file again"),
)
BAD_JSON = _mistake(
    "bad-json",
    (
        "不是合格的 JSON（第{line}行第{column}个字符）",
        "not valid JSON (line {line}, character {column})",
    ),
    ("合格的 JSON", "valid JSON"),
    ("改正该处，或重新生成该文件", "correct that place, or write the file again"),
)
BAD_LAYOUT = _mistake(
    "bad-layout",
    ("JSON 的结构不对", "the JSON is laid out otherwise"),
    (
        '{{"wushe": 版本号, "tables": {{"needs": [记录, ...]}}}}',
        '{{"wushe": version, "tables": {{"needs": [record, ...]}}}}',
    ),
    ("对照数据格式文档改正", "compare with the data format reference"),
)
UNKNOWN_TABLE = _mistake(
    "unknown-table",
    ("没有这种数据表", "there is no such table"),
    ("数据表名，如 needs 或 需求{close}", "a table's name such as needs{close}"),
    ("改正表名", "correct the table's name"),
)
NOT_A_VALUE = _mistake(
    "not-a-value",
    ("不是单个的值", "not a single value"),
    ("文字、数字、是否、空值或文字列表", "text, number, true/false, null or a list of texts"),
    ("对照数据格式文档改正", "compare with the data format reference"),
)
BAD_FORMAT_VERSION = _mistake(
    "bad-format-version",
    ("数据格式的版本号不对", "the format version is wrong"),
    ("1 到 {current} 的整数", "a whole number from 1 to {current}"),
    (
        "改正版本号；不确定就删去 datapackage.json",
        "correct it, or delete datapackage.json if unsure",
    ),
)
NEWER_FORMAT = _mistake(
    "newer-format",
    ("数据由更新版本的 wushe 写成", "it was written by a newer wushe"),
    ("数据格式版本 {current} 或更早", "format version {current} or older"),
    ("升级：pip install --upgrade wushe", "upgrade: pip install --upgrade wushe"),
)
NOT_EMPTY = _mistake(
    "not-empty",
    ("已有内容，不会覆盖", "it already holds something and is not overwritten"),
    ("不存在的路径或空文件夹", "a new path or an empty folder"),
    (
        "换一个空文件夹或新路径（程序中可用 overwrite=True 覆盖）",
        "choose an empty folder or a new path (programs may pass overwrite=True)",
    ),
)

# --- headings and rows -------------------------------------------------------------------------

NO_HEADINGS = _mistake(
    "no-headings",
    ("这一行没有一个认识的表头", "no heading in this row is known"),
    ("表头，如 {known}", "headings such as {known}"),
    ("在第一行补上表头（中文或英文）", "put the headings (Chinese or English) in the first row"),
)
UNKNOWN_COLUMN = _mistake(
    "unknown-column",
    ("不认识的列", "an unknown column"),
    ("数据格式中的列名{close}", "a column of the data format{close}"),
    ("改正列名，或删去该列", "correct the heading or delete the column"),
)
COLUMN_TWICE = _mistake(
    "column-twice",
    ("与“{other}”是同一列", "it is the same column as {other!r}"),
    ("每列只出现一次", "each column once"),
    ("合并成一列，删去另一列", "merge them and delete one"),
)
MISSING_COLUMN = _mistake(
    "missing-column",
    ("缺少必需的列", "a required column is missing"),
    ("列 {zh} 或 {en}", "a column {en} or {zh}"),
    ("补上该列", "add the column"),
)
UNNAMED_COLUMN = _mistake(
    "unnamed-column",
    ("第{column}列没有表头", "column {column} has no heading"),
    ("每列都有表头", "a heading for each column"),
    ("补上表头，或删去该列", "add the heading or delete the column"),
)
TOO_MANY_CELLS = _mistake(
    "too-many-cells",
    ("有{found}个单元格，多于表头", "it has {found} cells, more than the heading"),
    ("{width}个单元格", "{width} cells"),
    ("文字中有分隔符时给单元格加引号", "put quotes around a cell that contains the separator"),
)
TOO_FEW_CELLS = _mistake(
    "too-few-cells",
    ("只有{found}个单元格，少于表头", "it has {found} cells, fewer than the heading"),
    ("{width}个单元格", "{width} cells"),
    (
        "检查是否误断了行；空单元格也要保留分隔符",
        "look for a stray line break; keep the separators of empty cells",
    ),
)
UNCLEAR_COMMENT = _mistake(
    "unclear-comment",
    ("以 # 开头，看不出是说明还是数据", "it begins with #: a comment or data?"),
    (
        "说明行以“# ”（井号加空格）开头；数据写成 '#",
        "'# ' (with a space) for a comment, '# with an apostrophe for data",
    ),
    ("说明在 # 后加空格，数据在 # 前加撇号", "add a space after # or an apostrophe before it"),
)
SPREADSHEET_ERROR = _mistake(
    "spreadsheet-error",
    ("电子表格的出错值", "an error value of a spreadsheet"),
    ("计算正确的值，或留空表示未知", "a proper value, or empty for unknown"),
    ("改正公式，或直接填写", "correct the formula or enter the value"),
)
FORMULA_WITHOUT_VALUE = _mistake(
    "formula-without-value",
    ("公式没有保存计算结果", "a formula without a saved result"),
    ("值，或已算出结果的公式", "a value, or a formula with its result"),
    (
        "用电子表格软件打开并保存一次，或改为值",
        "open and save it in a spreadsheet, or paste the values",
    ),
)
MERGED_CELLS = _mistake(
    "merged-cells",
    ("有合并的单元格", "cells are merged"),
    ("每行每列各有一个单元格", "one cell for each row and column"),
    ("取消合并，在每一行填写", "unmerge them and fill in each row"),
)

# --- meaning across cells and tables -------------------------------------------------------------

FRACTION = _mistake(
    "fraction-of-base-unit",
    ("数量折算后不是整数", "the quantity is not a whole number of base units"),
    ("整数，或能折算为整数{base}的数", "a whole number, or one that makes whole {base}"),
    ("改为整数，或换用更小的单位", "use a whole number or a smaller unit"),
)
WRONG_DIMENSION = references.WRONG_DIMENSION
DUPLICATE_ID = _mistake(
    "duplicate-id",
    ("编号重复，第{other}行已用过", "the id is used twice: row {other} has it too"),
    ("每条记录的编号各不相同", "a different id for each record"),
    ("删去重复的记录或换一个编号", "delete the duplicate or give it another id"),
)
SHARED_ID = _mistake(
    "shared-id",
    ("编号与 {file} 第{other}行相同", "the id is also used in {file} row {other}"),
    (
        "能互相替代引用的表之间编号不重复",
        "ids that differ between tables that are referred to alike",
    ),
    ("给其中一条换一个编号，如加前缀", "give one of them another id, such as one with a prefix"),
)
UNKNOWN_REFERENCE = _mistake(
    "unknown-reference",
    ("引用的编号不存在", "no record has this id"),
    ("{tables}中已有的编号{close}", "an id that exists in {tables}{close}"),
    ("改正编号，或先补上被引用的记录", "correct the id, or add the record it names"),
)
AMBIGUOUS_REFERENCE = _mistake(
    "ambiguous-reference",
    ("编号同时属于几张表：{tables}", "the id is used in several tables: {tables}"),
    ("在这些表中只出现一次的编号", "an id used once within these tables"),
    (
        "给其中一条记录换一个编号，如加前缀",
        "give one of the records another id, such as one with a prefix",
    ),
)
MISSING_TABLE = _mistake(
    "missing-table",
    (
        "引用了{tables}，但没有这张表（共{n}处）",
        "it refers to {tables}, a table that is missing ({n} cells)",
    ),
    ("数据中有{tables}表", "the table {tables} among the data"),
    ("补上该表，或清空这一列", "add the table, or empty this column"),
)
UNKNOWN_CATEGORY = _mistake(
    "unknown-category",
    ("没有这个需求类别", "there is no such need category"),
    ("已登记的类别{close}", "a registered category{close}"),
    (
        "改正类别，或载入登记它的插件；用 wushe plugins terms 查看",
        "correct it, or load the plugin that brings it; see wushe plugins terms",
    ),
)
UNKNOWN_TARGET_GROUP = _mistake(
    "unknown-target-group",
    ("没有这个对象类别", "there is no such target group"),
    ("已登记的对象类别{close}", "a registered target group{close}"),
    (
        "改正类别，或载入登记它的插件；用 wushe plugins terms 查看",
        "correct it, or load the plugin that brings it; see wushe plugins terms",
    ),
)
PLACE_LEVEL = _mistake(
    "place-level",
    (
        "上级“{parent}”的层级（{parent_level}）不高于本级（{level}）",
        "its parent {parent!r} ({parent_level}) is not above its own level ({level})",
    ),
    ("层级更高的上级", "a parent of a higher level"),
    ("核对层级和上级编码", "check the level and the parent"),
)
PLACE_CYCLE = _mistake(
    "place-cycle",
    ("上级编码绕成了圈，地区成了自己的上级", "following the parents leads back to this place"),
    ("上级编码逐级向上，止于最高一级", "parents that lead up to a place without one"),
    ("核对圈内各地区的上级编码", "check the parent of each place in the circle"),
)
