"""A filled visit form becomes facts, needs and wishes: all that was said, and nothing that was not."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from wushe.errors import InputError, Problem, ProblemKind
from wushe.identify.answers import WISH_FIELD, Answer, heading, read_answer
from wushe.io.cells import Vocabularies, vocabularies
from wushe.io.suggest import Suggester
from wushe.model.evidence import Fact, Visit
from wushe.model.help import Need, Wish
from wushe.model.kinds import INSTANT, BadValueError
from wushe.model.spec import RECORD_KINDS, Rule
from wushe.model.storage import pack
from wushe.model.tables import Table
from wushe.model.terms import NeedCategory, TargetGroup
from wushe.model.visiting import VisitForm
from wushe.text import Text

UNKNOWN_QUESTION = ProblemKind(
    "unknown-question",
    Text(zh="表单没有这个问题", en="the form has no such question"),
    Text(zh="表单“{form}”的问题编号{close}", en="the id of a question of form {form!r}{close}"),
    Text(
        zh="改正问题编号，或先由插件在表单中登记",
        en="correct the id, or register the question through a plugin",
    ),
)
OTHER_FORM = ProblemKind(
    "other-form",
    Text(zh="走访登记的是另一张表单", en="the visit names another form"),
    Text(zh="表单 {form}", en="form {form}"),
    Text(zh="换用走访登记的表单，或改正走访记录", en="use that form, or correct the visit"),
)
ANSWER_ABOUT_NOBODY = ProblemKind(
    "answer-about-nobody",
    Text(
        zh="这个问题问的是{subject}，走访没有写明是谁",
        en="the question is about a {subject} that the visit does not name",
    ),
    Text(zh="走访写明{subject}的编号", en="the id of the {subject} in the visit"),
    Text(zh="在走访中补填，或清空这个回答", en="fill it in, or clear the answer"),
)
ANSWER_AGAINST_VISIT = ProblemKind(
    "answer-against-visit",
    Text(zh="与走访记录中的值不一致", en="it differs from what the visit says"),
    Text(zh="走访记录的值 {recorded}", en="{recorded}, as in the visit"),
    Text(zh="核对后改正其中一处", en="check, and correct one of the two"),
)
_SUBJECTS = {"household": Text("家庭", "household"), "person": Text("人员", "person")}
_SPLITS_TAGS = re.compile(r"[:;；、|]")


@attrs.frozen
class Answered:
    """A visit and its answers by question id, with the file and row (None: no row) they come from."""

    visit: Visit
    answers: Mapping[str, str]
    source: str
    row: int | None = None


@attrs.frozen
class Filled:
    """What a filled form says: the visit with its outcome and willingness, facts, needs, wishes.

    Facts and needs are in the order of the questions. Wishes are not shown before a worker sets
    `shown_from`.
    """

    visit: Visit
    facts: tuple[Fact, ...] = ()
    needs: tuple[Need, ...] = ()
    wishes: tuple[Wish, ...] = ()


def fill(
    form: VisitForm,
    visit: Visit,
    answers: Mapping[str, str],
    *,
    at: str,
    recorder: str,
    categories: Mapping[str, NeedCategory],
    target_groups: Mapping[str, TargetGroup],
    known: Table | None = None,
    confidence: str = "stated",
) -> Filled:
    """Return what `answers` (question id to text, as in a spreadsheet cell) say.

    An answer becomes a fact of the household or person, dated by the visit and recorded by
    `recorder` at the instant `at` (with its zone, ``2025-09-01T18:00:00+08:00``); under the question's id where it fits no field of theirs. An
    answer to a question with a category is a need as well, unless it is a no. A question without
    an answer says nothing.

    `known` is the table ``facts`` that the recorder's device had: new facts then name what they were
    written `after`, a fact that is there already is returned as it is, and a corrected answer
    becomes a further fact. Ids follow from visit, question and recorder, so that filling twice adds
    nothing. Raises InputError with the problems of all answers.
    """
    answered = Answered(visit, answers, f"{form.id} {visit.id}")
    return fill_all(
        form,
        [answered],
        at=at,
        recorder=recorder,
        categories=categories,
        target_groups=target_groups,
        known=known,
        confidence=confidence,
    )[0]


def fill_all(
    form: VisitForm,
    answered: Iterable[Answered],
    *,
    at: str,
    recorder: str,
    categories: Mapping[str, NeedCategory],
    target_groups: Mapping[str, TargetGroup],
    known: Table | None = None,
    confidence: str = "stated",
) -> tuple[Filled, ...]:
    """Return what each of the filled forms of one sheet says, see `fill`.

    Raises InputError with the problems of all rows.
    """
    sheets = tuple(answered)
    at = _instant(at)
    subjects = {s for a in sheets for s in (a.visit.household, a.visit.person) if s is not None}
    filler = _Filler(
        form,
        vocabularies(categories, target_groups),
        categories,
        at,
        recorder,
        confidence,
        None if known is None else _Known.of(known, subjects),
    )
    problems: list[Problem] = []
    filled = []
    for sheet in sheets:
        read = filler.read(sheet, problems)
        if not problems:
            filled.append(filler.write(sheet.visit, read))
    if problems:
        raise InputError(problems)
    return tuple(filled)


def _instant(at: str) -> str:
    """Return an instant of any zone as facts keep it. Raises InputError."""
    try:
        return str(INSTANT.parse(at))
    except BadValueError as error:
        raise InputError([Problem(error.problem, "fill", None, "at", at[:40])]) from None


@attrs.frozen(eq=False)
class _Known:
    """Facts that the recorder had, by id and by subject and field."""

    by_id: Mapping[str, Fact]
    by_field: Mapping[tuple[str, str], list[Fact]]

    @classmethod
    def of(cls, facts: Table, subjects: set[str]) -> _Known:
        by_id: dict[str, Fact] = {}
        by_field: dict[tuple[str, str], list[Fact]] = {}
        for row, subject in enumerate(facts["subject"]):
            if subject in subjects:
                fact = facts.record(row)
                by_id[fact.id] = fact
                by_field.setdefault((subject, fact.field), []).append(fact)
        return cls(by_id, by_field)

    def heads(self, subject: str, field: str) -> tuple[str, ...]:
        """Return the facts of a field that no other one was written after: all that one must name."""
        facts = self.by_field.get((subject, field), [])
        seen = {earlier for fact in facts for earlier in fact.after or ()}
        return tuple(sorted(fact.id for fact in facts if fact.id not in seen))


@attrs.frozen(eq=False)
class _Filler:
    form: VisitForm
    words: Vocabularies
    categories: Mapping[str, NeedCategory]
    at: str
    recorder: str
    confidence: str
    known: _Known | None

    def read(self, sheet: Answered, problems: list[Problem]) -> list[Answer]:
        """Return the answers in the order of the questions; what is wrong goes to `problems`."""
        visit, file, row = sheet.visit, sheet.source, sheet.row
        questions = {question.id: question for question in self.form.questions}
        suggester = Suggester(questions)
        for key in sheet.answers:
            if key not in questions:
                params = {"form": self.form.title, "close": suggester.close(key)}
                problems.append(Problem(UNKNOWN_QUESTION, file, row, key[:40], None, params))
        if visit.form not in (None, self.form.id):
            problems.append(
                Problem(OTHER_FORM, file, row, "form", visit.form, {"form": self.form.id})
            )
        read = []
        for key, question in questions.items():
            text = sheet.answers.get(key, "")
            if not text.strip():
                continue
            answer = read_answer(question, text, self.words, self.categories, file, row)
            if isinstance(answer, Answer):
                read.append(answer)
                problems.extend(_misplaced(answer, sheet))
            else:
                problems.append(answer)
        problems.extend(_broken_rules(read, sheet))
        return read

    def write(self, visit: Visit, answers: list[Answer]) -> Filled:
        """Return what the readable `answers` say."""
        facts, needs, wishes = [], [], []
        shared = {a.name: a.value for a in answers if a.place == "need"}
        for answer in answers:
            subject = _subject(visit, answer)
            if answer.place != "visit" and subject is not None:
                facts.append(self._fact(visit, answer, subject))
            if answer.want is not None and answer.want.wanted:
                need = self._need(visit, answer, shared)
                needs.append(need)
                if answer.question.field == WISH_FIELD and answer.want.note:
                    # A digest, since this id is shown in public and those of the visit are not.
                    wish = digest("wish", visit.id, answer.question.id, self.recorder)
                    wishes.append(Wish(id=wish, need=need.id, public_text=answer.want.note))
        seen = {a.name: a.value for a in answers if a.place == "visit"}
        done: Visit = _with(visit, form=self.form.id, **seen)
        return Filled(done, tuple(facts), tuple(needs), tuple(wishes))

    def _fact(self, visit: Visit, answer: Answer, subject: str) -> Fact:
        parts = (visit.id, answer.question.id, self.recorder)
        new = Fact(
            id=ident(*parts),
            subject=subject,
            field=answer.name,
            value=answer.text,
            on=visit.on,
            at=self.at,
            recorder=self.recorder,
            source=visit.kind,
            confidence=self.confidence,
            visit=visit.id,
        )
        if self.known is None:
            return new
        earlier: list[Fact] = []
        while (found := self.known.by_id.get(new.id)) is not None:
            earlier.append(found)
            new = _with(new, id=ident(*parts, str(len(earlier) + 1)))
        for fact in earlier:
            # The last one says what holds; an older one is this very recording, read once more.
            if _says(fact) == _says(new) and (fact is earlier[-1] or fact.at == new.at):
                return fact
        written: Fact = _with(new, after=self.known.heads(subject, answer.name))
        return written

    def _need(self, visit: Visit, answer: Answer, shared: Mapping[str, Any]) -> Need:
        assert answer.want is not None
        assert answer.question.category is not None
        about_person = answer.question.subject == "person" or visit.household is None
        return Need(
            id=ident(visit.id, answer.question.id, self.recorder),
            category=answer.question.category,
            household=visit.household,
            person=visit.person if about_person else None,
            institution=visit.institution,
            quantity=answer.want.quantity,
            unit=answer.want.unit,
            urgency=shared.get("urgency"),
            asked_on=visit.on,
            due=shared.get("due"),
            status="open",
            note=answer.want.note,
        )


def _with(record: Any, **values: Any) -> Any:
    return attrs.evolve(record, **values)


def _says(fact: Fact) -> tuple[Any, ...]:
    return fact.subject, fact.field, fact.value, fact.on, fact.source, fact.confidence


def _subject(visit: Visit, answer: Answer) -> str | None:
    """Return whom the fact is about; only what is no field of theirs may pass to the other one."""
    order = (visit.household, visit.person)
    first, second = order if answer.question.subject == "household" else order[::-1]
    return first if answer.place == "record" else first or second


def _misplaced(answer: Answer, sheet: Answered) -> Iterable[Problem]:
    """Yield the problem of an answer about somebody whom the visit does not name."""
    where = (sheet.source, sheet.row, heading(answer.question))
    if answer.place == "visit":
        recorded = getattr(sheet.visit, answer.name)
        if recorded is not None and recorded != answer.value:
            said = RECORD_KINDS["visits"].field(answer.name).kind.say(recorded)
            yield Problem(ANSWER_AGAINST_VISIT, *where, answer.text, {"recorded": said})
    elif _subject(sheet.visit, answer) is None and (
        answer.want is None or answer.place == "record"
    ):
        subject = _SUBJECTS[answer.question.subject]
        yield Problem(ANSWER_ABOUT_NOBODY, *where, None, {"subject": subject})


def _broken_rules(answers: list[Answer], sheet: Answered) -> Iterable[Problem]:
    """Yield the rules across fields that the answers break, such as an ID number of another birth."""
    for table in ("households", "persons"):
        kind = RECORD_KINDS[table]
        given = {
            a.name: a for a in answers if a.place == "record" and f"{a.question.subject}s" == table
        }
        for rule in kind.rules:
            if set(rule.fields) <= set(given) and _breaks(rule, given, table):
                field = heading(given[rule.fields[0]].question)
                yield Problem(rule.problem, sheet.source, sheet.row, field)
    needs = {a.name: a.value for a in answers if a.place == "need"}
    if "due" in needs and needs["due"] < sheet.visit.on:
        rule = next(r for r in RECORD_KINDS["needs"].rules if r.fields == ("asked_on", "due"))
        asked = next(a for a in answers if a.name == "due" and a.place == "need")
        yield Problem(rule.problem, sheet.source, sheet.row, heading(asked.question), asked.text)


def _breaks(rule: Rule, given: Mapping[str, Answer], table: str) -> bool:
    kind = RECORD_KINDS[table]
    columns = [pack(kind.field(name).kind.storage, [given[name].value]) for name in rule.fields]
    return bool(rule.broken(columns)[0])


def ident(*parts: str) -> str:
    """Return one id for `parts`: readable, or a digest where that is too long or could be ambiguous."""
    joined = ":".join(parts)
    if len(joined) <= 64 and not any(_SPLITS_TAGS.search(part) for part in parts):
        return joined
    return digest(*parts)


def digest(*parts: str) -> str:
    """Return an id that tells nothing of `parts`, the same for the same ones."""
    return hashlib.blake2s("\x1f".join(parts).encode(), digest_size=12).hexdigest()
