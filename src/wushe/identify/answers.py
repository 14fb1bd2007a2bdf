"""One answer of a form: from the text in a cell to the value of a fact, or to what is wanted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from wushe.errors import Problem, ProblemKind
from wushe.io.cells import CellReader, Refused, Vocabulary, settle_quantities, unguard
from wushe.io.drafts import show
from wushe.io.mistakes import UNKNOWN_CATEGORY, WRONG_DIMENSION
from wushe.io.suggest import Suggester
from wushe.model import kinds
from wushe.model.facts import field_of
from wushe.model.kinds import BadValueError
from wushe.model.spec import RECORD_KINDS, Field
from wushe.model.terms import NeedCategory
from wushe.model.units import DIMENSIONS, parse_unit
from wushe.model.visiting import Question
from wushe.text import Text

AMOUNT_WITHOUT_UNIT = ProblemKind(
    "amount-without-unit",
    Text(zh="有数量而没有单位", en="an amount without a unit"),
    Text(
        zh="数量加单位，按{dimension}计，如 {example}",
        en="an amount with its unit, in {dimension}, such as {example}",
    ),
    Text(
        zh="补上单位；只知道需要就写 是",
        en="add the unit, or write yes where only the need is known",
    ),
)
VISIT_FIELDS = ("willing", "outcome", "found")
"""Fields of a visit that a question may fill."""
NEED_FIELDS = ("urgency", "due")
"""Fields of the needs of the same visit that a question may fill."""
WISH_FIELD = "public_text"

_EXAMPLES = {
    "piece": "2件",
    "gram": "10公斤",
    "millilitre": "5升",
    "minute": "2小时",
    "time": "3次",
    "fen": "500元",
}
_TEXT_FIELD = Field("answer", kinds.TEXT, "回答", sensitive="free_text")
_NO = frozenset(
    {"否", "无", "没", "没有", "不", "不是", "不要", "不用", "不需要", "不必", "无需", "暂无", "暂不需要",
     "暂时不用", "暂时不需要", "不缺", "都不缺", "够用", "够了", "已有", "no", "n", "none", "false", "×"}
)  # fmt: skip
_YES = frozenset({"是", "有", "要", "需要", "想要", "对", "√", "yes", "y", "true"})
_REFUSES = re.compile(r"(?:暂时?|目前|现在|还)?(?:都?不缺|不需要|无需|不必|用不着|不想要)")
_HEAD = re.compile(r"[,;:。\s(]+")
_AMOUNT = re.compile(r"([+-]?\d[\d,]*(?:\.\d+)?)\s*(\S*)")

Place = Literal["record", "visit", "need", "extra"]


@attrs.frozen
class Want:
    """What an answer to a question with a category asks for; an unknown quantity stays unknown."""

    wanted: bool
    quantity: int | None = None
    unit: str | None = None
    note: str | None = None


@attrs.frozen
class Answer:
    """A readable answer. `text` is what a fact holds, `value` the Python value of `field`.

    `place` tells where it goes: a field of the household or person, of the visit, of the visit's
    needs, or an extra fact. `want` is set where the question has a category.
    """

    question: Question
    place: Place
    name: str
    text: str
    value: Any
    want: Want | None = None


def target_of(question: Question) -> tuple[Place, str, Field]:
    """Return where answers to `question` go, under which name, and the field that reads them."""
    name = question.field or question.id
    found = field_of(f"{question.subject}s", name) if question.field else None
    if found is not None and name != "id":
        return "record", name, found
    if name in VISIT_FIELDS:
        return "visit", name, RECORD_KINDS["visits"].field(name)
    if name in NEED_FIELDS:
        return "need", name, RECORD_KINDS["needs"].field(name)
    return "extra", question.id if name == WISH_FIELD else name, _TEXT_FIELD


def heading(question: Question) -> str:
    """Return how an error names `question`."""
    return f"{question.text.zh} ({question.id})"


def read_answer(
    question: Question,
    text: str,
    words: Mapping[str, Vocabulary],
    categories: Mapping[str, NeedCategory],
    file: str,
    row: int | None,
) -> Answer | Problem:
    """Return the answer that the non-empty `text` gives, or the one problem with it."""
    place, name, field = target_of(question)
    vocabulary = None if field.vocabulary is None else words[field.vocabulary]
    value = CellReader(field, field.read, False, vocabulary).values([text])[0]
    if isinstance(value, Refused):
        params = dict(value.params)
        shown = show(field, str(params.pop("word", text.strip())))
        return Problem(value.problem, file, row, heading(question), shown, params)
    if question.category is None:
        said = field.kind.say(value)
        return Answer(question, place, name, _yes_or_no(said) if place == "extra" else said, value)
    category = categories.get(question.category)
    if category is None:
        close = Suggester(categories).close(question.category)
        return Problem(
            UNKNOWN_CATEGORY, file, row, heading(question), question.category, {"close": close}
        )
    if place == "record":
        return Answer(
            question, place, name, field.kind.say(value), value, _want_of(value, field, text)
        )
    try:
        want = read_want(unguard(text.strip()), question.unit, category)
    except BadValueError as bad:
        return Problem(bad.problem, file, row, heading(question), _shown_amount(text), bad.params)
    return Answer(question, place, name, _say_want(want), value, want)


def _yes_or_no(text: str) -> str:
    """Return ``yes`` or ``no`` where free text is just that, so that facts of one field compare."""
    try:
        return "yes" if kinds.FLAG.parse(text) else "no"
    except BadValueError:
        return text


def _want_of(value: Any, field: Field, text: str) -> Want:
    if field.kind is kinds.FLAG:
        return Want(bool(value))
    if field.kind is kinds.MONEY:
        return Want(True, value, "fen") if value > 0 else Want(False)
    return Want(True, note=text.strip()) if value not in (0, ()) else Want(False)


def read_want(text: str, unit: str | None, category: NeedCategory) -> Want:
    """Return what a worker's words ask for: yes, no, an amount with its unit, or words.

    A bare number counts in `unit`. Words that begin with a no are a no; other words are kept as the
    need's note. Raises BadValueError for an amount that does not fit the category.
    """
    word = unicodedata.normalize("NFKC", text).strip()
    found = _AMOUNT.fullmatch(word)
    if found is not None:
        written = found[2] or unit
        if found[2] == "" and unit is None and word in ("0", "1"):
            return Want(word == "1")
        if written is None:
            dimension = category.dimension
            raise BadValueError(
                AMOUNT_WITHOUT_UNIT, dimension=DIMENSIONS[dimension], example=_EXAMPLES[dimension]
            )
        if parse_unit(written) is not None:
            return _amount(found[1], written, category)
    cut = _HEAD.search(word)
    head, rest = (word[: cut.start()], word[cut.end() :]) if cut else (word, "")
    if cut and "(" in cut[0]:
        rest = rest.removesuffix(")")
    if head.lower() in _NO or _REFUSES.match(word):
        return Want(False, note=text.strip() if rest or head.lower() not in _NO else None)
    if head.lower() in _YES:
        return Want(True, note=rest[:2000].strip() or None)
    return Want(True, note=text.strip())


def _amount(number: str, unit: str, category: NeedCategory) -> Want:
    if not re.search(r"[1-9]", number):
        return Want(False)
    values: dict[str, list[Any]] = {"quantity": [kinds.QUANTITY.parse(number)], "unit": [unit]}
    settle_quantities(values, 1)
    quantity, settled = values["quantity"][0], values["unit"][0]
    if isinstance(quantity, Refused):
        raise BadValueError(quantity.problem, **dict(quantity.params))
    known = parse_unit(unit)
    if known is None or known.dimension != category.dimension:
        raise BadValueError(
            WRONG_DIMENSION,
            category=Text(category.zh, category.en),
            dimension=DIMENSIONS[category.dimension],
        )
    return Want(True, quantity, settled)


def _say_want(want: Want) -> str:
    if want.quantity is not None:
        return f"{want.quantity}{want.unit}"
    return want.note or ("yes" if want.wanted else "no")


def _shown_amount(text: str) -> str:
    """Return a refused amount as an error may show it: a long number may be somebody's phone."""
    return text.strip() if sum(c.isdigit() for c in text) <= 6 else "***"
