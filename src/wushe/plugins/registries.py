"""What plugins register, joined: a union of ids in which a local plugin may explicitly replace what is above it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from wushe.errors import PluginConflictError, PluginError
from wushe.model.declaring import Programme
from wushe.model.evidence import VISIT_KINDS
from wushe.model.terms import NeedCategory, TargetGroup
from wushe.model.visiting import KeywordRule, VisitForm
from wushe.plugins.answers import several
from wushe.plugins.loading import Plugin
from wushe.plugins.origins import RuleOrigin
from wushe.plugins.precedence import Precedence, parents_of
from wushe.rules.expr import RuleError
from wushe.rules.parameters import Parameter, ParameterBook
from wushe.rules.policy import Policy, PolicySet

T = TypeVar("T")
Answers = Sequence[tuple[Plugin, Any]]
"""What each plugin returned from one hook, from the most general plugin to the most local."""
PATTERN = 24
"""Characters of a keyword rule's pattern that name it."""


class Registry:
    """Joins the answers to ``register_*`` hooks and keeps where each rule came from."""

    def __init__(self, precedence: Precedence) -> None:
        self.precedence = precedence
        self.origins: list[RuleOrigin] = []

    def union(
        self,
        hook: str,
        kind: type[T],
        answers: Answers,
        owned: Callable[[Plugin, T], T] = lambda _, item: item,
    ) -> dict[str, T]:
        """Return all items by id, sorted. Raises PluginConflictError and PluginError."""
        found: dict[str, T] = {}
        held = _Holders(hook, self.precedence)
        for plugin, answer in answers:
            for item in several(plugin, hook, answer, kind):
                key = item.id  # type: ignore[attr-defined]
                held.take(key, plugin, item.replaces)  # type: ignore[attr-defined]
                found[key] = owned(plugin, item)
        self.origins += held.origins()
        return dict(sorted(found.items()))

    def local_first(
        self,
        hook: str,
        kind: type[T],
        answers: Answers,
        owned: Callable[[Plugin, T], T] = lambda _, item: item,
    ) -> tuple[T, ...]:
        """Return all items, those of the most local plugin first: what comes first counts.

        Items are for the `categories` that they name, for all others where they name none. Raises
        PluginConflictError where two plugins side by side have one for the same category.
        """
        place: dict[str, int] = {}
        owner: dict[str, str] = {}

        def noted(plugin: Plugin, item: T) -> T:
            place[item.id] = self.precedence.place(plugin.name)  # type: ignore[attr-defined]
            owner[item.id] = plugin.name  # type: ignore[attr-defined]
            return owned(plugin, item)

        found = self.union(hook, kind, answers, noted)
        held: dict[str, list[str]] = {}
        for key, item in found.items():
            for category in item.categories or ("",):  # type: ignore[attr-defined]
                self._one_of_them(hook, category, owner[key], held.setdefault(category, []))
        return tuple(found[key] for key in sorted(found, key=lambda key: (-place[key], key)))

    def _one_of_them(self, hook: str, category: str, plugin: str, others: list[str]) -> None:
        """Note that `plugin` has rules for `category`. Raises PluginConflictError beside a rival's."""
        for other in others:
            if self.precedence.rivals(other, plugin):
                about = f"category {category!r}" if category else "categories that none names"
                raise PluginConflictError(
                    f"{hook}: {other} and {plugin} both have rules for {about}; load one of them, "
                    "let one say that it is under the other, or pass ordered=True"
                )
        others.append(plugin)

    def parameters(self, answers: Answers) -> ParameterBook:
        """Return the parameters of all plugins; a row that `replaces` may stand on its own."""
        hook = "register_parameters"
        found: dict[tuple[Any, ...], Parameter] = {}
        held: dict[tuple[Any, ...], tuple[str, ...]] = {}
        for plugin, answer in answers:
            for item in several(plugin, hook, answer, Parameter):
                owners = held.get(item.key, ())
                if owners and (
                    not item.replaces
                    or plugin.name in owners
                    or self.precedence.rivals(owners[-1], plugin.name)
                ):
                    raise PluginConflictError(
                        f"{hook}: {item.name} of {item.region} {item.area} from {item.valid_from} is "
                        f"registered by both {owners[-1]} and {plugin.name}; "
                        "set replaces=True on the row that is meant to win"
                    )
                found[item.key], held[item.key] = item, (*owners, plugin.name)
        for key, owners in held.items():
            item = found[key]
            name = f"{item.name} {item.region} {item.area} {item.valid_from}".replace("  ", " ")
            self.origins.append(RuleOrigin(hook, name, owners[-1], owners[:-1]))
        return ParameterBook(found.values())

    def policies(self, answers: Answers) -> PolicySet:
        """Return the policies of all plugins without those that another one replaces."""
        hook = "register_policies"
        found: dict[str, Policy] = {}
        held: dict[str, tuple[str, ...]] = {}
        for plugin, answer in answers:
            for policy in several(plugin, hook, answer, Policy):
                losers = self._replaced(plugin, policy, held)
                if policy.replaces is not None:
                    del found[policy.replaces], held[policy.replaces]
                if policy.id in found:
                    raise PluginConflictError(
                        f"{hook}: id {policy.id!r} is registered by both {held[policy.id][-1]} and "
                        f"{plugin.name}; rename one of them, or say what it replaces"
                    )
                found[policy.id], held[policy.id] = policy, (*losers, plugin.name)
        self.origins += [RuleOrigin(hook, key, who[-1], who[:-1]) for key, who in held.items()]
        try:
            return PolicySet(found.values())
        except RuleError as error:
            names = ", ".join(sorted({who[-1] for who in held.values()}))
            message = f"{error}; a policy that replaces another one keeps its id"
            raise PluginError(names, "-", hook, message) from error

    def _replaced(
        self, plugin: Plugin, policy: Policy, held: Mapping[str, tuple[str, ...]]
    ) -> tuple[str, ...]:
        """Return the owners of the policy that `policy` replaces. Raises PluginError, PluginConflictError."""
        hook = "register_policies"
        if policy.replaces is None:
            return ()
        if policy.replaces not in held:
            message = (
                f"{policy.id} replaces {policy.replaces!r}, which no plugin registers before it"
            )
            raise PluginError(plugin.name, plugin.version, hook, message)
        owner = held[policy.replaces][-1]
        if self.precedence.rivals(owner, plugin.name):
            raise PluginConflictError(
                f"{hook}: {policy.replaces!r} is replaced by both {owner} and {plugin.name}; "
                "load one of them, or pass ordered=True so that the first named wins"
            )
        return held[policy.replaces]

    def forms(self, answers: Answers) -> dict[str, VisitForm]:
        """Return the visit forms; questions for a form that is there already are added to it."""
        hook = "register_visit_forms"
        found: dict[str, VisitForm] = {}
        owner: dict[tuple[str, str], str] = {}
        for plugin, answer in answers:
            for form in several(plugin, hook, answer, VisitForm):
                for question in form.questions:
                    key = form.id, question.id
                    if key in owner:
                        raise PluginConflictError(
                            f"{hook}: question {question.id!r} of form {form.id!r} is registered by "
                            f"both {owner[key]} and {plugin.name}; rename one of them"
                        )
                    owner[key] = plugin.name
                known = found.get(form.id)
                questions = (*known.questions, *form.questions) if known else form.questions
                found[form.id] = attrs.evolve(known or form, questions=questions)
        self.origins += [RuleOrigin(hook, f"{form}.{q}", who) for (form, q), who in owner.items()]
        return dict(sorted(found.items()))

    def keyword_rules(self, answers: Answers, categories: Iterable[str]) -> tuple[KeywordRule, ...]:
        """Return the keyword rules. Raises PluginError for a category that nobody registers."""
        hook = "register_keyword_rules"
        known, found = set(categories), []
        for plugin, answer in answers:
            for rule in several(plugin, hook, answer, KeywordRule):
                if rule.category not in known:
                    message = f"rule {rule.pattern!r} suggests {rule.category!r}, which no plugin registers"
                    raise PluginError(plugin.name, plugin.version, hook, message)
                self.origins.append(RuleOrigin(hook, _named(rule), plugin.name))
                found.append(rule)
        return tuple(found)


def _named(rule: KeywordRule) -> str:
    """Return a name for a rule that has no id: its category and how its pattern begins."""
    begins = rule.pattern if len(rule.pattern) <= PATTERN else f"{rule.pattern[:PATTERN]}…"
    return f"{rule.category}: {begins}"


@attrs.define
class _Holders:
    """Who holds each id of one hook, the last one last."""

    hook: str
    precedence: Precedence
    held: dict[str, tuple[str, ...]] = attrs.field(factory=dict)

    def take(self, key: str, plugin: Plugin, replaces: bool) -> None:
        """Note that `plugin` registers `key`. Raises PluginConflictError, PluginError."""
        owners = self.held.get(key, ())
        if not owners and replaces:
            absent = [name for name in parents_of(plugin) if name not in self.precedence.names]
            message = f"{key!r} replaces nothing: no plugin above this one registers it; " + (
                f"it is under {', '.join(absent)}, which is not loaded: load it too"
                if absent
                else "load that plugin too"
            )
            raise PluginError(plugin.name, plugin.version, self.hook, message)
        if plugin.name in owners:
            raise PluginConflictError(
                f"{self.hook}: id {key!r} is registered twice by {plugin.name}; leave one of them out"
            )
        if owners and (not replaces or self.precedence.rivals(owners[-1], plugin.name)):
            way_out = (
                "they stand side by side: let the more local one say that it is under the other, load one of them, "
                "or pass ordered=True"
                if replaces
                else "rename one of them, or set replaces=True on the more local one"
            )
            raise PluginConflictError(
                f"{self.hook}: id {key!r} is registered by both {owners[-1]} and {plugin.name}; {way_out}"
            )
        self.held[key] = (*owners, plugin.name)

    def origins(self) -> list[RuleOrigin]:
        """Return the origin of each id, sorted by id."""
        return [
            RuleOrigin(self.hook, key, who[-1], who[:-1]) for key, who in sorted(self.held.items())
        ]


def check_roles(answers: Answers, categories: Mapping[str, NeedCategory]) -> None:
    """Raise PluginError for a team's role that nobody can fill: an unknown category or another team."""
    hook = "register_need_categories"
    for plugin, answer in answers:
        for category in several(plugin, hook, answer, NeedCategory):
            for role in category.roles:
                part = categories.get(role.category)
                if part is None or part.roles or part.form != "service":
                    message = (
                        f"a role of {category.id!r} asks for {role.category!r}; expected the id of "
                        "a registered category of service that has no roles itself"
                    )
                    raise PluginError(plugin.name, plugin.version, hook, message)


def check_programmes(
    answers: Answers,
    groups: Mapping[str, TargetGroup],
    categories: Mapping[str, NeedCategory],
) -> None:
    """Raise PluginError for a programme that names what nobody registers."""
    hook = "register_programmes"
    for plugin, answer in answers:
        for one in several(plugin, hook, answer, Programme):
            for field, words, known in (
                ("groups", one.groups, groups),
                ("categories", one.categories, categories),
                ("visit_kinds", one.visit_kinds, VISIT_KINDS),
            ):
                for word in words:
                    if word not in known:
                        message = f"programme {one.id!r}, {field}: {word!r} is not registered"
                        raise PluginError(plugin.name, plugin.version, hook, message)
