"""Every sort of finding: what is wrong and what to do, in both languages."""

from __future__ import annotations

from wushe.testing.conformance.findings import Level, Sign
from wushe.text import Text


def _sign(code: str, what: tuple[str, str], todo: tuple[str, str], level: Level = "fault") -> Sign:
    return Sign(code, Text(*what), Text(*todo), level)


# --- loading and answering ---------------------------------------------------------------------

NOT_LOADED = _sign(
    "not-loaded",
    ("载入不了（{why}）", "it does not load ({why})"),
    (
        "按报错改正；没有载入就没有别的检查",
        "correct what the message names; nothing else can be checked before",
    ),
)
MISSPELLED = _sign(
    "unknown-hook",
    ("没有叫 {name} 的钩子", "there is no hook called {name}"),
    ("改名；最接近的是 {nearest}", "rename it; the nearest is {nearest}"),
)
WRONG_ARGUMENT = _sign(
    "unknown-argument",
    ("钩子没有这个参数：{names}", "the hook has no argument {names}"),
    ("这个钩子的参数只有：{known}", "use only the arguments of this hook: {known}"),
)
CONFLICT = _sign(
    "conflict",
    ("与别的规则冲突（{why}）", "it conflicts with other rules ({why})"),
    (
        "换一个编号；要取代上级的规则就写 replaces=True，并用 under 写明上级",
        "take another id; to replace a rule from above say replaces=True, and name who is above in `under`",
    ),
)
NOTHING_ABOVE = _sign(
    "replaces-nothing",
    (
        "取代的规则没有人登记（{why}）；写在 under 里却没有载入的：{missing}",
        "what it replaces is not registered ({why}); named in `under` and not loaded: {missing}",
    ),
    (
        "上级没有装，就用 -p 给出它的名字或 .py 文件（在 Python 里用 above=）；上级里没有这个编号，就核对拼写，或去掉 replaces",
        "install the plugin above, or name it with -p (in Python above=); no such id there: correct or drop replaces",
    ),
)
ABOVE_MISSING = _sign(
    "above-missing",
    (
        "under 里的 {name} 没有装，也没有给出，没有和它一起查",
        "{name} in `under` is neither installed nor given: it was checked without",
    ),
    (
        "核对拼写；没有装就用 -p 给出名字或 .py 文件（在 Python 里用 above=），再检查一次",
        "check the spelling; give its name or .py file with -p (in Python with above=), and check again",
    ),
    "advice",
)
FAILS_EMPTY = _sign(
    "fails-when-empty",
    ("没有数据时出错（{why}）", "it fails where there is nothing ({why})"),
    (
        "没有需求、没有供给、没有人员时也要返回长度为 0 的答案",
        "return an answer of length 0 where there are no needs, offers or persons",
    ),
)
BAD_ANSWER = _sign(
    "bad-answer",
    ("回答不合规（{why}）", "its answer is not usable ({why})"),
    (
        "核对返回的类型、长度和范围；数据里可能有未知值，也可能是 2 月 29 日",
        "check type, length and range of what is returned; facts may be unknown, and it may be 29 February",
    ),
)
TAKES_AWAY = _sign(
    "changes-what-it-is-given",
    ("改动了拿到的数据（{what}）", "it changes what it was given ({what})"),
    (
        "先复制再改：values = needs[...].copy()",
        "copy before you change: values = needs[...].copy()",
    ),
)
REMEMBERS = _sign(
    "remembers",
    ("运行以后模块里的变量变了：{names}", "variables of the module changed while it ran: {names}"),
    (
        "规则不记事：要记的写进台账或数据表",
        "rules remember nothing: keep what is to be kept in the ledger or in tables",
    ),
)

# --- the same question, the same answer --------------------------------------------------------

UNSTEADY = _sign(
    "not-repeatable",
    (
        "同样的问题问两次，回答不同（{parts}）",
        "asked the same twice, it answers differently ({parts})",
    ),
    (
        "去掉随机数、计数器和跨次保存的状态",
        "do without random numbers, counters and state kept between calls",
    ),
)
UNSTEADY_ELSEWHERE = _sign(
    "differs-between-processes",
    ("换一个进程回答就不同（{parts}）", "another process answers differently ({parts})"),
    (
        "不要依赖集合（set）的先后、环境变量、时区或本机文件；先 sorted(...)",
        "do not depend on the order of sets, on the environment, the time zone or local files; use sorted(...)",
    ),
)
NO_PROCESS = _sign(
    "no-other-process",
    ("在另一个进程里问不成（{why}）", "it could not be asked in another process ({why})"),
    ("让插件能按名字载入，再检查一次", "see that it loads by name, and check again"),
)
ORDER_MATTERS = _sign(
    "order-matters",
    (
        "数据行换了先后，回答就变了（{parts}）",
        "with the rows in another order it answers differently ({parts})",
    ),
    (
        "每一对、每一人只看自己的事实；按编号或日期排，不按行号排",
        "judge each pair or person by its own facts; sort by id or date, never by row",
    ),
)
BATCH_MATTERS = _sign(
    "batch-matters",
    (
        "只问其中一部分候选对或工单，回答就变了（{parts}）",
        "asked about some of the pairs or orders only, it answers differently ({parts})",
    ),
    (
        "wushe 分批提问，每批的候选对不同；不要用本批的最大值、平均值或名次",
        "wushe asks in batches of different pairs; do not use the maximum, mean or rank of a batch",
    ),
)

# --- what rules declare ------------------------------------------------------------------------

BOUND_BROKEN = _sign(
    "declared-bound-broken",
    ("回答超出自己声明的上限或分类（{why}）", "its answers break what it declares ({why})"),
    (
        "改正 bounded(...)、classes 或 within_km；声明错了，最优性证明就不成立",
        "correct bounded(...), classes or within_km: with a wrong one no proof of the best plan holds",
    ),
)
UNKNOWN_DECIDES = _sign(
    "unknown-decides",
    (
        "把“{field}”改成未知，{n} 个回答在“是”与“否”之间变了",
        "where {field} becomes unknown, {n} answers change between yes and no",
    ),
    (
        "不知道就回答 -1，未知不是“否”，也不是 0",
        "answer -1 where it is not known: unknown is neither no nor zero",
    ),
)
BLANK_DECIDES = _sign(
    "blank-decides",
    (
        "把“{field}”改成未知，{n} 个回答在“是”与“否”之间变了",
        "where {field} becomes unknown, {n} answers change between yes and no",
    ),
    (
        "空着是没有问过，不等于没有；规则问的就是“有没有写明”时，在说明里写清楚",
        "what is empty was not asked; where the rule asks whether it is on record at all, say so in the docstring",
    ),
    "advice",
)
UNKNOWN_REFUSES = _sign(
    "unknown-refuses",
    (
        "{side}的“{field}”改成未知，{n} 对就被拒绝（原因 {reason}）",
        "where {field} of {side} becomes unknown, {n} pairs are refused (reason {reason})",
    ),
    ("没有说明日期、时刻就不要因此拒绝", "do not refuse because nobody stated a day or time"),
)
REFUSES_ALL = _sign(
    "refuses-all",
    ("{n} 对全部拒绝（原因 {reason}）", "it refuses all of {n} pairs (reason {reason})"),
    (
        "核对是不是写反了：FilterTerm 里 True 是允许",
        "see whether it is upside down: in a FilterTerm True means allowed",
    ),
    "advice",
)
NOWHERE_REFUSES = _sign(
    "nowhere-refuses",
    (
        "{side}的地点改成未知，{n} 对就被拒绝（原因 {reason}）",
        "where the place of {side} becomes unknown, {n} pairs are refused (reason {reason})",
    ),
    (
        "地点不清楚不等于不在本地；规则就是要求地点已知的，在说明里写清楚",
        "an unknown place is no other place; where the rule asks that it be known, say so in the docstring",
    ),
    "advice",
)

# --- money -------------------------------------------------------------------------------------

POOL_OVERDRAWN = _sign(
    "pool-overdrawn",
    ("给出的比配捐池里剩的多（{why}）", "it gives more than a pool has left ({why})"),
    ("每给一笔就从余额里减去", "take each amount off what is left"),
)
CAP_BROKEN = _sign(
    "cap-broken",
    (
        "配捐超过上限 {cap}：上限 {most} 分，给了 {fen} 分",
        "it matches beyond {cap}: {most} fen at most, {fen} given",
    ),
    (
        "上限是累计的：把 given 里以前给的也算上",
        "caps are totals: count what was given before, in `given`, too",
    ),
)
POOL_CLOSED = _sign(
    "pool-closed",
    (
        "配捐池没有开放，或不配这个基金，却给了钱",
        "a pool gives though it is not open, or not for that fund",
    ),
    (
        "只在 opens 与 closes 之间、只对 fund 写明的基金配捐",
        "match only between `opens` and `closes`, and only gifts to `fund`",
    ),
)
VOUCHES = _sign(
    "vouches",
    (
        "{n} 项供给写了台账里没有的从业查询（vetted_on）",
        "{n} offers claim a vetting (vetted_on) that is not on record",
    ),
    (
        "照抄志愿者或社工自己的 vetted_on，没有就留空：接触未成年人须先查询（未成年人保护法第六十二条）",
        "copy vetted_on of the volunteer or worker, or leave it out: who works with minors must have been looked up",
    ),
)
OFFERED_TWICE = _sign(
    "offers-more-than-there-is",
    (
        "{provider} 有 {has}，连同内置规则却供给了 {offered}（{unit}）",
        "{provider} has {has}, but with the built-in rules {offered} are offered ({unit})",
    ),
    (
        "基金余额和物资由内置规则变成供给，不要再供给一次",
        "balances and goods become offers by the built-in rules; do not offer them once more",
    ),
)

# --- clocks, privacy, traces -------------------------------------------------------------------

READS_CLOCK = _sign(
    "reads-the-clock",
    ("读了时钟（{what}，第 {line} 行）", "it reads the clock ({what}, line {line})"),
    (
        "日期从 context.on 来；明天再排一次也要得到同一份计划",
        "take the date from context.on: the plan of that day must be the same tomorrow",
    ),
)
GLOBAL_RANDOM = _sign(
    "global-random",
    ("用了全局随机数（{what}）", "it uses the global random numbers ({what})"),
    (
        "规则不抽签；一定要抽，就由编号和日期算出来",
        "rules draw no lots; if one must, compute it from ids and dates",
    ),
)
TELLS = _sign(
    "tells-personal-values",
    ("{channel}里出现了个人信息（{n} 处）", "personal values appear in {channel} ({n} of them)"),
    (
        "只写统计数字和类别；姓名、电话、住址、家庭和人员的编号一律不写",
        "write figures and categories only; never names, phones, addresses or ids of households and persons",
    ),
)
ACTS_OUTSIDE = _sign(
    "acts-outside",
    (
        "回答时写了文件、读了别处的文件、连了网络或启动了别的程序（{what}）",
        "it writes files, reads others than its own, uses the network or starts programs while it is asked ({what})",
    ),
    (
        "规则只看给它的数据；要往外送的，写在 after_orders_changed 里",
        "a rule looks at what it is given and nothing else; what is to go out belongs into after_orders_changed",
    ),
)
PRINTS = _sign(
    "prints",
    ("往屏幕上打印（{lines} 行）", "it prints ({lines} lines)"),
    (
        "去掉 print：--json 的输出会因此读不了；要说的写进名称、原因或 logging",
        "leave print out: it spoils the output of --json; say things in labels, reasons or logging",
    ),
)
PEOPLE_COUNTED = _sign(
    "people-as-count",
    (
        "表 {table} 的“{column}”数的是人或户，单位却是 count",
        "{column!r} of table {table} counts people or households, but its unit is `count`",
    ),
    (
        '写 ReportColumn(..., "people")：给公众的报告才会隐去小的数',
        'write ReportColumn(..., "people"): only then are small figures withheld from the public',
    ),
)
READS_ENVIRONMENT = _sign(
    "reads-environment",
    ("读了环境变量（{what}，第 {line} 行）", "it reads the environment ({what}, line {line})"),
    (
        "规则在每台机器上都要一样：数字写成参数，开关写进 context.settings",
        "rules are the same on every machine: make figures parameters, and switches settings (context.settings)",
    ),
)
TRACE = _sign(
    "leaves-traces",
    ("载入或运行后改动了插件以外的东西：{what}", "it changes what is not its own: {what}"),
    (
        "不要替换 wushe 的函数，不要改全局设置；要改行为就用钩子",
        "do not replace functions of wushe or change global settings; use a hook",
    ),
)

# --- sources, words, ids -----------------------------------------------------------------------

NO_DOCSTRING = _sign(
    "no-source-in-docstring",
    ("插件没有说明，或说明太短", "the plugin has no docstring, or hardly one"),
    (
        "在文件开头写明依据哪份文件或报道、日期，哪些是假定",
        "say at the top which document or report it follows, its date, and what is assumed",
    ),
)
NO_SOURCE = _sign(
    "no-source",
    ("没有写明出处（{field}）", "it names no source ({field})"),
    (
        "写明文件和条款；自己编的就写“虚构”",
        "name the document and clause; say that it is made up where it is",
    ),
)
NO_ARTICLE = _sign(
    "no-article",
    (
        "{n} 处条件、金额、材料或步骤没有写条款（{names}）",
        "{n} conditions, amounts, materials or steps name no article ({names})",
    ),
    (
        "文件分条款的，写 article：工作人员和申诉的人要能翻到那一条",
        "give `article` where the document has articles: staff and those who appeal look it up",
    ),
    "advice",
)
NO_PARAMETER = _sign(
    "no-parameter",
    (
        "政策读的参数没有登记：{names}",
        "its policies read parameters that nobody registers: {names}",
    ),
    (
        "核对拼写（最接近的是 {nearest}），或登记它；还没有人公布的，可信度写 C",
        "check the spelling (the nearest is {nearest}), or register it, with confidence C where nobody published it",
    ),
)
WEAK_PARAMETER = _sign(
    "weak-parameter",
    ("参数 {names}：{meaning}", "parameters {names}: {meaning}"),
    (
        "补上文件里写明的；wushe relief lint 列出全部",
        "add what the document says; `wushe relief lint` lists them all",
    ),
    "advice",
)
NO_WORDS = _sign(
    "no-words",
    ("缺少{language}文字（{field}）", "words in {language} are missing ({field})"),
    ("两种语言都要写", "write both languages"),
)
WRONG_LANGUAGE = _sign(
    "wrong-language",
    ("{language}文字写成了另一种语言：{words}", "{language} words are in the other one: {words}"),
    ("Text(中文, 英文)，先后不要颠倒", "Text(Chinese, English), in this order"),
)
UNKNOWN_WORD = _sign(
    "unknown-word",
    ("{field} 里的“{word}”没有登记", "{word!r} in {field} is not registered"),
    ("核对拼写，或在插件里登记它", "check the spelling, or register it in the plugin"),
)
ODD_ID = _sign(
    "odd-id",
    ("编号“{key}”不合习惯", "the id {key!r} is unusual"),
    (
        "用小写字母、数字和下划线，最好以地名开头，如 qingshi_letters",
        "use lower-case letters, digits and underscores, best with the place's name first: qingshi_letters",
    ),
    "advice",
)
SHARED_ID = _sign(
    "shared-id",
    (
        "编号“{key}”和插件 {other} 的相同，两个插件不能一起用",
        "the id {key!r} is {other}'s too: the two cannot be loaded together",
    ),
    (
        "换成自己的编号；要是一个取代另一个，由下级写 under 和 replaces=True",
        "take an id of your own; where one is to replace the other, the more local one says `under` and replaces=True",
    ),
    "advice",
)

# --- the whole ---------------------------------------------------------------------------------

UNLIKE_REPLACED = _sign(
    "unlike-what-it-replaces",
    (
        "取代的类别 {key} 原来的 {field} 是 {before}，现在是 {after}",
        "{field} of the category {key} was {before} in what it replaces, and is {after}",
    ),
    (
        "上级的表里按 {before} 写的数量就读不懂了：保持不变，或者用新的编号",
        "quantities that are written for {before} can no longer be read: keep it, or take a new id",
    ),
    "advice",
)
NO_PLAN = _sign(
    "no-plan",
    ("排不出计划（{why}）", "no plan can be made with it ({why})"),
    ("按报错改正", "correct what the message names"),
)
NO_REPORT = _sign(
    "no-report",
    ("写不出城市报告（{why}）", "no report of the city can be written with it ({why})"),
    ("按报错改正", "correct what the message names"),
)
PLAN_REFUTED = _sign(
    "plan-refuted",
    ("计划没有通过复核：{why}", "the plan does not pass the independent checker: {why}"),
    (
        "多半是插件得出的供给违反了内置规则",
        "most likely an offer that the plugin derives breaks a built-in rule",
    ),
)
BAD_DEMO = _sign(
    "bad-demo",
    ("示例跑不起来（{why}）", "the demo does not run ({why})"),
    ("核对 folder、plugins、on 和 tell", "check folder, plugins, on and tell"),
)
NO_SUCH_STORY = _sign(
    "no-such-story",
    ("示例计划里没有 {client}", "the demo's plan has no client {client}"),
    ("改正 stories 里的编号", "correct the ids in stories"),
)
SLOW = _sign(
    "slow",
    ("每十万对要 {seconds} 秒", "it takes {seconds} seconds per 100,000 pairs"),
    (
        "用整列数组代替逐对循环（each_pair 适合先写起来）",
        "use whole columns instead of a loop over pairs (each_pair is for the beginning)",
    ),
)
