"""Sources, words in both languages, ids: what a plugin says of itself and of its rules."""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wushe.model import RECORD_KINDS
from wushe.model.visiting import Question
from wushe.plugins.loading import available, load_one
from wushe.testing.conformance import slips
from wushe.testing.conformance.answering import RAISED
from wushe.testing.conformance.asking import Answer
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit, marked
from wushe.testing.conformance.world import World
from wushe.text import Text

MOST_NAMES = 4
LEAST_DOC = 20
"""A docstring of fewer characters names no source."""
REGISTRIES = {
    "register_need_categories": "categories",
    "register_target_groups": "target_groups",
    "register_risk_signals": "risk_signals",
    "register_standards": "standards",
    "register_programmes": "programmes",
    "register_report_sections": "report_sections",
    "register_demos": "demos",
}
LISTED = {"register_order_rules": "order_rules", "register_point_rules": "point_rules"}
PARTS = ("conditions", "amounts", "materials", "steps")
"""What a policy consists of."""
SOURCED = ("register_standards", "register_programmes")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_WORD = re.compile(r"[^\W_]")
_OPEN = re.compile(
    r"(?<![a-z])(?:todo|tbd|fixme|xxx+)(?![a-z])|(?<!等)待(?:补充?|填写?)(?![贴助偿发表])|某某文件",
    re.IGNORECASE,
)
"""What is written where somebody means to fill something in later."""
_NOTHING = re.compile(
    r"(?:n/?a|none|null|unknown|source|无|暂无|略|不详|未知|待定|待查|出处|来源)", re.IGNORECASE
)
"""What is no source where nothing else is said."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_LANGUAGES = {"zh": Text("中文", "Chinese"), "en": Text("英文", "English")}


def items_of(kit: Kit) -> Iterator[tuple[str, str, Any]]:
    """Yield (hook, id, item) of what the plugin registers under ids."""
    for hook, name in REGISTRIES.items():
        registry = getattr(kit.rules, name)
        yield from ((hook, key, registry[key]) for key in kit.mine(hook))
    for hook, name in LISTED.items():
        mine = kit.mine(hook)
        yield from ((hook, one.id, one) for one in getattr(kit.rules, name) if one.id in mine)
    mine = kit.mine("register_policies")
    yield from (("register_policies", p.id, p) for p in kit.rules.policies if p.id in mine)


# --- sources -----------------------------------------------------------------------------------


def sources(kit: Kit) -> Iterator[Finding]:
    """Yield what names no source: the plugin itself, standards and programmes.

    Parameters and policies refuse to be made without a document, so that they cannot lack one here; what
    says that it is still to be filled in is none.
    """
    doc = inspect.getdoc(kit.plugin.implementation) or ""
    if len(doc.strip()) < LEAST_DOC:
        yield found(slips.NO_DOCSTRING, kit.plugin.name)
    if said := still_open(doc):
        yield found(slips.STILL_OPEN, kit.plugin.name, field="docstring", words=said)
    for hook, key, item in items_of(kit):
        if hook in SOURCED and not _WORD.search(item.source):
            yield found(slips.NO_SOURCE, f"{hook} · {key}", field="source")
        for name, field, text in _sources_of(key, item):
            if said := still_open(text):
                yield found(slips.STILL_OPEN, f"{hook} · {name}", field=field, words=said)
    bare = [name for _, _, item in items_of(kit) for name in _without_article(item)]
    if bare:
        names = ", ".join(bare[:MOST_NAMES])
        yield found(slips.NO_ARTICLE, "register_policies", n=len(bare), names=names)


def _sources_of(key: str, item: Any) -> Iterator[tuple[str, str, str]]:
    """Yield (id, field, text) of the sources that an item and its parts name."""
    parts = (part for kind in PARTS for part in getattr(item, kind, ()))
    for name, one in ((key, item), *((f"{key}.{part.id}", part) for part in parts)):
        for field in ("source", "document"):
            if isinstance(text := getattr(one, field, None), str):
                yield name, field, text


def still_open(text: str) -> str:
    """Return the words that say that a source is still to be filled in, "" where there are none."""
    gap = _OPEN.search(text) or _NOTHING.fullmatch(text.strip())
    return gap.group() if gap else ""


def _without_article(item: Any) -> Iterator[str]:
    """Yield the parts of a policy that name a document and no article of it."""
    for kind in PARTS:
        for part in getattr(item, kind, ()):
            if hasattr(part, "article") and not part.article.strip():
                yield f"{item.id}.{part.id}"


# --- words -------------------------------------------------------------------------------------


def words(kit: Kit, answers: Mapping[str, Answer]) -> Iterator[Finding]:
    """Yield the words that one language lacks, or that are in the wrong one; `answers` have the labels of terms."""
    for where, answer in answers.items():
        for key in sorted(key for key, part in answer.items() if not part.spoken):
            yield found(slips.NO_WORDS, where, language=_LANGUAGES["en"], field=f"{key}: label")
    labels = [
        (where, f"{key}: {field}", text)
        for where, answer in answers.items()
        for key, part in sorted(answer.items())
        for field, text in part.texts
    ]
    for where, field, text in (*_texts(kit), *labels):
        for lang, said in (("zh", text.zh), ("en", text.en)):
            language = _LANGUAGES[lang]
            if not isinstance(said, str) or not said.strip():
                yield found(slips.NO_WORDS, where, language=language, field=field)
            elif not _in_language(said, lang):
                yield found(slips.WRONG_LANGUAGE, where, language=language, words=said[:40])


def _in_language(said: str, lang: str) -> bool:
    """Say whether words can be of that language; English ones may quote a Chinese word."""
    chinese, latin = len(_CHINESE.findall(said)), len(_LATIN.findall(said))
    return chinese > 0 if lang == "zh" else latin > chinese


def _texts(kit: Kit) -> Iterator[tuple[str, str, Text]]:
    for hook, key, item in items_of(kit):
        where = f"{hook} · {key}"
        yield from ((where, field, text) for field, text in _own_texts(item))
        for name in ("items", "guards", "conditions", "amounts", "materials", "steps"):
            for part in getattr(item, name, ()):
                label = getattr(part, "id", None) or getattr(part, "name", "")
                yield from ((f"{where}.{label}", field, text) for field, text in _own_texts(part))
    for where, question in _questions(kit):
        yield where, "text", question.text


def _own_texts(item: Any) -> Iterator[tuple[str, Text]]:
    """Yield the texts of one item: fields that are texts, or the pair `zh` and `en`."""
    if hasattr(item, "zh") and hasattr(item, "en"):
        yield "zh, en", Text(item.zh, item.en)
    for field in ("label", "about", "name", "text"):
        value = getattr(item, field, None)
        if isinstance(value, Text):
            yield field, value
        elif field == "label" and value is not None:  # words in one language only
            yield field, Text("", "")


# --- ids ---------------------------------------------------------------------------------------


def ids(kit: Kit) -> Iterator[Finding]:
    """Yield odd ids, and those that another installed plugin has as well."""
    related = {kit.plugin.name, "defaults", *(parent.name for parent in kit.parents)}
    # A policy has its document's own id, and one that replaces another keeps that one's.
    for hook, key, _ in items_of(kit):
        if hook == "register_policies":
            continue
        where = f"{hook} · {key}"
        if not _ID.fullmatch(key):
            yield found(slips.ODD_ID, where, key=key)
        for other in sorted(_owners().get((hook, key), frozenset()) - related):
            yield found(slips.SHARED_ID, where, key=key, other=other)


def dangling(kit: Kit) -> Iterator[Finding]:
    """Yield the categories and tables that rules name and nobody registers."""
    categories, tables = kit.rules.categories, RECORD_KINDS
    for hook, key, item in items_of(kit):
        where = f"{hook} · {key}"
        if hook == "register_standards" and item.table not in tables:
            yield found(slips.UNKNOWN_WORD, where, field="table", word=item.table)
        if hook in ("register_order_rules", "register_point_rules", "register_policies"):
            field = "covers" if hook == "register_policies" else "categories"
            named = getattr(item, field)
            for word in (named,) if isinstance(named, str) else named:
                if word not in categories:
                    yield found(slips.UNKNOWN_WORD, where, field=field, word=word)
    for where, question in _questions(kit):
        if question.category is not None and question.category not in categories:
            yield found(slips.UNKNOWN_WORD, where, field="category", word=question.category)


def terms_replaced(kit: Kit, world: World) -> Iterator[Finding]:
    """Yield the terms that say `replaces` of a name that no plugin above has: both would count."""
    given = world.needs, world.offers, world.pairs, world.context
    for hook in ("filter_candidates", "score_candidates"):
        if hook not in kit.hooks:
            continue
        try:
            mine, above = (
                [getattr(one, "term", None) or one[1] for one in getattr(rules, hook)(*given)]
                for rules in (kit.own, kit.base)
            )
        except RAISED:  # another check's business
            continue
        known = {term.name for term in above}
        for name in sorted(t.name for t in mine if t.replaces and t.name not in known):
            yield found(slips.UNKNOWN_WORD, hook, field="replaces", word=name)


def _questions(kit: Kit) -> Iterator[tuple[str, Question]]:
    """Yield the plugin's own questions of visit forms, with where they are."""
    mine = kit.mine("register_visit_forms")
    for form in kit.rules.visit_forms.values():
        for question in form.questions:
            if f"{form.id}.{question.id}" in mine:
                yield f"register_visit_forms · {form.id}.{question.id}", question


def unlike(kit: Kit) -> Iterator[Finding]:
    """Yield the categories that replace one of another form or dimension."""
    for key in kit.mine("register_need_categories"):
        before, now = kit.base.categories.get(key), kit.rules.categories[key]
        for field in ("form", "dimension") if before is not None else ():
            old, new = getattr(before, field), getattr(now, field)
            if old != new:
                where = f"register_need_categories · {key}"
                params = {"key": key, "field": field, "before": old, "after": new}
                yield found(slips.UNLIKE_REPLACED, where, **params)
                break


@functools.cache
def _owners() -> dict[tuple[str, str], frozenset[str]]:
    """Return which installed plugins register each id, without those that replace another one's there.

    Whoever replaces an id is below its owner and meant to be loaded with it. The same in one process. The hooks are called directly: whole sets of rules would take ten times as long.
    """
    owners: dict[tuple[str, str], set[str]] = {}
    for name in available():
        # What does not load or answer is its own author's business.
        with contextlib.suppress(*RAISED):
            hooks = dict(marked(load_one(name)))
            for hook in (*REGISTRIES, *LISTED):
                for item in hooks[hook]() if hook in hooks else ():
                    if not item.replaces:
                        owners.setdefault((hook, item.id), set()).add(name)
    return {key: frozenset(names) for key, names in owners.items()}
