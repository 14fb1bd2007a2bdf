"""A city's report: its standards, programmes, coverage and live lists, then what its plugins tell of themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from wushe.errors import PluginError
from wushe.model.declaring import ReportTable
from wushe.model.terms import Context
from wushe.plan.items import date_of
from wushe.privacy import Audience, check_audience
from wushe.report.city_cells import CityCell, shown_cells, without_sums
from wushe.report.upkeep import LiveLists, live_lists
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork
    from wushe.plugins.manager import Plugins

STANDARDS, PROGRAMMES = Text("建设标准", "Standards"), Text("服务项目", "Programmes")
COVERAGE, UPKEEP = Text("覆盖", "Coverage"), Text("清单维护", "Upkeep of the lists")


@attrs.frozen(eq=False)
class CitySection:
    """One part of the report: `plugin` is who tells it, None for what every city's report has."""

    id: str
    label: Text
    tables: tuple[ReportTable, ...]
    plugin: str | None = None

    def table(self, key: str) -> ReportTable:
        """Return one table by its id. Raises KeyError."""
        found = {table.id: table for table in self.tables}
        if key not in found:
            raise KeyError(f"table: {key!r}; expected one of {', '.join(found)}")
        return found[key]


@attrs.frozen(eq=False, repr=False)
class CityReport:
    """The sections of a city's report on the date `on`.

    The default view is fit for the public: small counts of people are withheld, and what would give them
    away; ``audience="internal"`` shows all. Two reports at different levels tell more than each alone: publish one.
    """

    on: dt.date
    sections: tuple[CitySection, ...]
    versions: tuple[tuple[str, str], ...]
    sums: tuple[tuple[int, frozenset[int]], ...] = ()
    """Of the table of programmes: a row whose open needs are the sum of rows of the needs list, and which."""

    def __repr__(self) -> str:
        return f"<CityReport {self.on}: {', '.join(one.id for one in self.sections)}>"

    def section(self, key: str) -> CitySection:
        """Return one section by its id. Raises KeyError."""
        found = {section.id: section for section in self.sections}
        if key not in found:
            raise KeyError(f"section: {key!r}; expected one of {', '.join(found)}")
        return found[key]

    def cells(
        self, section: str, audience: Audience = "masked"
    ) -> dict[str, Sequence[Sequence[CityCell]]]:
        """Return the cells of a section's tables by table id, a total last. Raises KeyError, ValueError."""
        one = self.section(section)
        shown = shown_cells(one.tables, check_audience(audience))
        found: dict[str, Sequence[Sequence[CityCell]]] = {
            table.id: cells for table, cells in zip(one.tables, shown, strict=True)
        }
        if section == "programmes" and audience == "masked" and self.sums:
            listed = self.cells("upkeep")["upkeep_needs"]
            found["programmes"] = without_sums(found["programmes"], listed, self.sums)
        return found

    def summary(self, lang: str = "zh", *, audience: Audience = "masked") -> str:
        """Return the report as text; of a long table the first rows and its total."""
        from wushe.report.city_page import city_text

        return city_text(self, lang, check_audience(audience))

    def to_csv(self, lang: str = "zh", *, audience: Audience = "masked") -> str:
        """Return all figures as CSV text, one a line: section, table, row, measure, figure, unit."""
        from wushe.report.city_page import city_csv

        return city_csv(self, lang, check_audience(audience))

    def to_html(
        self, path: str | Path | None = None, *, lang: str = "zh", audience: Audience = "masked"
    ) -> str:
        """Return a page in both languages, and write it to `path` where given."""
        from wushe.report.city_page import city_page

        return city_page(self, path, lang, check_audience(audience))

    def to_xlsx(self, path: str | Path, *, lang: str = "zh", audience: Audience = "masked") -> Path:
        """Write a workbook, one sheet a table, and return the path. Raises MissingExtraError without openpyxl."""
        from wushe.report.city_page import city_workbook

        return city_workbook(self, path, lang, check_audience(audience))


def city_report(
    network: LinkageNetwork, plugins: Plugins, on: dt.date | str, *, level: str = "county"
) -> CityReport:
    """Return the report of a city on a date: what every city has, then the sections of its plugins.

    Standards are told where a plugin registers one, programmes likewise; coverage is by the places of
    `level`. Raises ValueError for a date or level that is none, PluginError where a plugin's part fails.
    """
    day = date_of(on)
    context = Context(day, plugins.categories, plugins.target_groups)
    lists = live_lists(network, plugins, day)
    common = _common(network, plugins, day, level, lists)
    own = {section.id: section for section in common if section.tables}
    sections = (*own.values(), *_sections(network, plugins, context))
    return CityReport(day, sections, plugins.versions, tuple(_sums(own, plugins, lists)))


def _common(
    network: LinkageNetwork, plugins: Plugins, on: dt.date, level: str, lists: LiveLists
) -> Iterator[CitySection]:
    """Yield what is told of every city."""
    from wushe.report.coverage import coverage
    from wushe.report.programmes import programme_tables
    from wushe.report.standards import check_standards

    yield CitySection("standards", STANDARDS, check_standards(network, plugins, on).tables())
    yield CitySection("programmes", PROGRAMMES, programme_tables(network, plugins, on))
    yield CitySection("coverage", COVERAGE, coverage(network, plugins, on, level).tables())
    yield CitySection("upkeep", UPKEEP, lists.tables())


def _sums(
    own: Mapping[str, CitySection], plugins: Plugins, lists: LiveLists
) -> Iterator[tuple[int, frozenset[int]]]:
    """Yield the programmes whose open needs are all those of their categories, with the rows of these."""
    if "programmes" not in own:
        return
    (programmes,), needs = own["programmes"].tables, own["upkeep"].table("upkeep_needs")
    listed = sorted({lists.category_of[key] for key in lists.open_needs})
    for at, one in enumerate(plugins.programmes.values()):
        parts = frozenset(row for row, name in enumerate(listed) if name in one.categories)
        if programmes.rows[at].cells[-1] == sum(needs.rows[row].cells[0] for row in parts):  # type: ignore[misc]
            yield at, parts


def _sections(network: LinkageNetwork, plugins: Plugins, context: Context) -> Iterator[CitySection]:
    hook = "register_report_sections"
    owners = {origin.id: origin.plugin for origin in plugins.origins() if origin.hook == hook}
    versions = dict(plugins.versions)
    for section in plugins.report_sections.values():
        owner = owners[section.id]
        made = CitySection(section.id, section.label, tuple(section.make(network, context)), owner)
        wrong = _mistake(made)
        if wrong is not None:
            raise PluginError(owner, versions[owner], f"{hook}, section {section.id}", wrong)
        yield made


def _mistake(section: CitySection) -> str | None:
    """Return what is wrong with a section's tables as they stand beside each other, None if nothing is."""
    seen: set[str] = set()
    for table in section.tables:
        if table.id in seen:
            return f"two tables have the id {table.id!r}; rename one of them"
        seen.add(table.id)
    return None
