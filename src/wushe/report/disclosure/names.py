"""How a statement calls things: names of places, categories, institutions; aliases of donors."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from wushe.journal import State
from wushe.network import LinkageNetwork
from wushe.privacy import shown_to
from wushe.report.disclosure.flows import look
from wushe.text import Text

LEVEL = "street"
"""The level to which places are rolled up: nobody lives in a street office's area alone."""
_PERSON = Text("爱心人士{n:04d}", "kind person {n:04d}")
_ORGANIZATION = Text("爱心单位{n:04d}", "kind organization {n:04d}")
_UNKNOWN_DONOR = Text("匿名", "anonymous")
_NOT_RECORDED = Text("未记录", "not recorded")
_ALL = Text("全部", "all")
_NO_PROJECT = Text("非项目支出", "no project")


@attrs.define(eq=False, repr=False)
class Names:
    """Looks up what may be said of ids. Without `network` most are called by their ids."""

    state: State
    network: LinkageNetwork | None
    role: str
    numbers: Mapping[str, int]
    _rows: dict[str, dict[str, int]] = attrs.field(init=False, factory=dict)
    _above: dict[tuple[str, str], str] = attrs.field(init=False, factory=dict)

    def of(self, dimension: str, key: str) -> Text:
        """Return the name of a value of a table's dimension: place, category, project or fund."""
        if dimension == "all":
            return _ALL
        if not key:
            return _NO_PROJECT if dimension == "project" else _NOT_RECORDED
        if dimension == "category" and self.network is not None:
            category = self.network.categories.get(key)
            if category is not None:
                return Text(category.name("zh"), category.name("en"))
        if dimension == "fund":
            fund = look(self.state, "fund", key)
            return _same(key if fund is None else fund.name)
        tables = {"place": "places", "project": "projects", "organization": "organizations",
                  "institution": "institutions"}  # fmt: skip
        return self._named(tables.get(dimension, ""), key)

    def rolled_up(self, place: str | None, level: str = LEVEL) -> str:
        """Return the id of the place of `level` above `place`, "" where none is known.

        A place above that level stays what it is; one whose level nobody knows is not said.
        """
        if place is None:
            return ""
        found = self._above.get((place, level))
        if found is None:
            found = self._above[place, level] = self._roll_up(place, level)
        return found

    def _roll_up(self, place: str, level: str) -> str:
        area = look(self.state, "area", place)
        if area is not None:
            path = dict(area.path)
            below = ("community", "grid")
            return str(path.get(level) or ("" if area.level in below else place))
        if self.network is None or place not in self._table("places"):
            return ""
        row = self._table("places")[place]
        tree = self.network.places
        from wushe.network.places import LEVEL_ROW

        found = int(tree.ancestors[row, LEVEL_ROW[level]])
        if found >= 0:
            return str(tree.ids[found])
        return place if int(tree.level[row]) < LEVEL_ROW[level] else ""

    def donor(self, ref: str | None, kind: str, wants_name: bool | None) -> Text:
        """Return what a donor is called: an alias, but for organizations that want to be named.

        A private donor's name is shown to roles that may see it, and only while it is known.
        """
        if ref is None:
            return _UNKNOWN_DONOR
        alias = _ORGANIZATION if kind == "organization" else _PERSON
        number = self.numbers.get(ref, 0)
        called = Text(alias.say("zh", n=number), alias.say("en", n=number))
        named = kind == "organization" and wants_name is True
        if not named and shown_to(self.role, "donor_name") != "full":
            return called
        return self._donor_name(ref, kind if named else "") or called

    def _donor_name(self, ref: str, kind: str) -> Text | None:
        """Return the recorded name of a donor; with `kind` only where the records agree that it is one."""
        key = self.state.subject(ref)
        if key is None or self.network is None:
            return None
        row = self._table("donors").get(key)
        if row is None:
            return (
                self._named("organizations", key) if key in self._table("organizations") else None
            )
        donors = self.network.tables["donors"]
        if kind and donors["kind"][row] != kind:
            return None
        return _same(str(donors["name"][row]))

    def _named(self, table: str, key: str) -> Text:
        row = self._table(table).get(key) if table else None
        if row is None or self.network is None:
            return _same(key)
        return _same(str(self.network.tables[table]["name"][row]))

    def _table(self, name: str) -> dict[str, int]:
        if self.network is None:
            return {}
        if name not in self._rows:
            ids = self.network.tables[name].ids
            self._rows[name] = {str(key): row for row, key in enumerate(ids)}
        return self._rows[name]


def _same(name: str) -> Text:
    return Text(name, name)
