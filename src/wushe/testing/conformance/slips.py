"""The findings on what a plugin says of itself: sources, words, ids, figures, functions that are never asked."""

from __future__ import annotations

from wushe.testing.conformance.signs import sign

NO_DOCSTRING = sign(
    "no-source-in-docstring",
    ("插件没有说明，或说明太短", "the plugin has no docstring, or hardly one"),
    (
        "在文件开头写明依据哪份文件或报道、日期，哪些是假定",
        "say at the top which document or report it follows, its date, and what is assumed",
    ),
)
NO_SOURCE = sign(
    "no-source",
    ("没有写明出处（{field}）", "it names no source ({field})"),
    (
        "写明文件和条款；自己编的就写“虚构”",
        "name the document and clause; say that it is made up where it is",
    ),
)
STILL_OPEN = sign(
    "source-still-open",
    ("{field} 还没有填写：“{words}”", "{field} is still to be filled in: {words!r}"),
    (
        "写明文件和条款；自己编的就写“虚构”，还没有人公布的写“没有公布”",
        "name the document and clause; say where it is made up, or that nobody published it",
    ),
)
OVERLAPPING = sign(
    "parameters-overlap",
    (
        "参数 {names} 在同一地区同一天有两个值",
        "parameters {names} have two values for one place on one day",
    ),
    (
        "改正起止日期（valid_from、valid_to）；取代上级的那一行就写 replaces=True",
        "correct valid_from and valid_to; a row that takes the place of one from above says replaces=True",
    ),
)
NO_ARTICLE = sign(
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
NO_PARAMETER = sign(
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
WEAK_PARAMETER = sign(
    "weak-parameter",
    ("参数 {names}：{meaning}", "parameters {names}: {meaning}"),
    (
        "补上文件里写明的；wushe relief lint 列出全部",
        "add what the document says; `wushe relief lint` lists them all",
    ),
    "advice",
)
NO_WORDS = sign(
    "no-words",
    ("缺少{language}文字（{field}）", "words in {language} are missing ({field})"),
    ("两种语言都要写", "write both languages"),
)
WRONG_LANGUAGE = sign(
    "wrong-language",
    ("{language}文字写成了另一种语言：{words}", "{language} words are in the other one: {words}"),
    ("Text(中文, 英文)，先后不要颠倒", "Text(Chinese, English), in this order"),
)
UNKNOWN_WORD = sign(
    "unknown-word",
    ("{field} 里的“{word}”没有登记", "{word!r} in {field} is not registered"),
    ("核对拼写，或在插件里登记它", "check the spelling, or register it in the plugin"),
)
ODD_ID = sign(
    "odd-id",
    ("编号“{key}”不合习惯", "the id {key!r} is unusual"),
    (
        "用小写字母、数字和下划线，最好以地名开头，如 qingshi_letters",
        "use lower-case letters, digits and underscores, best with the place's name first: qingshi_letters",
    ),
    "advice",
)
SHARED_ID = sign(
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
UNLIKE_REPLACED = sign(
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
SUGGESTS_ALWAYS = sign(
    "fits-any-text",
    (
        "{field} “{pattern}” 与什么文字都相符",
        "{field} {pattern!r} fits any text",
    ),
    (
        "写出要找的词，如 送餐|助餐：什么都符合的规则，谁都会被建议这一类",
        "write the words that it looks for: a rule that fits everything suggests this category to everybody",
    ),
)
ODD_VALUE = sign(
    "odd-value",
    ("{field} 是 {value}，应当是 {expected}", "{field} is {value}; expected {expected}"),
    ("核对后改正", "correct it"),
)
NOT_MARKED = sign(
    "not-marked",
    (
        "函数 {name} 与钩子同名，却没有登记为钩子，永远不会被问到",
        "the function {name} is called like a hook but is none: it is never asked",
    ),
    (
        "直接在它上面加一行 @wushe.hookimpl，中间不要隔着别的装饰器；不是规则就换个名字",
        "put @wushe.hookimpl above it, without a cache or the like between; if it is no rule, give it another name",
    ),
)
NOT_AN_OBJECT = sign(
    "class-not-object",
    (
        "{name} 是一个类，不是对象：钩子没有 self 可用",
        "{name} is a class, not an object: its hooks have no self",
    ),
    (
        "入口点指向对象：在文件末尾写 RULES = {name}()，在 pyproject.toml 里写 模块:RULES",
        "name an object in the entry point: RULES = {name}() at the end of the file, module:RULES in pyproject.toml",
    ),
)
DEFINED_TWICE = sign(
    "defined-twice",
    (
        "{name} 在文件里写了两次（第 {first} 行和第 {second} 行），前一个不起作用",
        "{name} is written twice (lines {first} and {second}): the first one has no effect",
    ),
    (
        "合成一个函数，返回几项（[...] 或 yield）",
        "make one function of them that returns several terms ([...] or yield)",
    ),
)
