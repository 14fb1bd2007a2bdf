"""Sorts of findings: what is wrong and what to do, in both languages; those on sources, words and ids are in `slips`."""

from __future__ import annotations

from wushe.testing.conformance.findings import Level, Sign
from wushe.text import Text


def sign(code: str, what: tuple[str, str], todo: tuple[str, str], level: Level = "fault") -> Sign:
    """Return a sort of finding; `what` and `todo` are in Chinese and English."""
    return Sign(code, Text(*what), Text(*todo), level)


# --- loading and answering ---------------------------------------------------------------------

NOT_LOADED = sign(
    "not-loaded",
    ("载入不了（{why}）", "it does not load ({why})"),
    (
        "按报错改正；没有载入就没有别的检查",
        "correct what the message names; nothing else can be checked before",
    ),
)
MISSPELLED = sign(
    "unknown-hook",
    ("没有叫 {name} 的钩子", "there is no hook called {name}"),
    ("改名；最接近的是 {nearest}", "rename it; the nearest is {nearest}"),
)
WRONG_ARGUMENT = sign(
    "unknown-argument",
    ("钩子没有这个参数：{names}", "the hook has no argument {names}"),
    ("这个钩子的参数只有：{known}", "use only the arguments of this hook: {known}"),
)
CONFLICT = sign(
    "conflict",
    ("与别的规则冲突（{why}）", "it conflicts with other rules ({why})"),
    (
        "换一个编号；要取代上级的规则就写 replaces=True，并用 under 写明上级",
        "take another id; to replace a rule from above say replaces=True, and name who is above in `under`",
    ),
)
NOTHING_ABOVE = sign(
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
ABOVE_MISSING = sign(
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
FAILS_EMPTY = sign(
    "fails-when-empty",
    ("没有数据时出错（{why}）", "it fails where there is nothing ({why})"),
    (
        "没有需求、没有供给、没有人员时也要返回长度为 0 的答案",
        "return an answer of length 0 where there are no needs, offers or persons",
    ),
)
FAILS_ALONE = sign(
    "fails-with-one-row",
    ("各只有一条数据时出错（{why}）", "it fails where there is only one of each ({why})"),
    (
        "只有一条时也要算得出来：最大值等于最小值，不要用它们的差去除；不要用 squeeze",
        "one row has an answer too: do not divide by the difference of maximum and minimum, do not squeeze",
    ),
)
BAD_ANSWER = sign(
    "bad-answer",
    ("回答不合规（{why}）", "its answer is not usable ({why})"),
    (
        "核对返回的类型、长度和范围；数据里可能有未知值，也可能是 2 月 29 日",
        "check type, length and range of what is returned; facts may be unknown, and it may be 29 February",
    ),
)
NO_ANSWER = sign(
    "no-answer",
    ("一直没有回答（{why}）", "no answer comes ({why})"),
    (
        "看看有没有停不下来的循环、等待（sleep、网络），或逐对做了太多事",
        "look for a loop that never ends, for something it waits for (sleep, network), or too much work per pair",
    ),
)
TAKES_AWAY = sign(
    "changes-what-it-is-given",
    ("改动了拿到的数据（{what}）", "it changes what it was given ({what})"),
    (
        "先复制再改：values = needs[...].copy()",
        "copy before you change: values = needs[...].copy()",
    ),
)
REMEMBERS = sign(
    "remembers",
    ("运行以后模块里的变量变了：{names}", "variables of the module changed while it ran: {names}"),
    (
        "规则不记事：要记的写进台账或数据表",
        "rules remember nothing: keep what is to be kept in the ledger or in tables",
    ),
)

# --- the same question, the same answer --------------------------------------------------------

UNSTEADY = sign(
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
UNSTEADY_ELSEWHERE = sign(
    "differs-between-processes",
    ("换一个进程回答就不同（{parts}）", "another process answers differently ({parts})"),
    (
        "不要依赖集合（set）的先后、环境变量、时区或本机文件；先 sorted(...)",
        "do not depend on the order of sets, on the environment, the time zone or local files; use sorted(...)",
    ),
)
NO_PROCESS = sign(
    "no-other-process",
    ("在另一个进程里问不成（{why}）", "it could not be asked in another process ({why})"),
    (
        "让插件在任何文件夹里都能载入：自己的文件用 Path(__file__).parent 找；再检查一次",
        "see that it loads in any folder: find its own files by Path(__file__).parent; check again",
    ),
)
ORDER_MATTERS = sign(
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
BATCH_MATTERS = sign(
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

BOUND_BROKEN = sign(
    "declared-bound-broken",
    ("回答超出自己声明的上限或分类（{why}）", "its answers break what it declares ({why})"),
    (
        "改正 bounded(...)、classes 或 within_km；声明错了，最优性证明就不成立",
        "correct bounded(...), classes or within_km: with a wrong one no proof of the best plan holds",
    ),
)
UNKNOWN_DECIDES = sign(
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
BLANK_DECIDES = sign(
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
UNKNOWN_REFUSES = sign(
    "unknown-refuses",
    (
        "{side}的“{field}”改成未知，{n} 对就被拒绝（原因 {reason}）",
        "where {field} of {side} becomes unknown, {n} pairs are refused (reason {reason})",
    ),
    (
        "没有说明日期、时刻、数量就不要因此拒绝",
        "do not refuse because nobody stated a day, time or amount",
    ),
)
REFUSES_ALL = sign(
    "refuses-all",
    (
        "{n} 对（单）全部拒绝（原因 {reason}）",
        "it refuses all of {n} pairs or orders (reason {reason})",
    ),
    (
        "核对是不是写反了：FilterTerm 和守则里 True 是允许",
        "see whether it is upside down: in a FilterTerm or a guard True means allowed",
    ),
    "advice",
)
NOWHERE_REFUSES = sign(
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

POOL_OVERDRAWN = sign(
    "pool-overdrawn",
    ("给出的比配捐池里剩的多（{why}）", "it gives more than a pool has left ({why})"),
    ("每给一笔就从余额里减去", "take each amount off what is left"),
)
CAP_BROKEN = sign(
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
POOL_CLOSED = sign(
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
VOUCHES = sign(
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
OFFERED_TWICE = sign(
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

READS_CLOCK = sign(
    "reads-the-clock",
    ("读了时钟（{what}，第 {line} 行）", "it reads the clock ({what}, line {line})"),
    (
        "日期从 context.on 来；明天再排一次也要得到同一份计划",
        "take the date from context.on: the plan of that day must be the same tomorrow",
    ),
)
GLOBAL_RANDOM = sign(
    "global-random",
    ("用了全局随机数（{what}）", "it uses the global random numbers ({what})"),
    (
        "规则不抽签；一定要抽，就由编号和日期算出来",
        "rules draw no lots; if one must, compute it from ids and dates",
    ),
)
TELLS = sign(
    "tells-personal-values",
    ("{channel}里出现了个人信息（{n} 处）", "personal values appear in {channel} ({n} of them)"),
    (
        "只写统计数字和类别；姓名、电话、住址、家庭和人员的编号一律不写",
        "write figures and categories only; never names, phones, addresses or ids of households and persons",
    ),
)
ACTS_OUTSIDE = sign(
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
PRINTS = sign(
    "prints",
    ("往屏幕上打印（{lines} 行）", "it prints ({lines} lines)"),
    (
        "去掉 print：--json 的输出会因此读不了；要说的写进名称、原因或 logging",
        "leave print out: it spoils the output of --json; say things in labels, reasons or logging",
    ),
)
PEOPLE_COUNTED = sign(
    "people-as-count",
    (
        "表 {table} 的“{column}”数的是人或户，单位却是 {unit}",
        "{column!r} of table {table} counts people or households, but its unit is `{unit}`",
    ),
    (
        '写 ReportColumn(..., "people")：给公众的报告才会隐去小的数',
        'write ReportColumn(..., "people"): only then are small figures withheld from the public',
    ),
)
PEOPLE_IN_WORDS = sign(
    "people-in-words",
    (
        "表 {table} 把人数或户数写进了文字：“{words}”",
        "table {table} tells numbers of people or households in words: {words!r}",
    ),
    (
        "写成单位为 people 的一列：文字里的小数目隐不去",
        "make it a column of the unit people: small figures in words cannot be withheld",
    ),
)
READS_ENVIRONMENT = sign(
    "reads-environment",
    (
        "读了环境变量或本机的情况（{what}，第 {line} 行）",
        "it reads the environment or the machine ({what}, line {line})",
    ),
    (
        "规则在每台机器上都要一样：数字写成参数，开关写进 context.settings",
        "rules are the same on every machine: make figures parameters, and switches settings (context.settings)",
    ),
)
TRACE = sign(
    "leaves-traces",
    ("载入或运行后改动了插件以外的东西：{what}", "it changes what is not its own: {what}"),
    (
        "不要替换 wushe 的函数，不要改全局设置；要改行为就用钩子",
        "do not replace functions of wushe or change global settings; use a hook",
    ),
)

# --- the whole ---------------------------------------------------------------------------------


NO_PLAN = sign(
    "no-plan",
    ("排不出计划（{why}）", "no plan can be made with it ({why})"),
    ("按报错改正", "correct what the message names"),
)
NO_REPORT = sign(
    "no-report",
    ("写不出城市报告（{why}）", "no report of the city can be written with it ({why})"),
    ("按报错改正", "correct what the message names"),
)
PLAN_REFUTED = sign(
    "plan-refuted",
    ("计划没有通过复核：{why}", "the plan does not pass the independent checker: {why}"),
    (
        "多半是插件得出的供给违反了内置规则",
        "most likely an offer that the plugin derives breaks a built-in rule",
    ),
)
BAD_DEMO = sign(
    "bad-demo",
    ("示例跑不起来（{why}）", "the demo does not run ({why})"),
    ("核对 folder、plugins、on 和 tell", "check folder, plugins, on and tell"),
)
NO_SUCH_STORY = sign(
    "no-such-story",
    ("示例计划里没有 {client}", "the demo's plan has no client {client}"),
    ("改正 stories 里的编号", "correct the ids in stories"),
)
SLOW = sign(
    "slow",
    ("每十万对要 {seconds} 秒", "it takes {seconds} seconds per 100,000 pairs"),
    (
        "用整列数组代替逐对循环（each_pair 适合先写起来）",
        "use whole columns instead of a loop over pairs (each_pair is for the beginning)",
    ),
)
