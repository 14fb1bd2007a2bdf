"""An explanation as a record: what was read, what was compared with what, where it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

import attrs
import cattrs

from wushe.errors import FormatVersionError, InputError, Problem, ProblemKind
from wushe.relief.facts import Facts
from wushe.text import Text

FORMAT = 1
Answer = Literal["possible", "unknown", "not"]
Truth = Literal["yes", "unknown", "no"]
BAD_EXPLANATION = ProblemKind(
    "bad-explanation",
    Text("不是说明文件（{why}）", "not a stored explanation ({why})"),
    Text("由本工具保存的 JSON", "the JSON that this tool has written"),
    Text("核对文件，或重新生成", "check the file, or make it again"),
)
End = str | None
"""An exact number as text (``216600``, ``1/3``), None where open."""


@attrs.frozen
class Source:
    """A parameter as it was found, or not found (`value` empty) with the rows that could not be used.

    Dates as text; `used` False: its term is over or it was not checked for long, so that it supports no
    refusal.
    """

    name: str
    place: str = ""
    value: str = ""
    unit: str = ""
    region: str = ""
    area: str = ""
    document: str = ""
    article: str = ""
    valid_from: str = ""
    valid_to: str = ""
    expires: str = ""
    checked: str = ""
    confidence: str = ""
    firm: bool = True
    warnings: tuple[Text, ...] = ()
    seen: tuple[Source, ...] = ()


@attrs.frozen
class Compared:
    """Two numbers as compared: words, exact ends (fen where `money`), operator (empty: not known)."""

    left: Text
    right: Text
    op: str
    low: End
    high: End
    right_low: End
    right_high: End
    money: bool = False


@attrs.frozen
class Finding:
    """One condition: its truth, the facts that were read (table, field, ids), parameters by name."""

    id: str
    text: Text
    truth: Truth
    document: str
    article: str = ""
    reads: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    parameters: tuple[str, ...] = ()
    compared: tuple[Compared, ...] = ()


@attrs.frozen
class Payable:
    """An amount in fen, from `low` to `high` (None: no end known)."""

    id: str
    name: Text
    period: str
    low: int | None
    high: int | None
    document: str
    article: str = ""


@attrs.frozen
class Question:
    """Something to find out: `field` of the rows `ids` of `table`; an empty table: parameter `field`.

    `said` are the words where the field does not say them; `Explanation.ask` has them ready for all.
    """

    table: str
    ids: tuple[str, ...]
    field: str
    said: Text | None = None


@attrs.frozen
class Nearest:
    """The least change that mends the failed condition `condition`, in words and exactly (see `flip`)."""

    condition: str
    how: str
    by: int
    text: Text


@attrs.frozen
class Explanation:
    """Why a policy answers as it does for one household or person, on a day, by which rules.

    Never a decision: 民发〔2021〕57号 article 28 and 个人信息保护法 article 24 leave that to the office.
    `facts` are all that the answer hangs on, so that `replay` can compute it again; `digest` is that of
    the rules and parameters used.
    """

    format: int
    policy: str
    name: Text
    document: str
    article: str
    confidence: str
    checked: str
    apply_at: Text
    unit: str
    id: str
    on: str
    answer: Answer
    conditions: tuple[Finding, ...]
    parameters: tuple[Source, ...]
    amounts: tuple[Payable, ...]
    questions: tuple[Question, ...]
    next: int | None
    undecidable: tuple[Text, ...]
    minimal: bool
    failed: tuple[str, ...]
    changes: tuple[Nearest, ...]
    alone: bool
    after: Truth
    versions: tuple[tuple[str, str], ...]
    digest: str
    facts: Facts

    def to_json(self) -> str:
        """Return the explanation as JSON: the same one always gives the same bytes."""
        data = _converter().unstructure(self)
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Explanation:
        """Return a stored explanation. Raises InputError, FormatVersionError for one of a newer wushe."""
        try:
            data = json.loads(text)
            if isinstance(data, Mapping) and int(data.get("format", 0)) > FORMAT:
                raise FormatVersionError(
                    f"explanation of format {data['format']}, this wushe reads up to {FORMAT}"
                )
            found: Explanation = _converter().structure(data, cls)
        except (ValueError, TypeError, KeyError, cattrs.BaseValidationError) as error:
            problem = Problem(BAD_EXPLANATION, "explanation", params={"why": type(error).__name__})
            raise InputError([problem]) from error
        return found

    def ask(self) -> tuple[Text, ...]:
        """Return each question in words, in the order of `questions`."""
        from wushe.relief.explain_text import ask

        return tuple(ask(self, question) for question in self.questions)

    def say(self, lang: str = "zh") -> str:
        """Return the explanation as paragraphs in `lang`."""
        from wushe.relief.explain_text import paragraphs

        return "\n".join(paragraphs(self, lang))

    def brief(self, lang: str = "zh") -> str:
        """Return one line: the policy, for whom, and what to ask first."""
        from wushe.relief.explain_text import brief

        return brief(self, lang)

    def __str__(self) -> str:
        return self.say()


@lru_cache(maxsize=1)
def _converter() -> cattrs.Converter:
    found = cattrs.Converter(omit_if_default=True, detailed_validation=False)

    @found.register_structure_hook
    def text(value: Any, _: type) -> Text:
        return Text(str(value["zh"]), str(value["en"]))

    @found.register_structure_hook
    def facts(value: Any, _: type) -> Facts:
        rows = {
            str(kind): {
                str(ident): {str(n): tuple(v) if isinstance(v, list) else v for n, v in row.items()}
                for ident, row in table.items()
            }
            for kind, table in value["rows"].items()
        }
        return Facts(str(value["unit"]), str(value["id"]), rows, dict(value["codes"]))

    return found


def end(value: Any) -> End:
    """Return an exact end of a number as text, None where it is open."""
    return None if isinstance(value, float) else str(Fraction(value))
