"""Xinjiang: what each of 1,056 stations lacks, and coverage that is more than a sign at the door.

Published (天山网, date not seen): 1,056 stations, 1,025 serving, six haves, 5 fields with 29 categories, 398
projects for over 280,000 person-times. **All else is made up**: places below the region, what each station
lacks, names of categories and projects, people. The tables are the demo ``xinjiang``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import attrs

import wushe
from wushe import LinkageNetwork, Text
from wushe.demos import find_demo
from wushe.plugins.manager import Plugins
from wushe.report.coverage import Coverage, PlaceCoverage, coverage
from wushe.report.programmes import programme_figures
from wushe.report.standards import StandardsCheck, check_standards

STANDARD = "six_haves"
STATIONS, SERVING, PROJECTS, PERSON_TIMES = 1_056, 1_025, 398, 280_000
FIELDS, CATEGORIES = 5, 29
"""As published; 280,000 stands for "over 280,000"."""
EXAMPLES = ("S-01108", "S-01106", "S-11812")
WEAKEST = 3

HEAD = Text("\n== {what}", "\n== {what}")
ITEM = Text(
    "  {label}：达到 {met}，缺 {missing}，不清楚 {unknown}",
    "  {label}: {met} met, {missing} missing, {unknown} not known",
)
STATION = Text("  {name}（{id}）{said}", "  {name} ({id}) {said}")
ALL_MET = Text(
    "  六有齐全 {met} 个，有缺项 {missing} 个，未缺项但有没看过的 {unknown} 个",
    "  all six: {met}; something missing: {missing}; nothing missing, not all looked at: {unknown}",
)
FIELD = Text("  {field}：{n} 类，如 {some}", "  {field}: {n} categories, such as {some}")
OVERALL = Text(
    "  有形：{streets} 个乡镇街道，{visible} 个有站（{visible_permille}‰），{begun} 个登记为已开展服务\n"
    "  有效：近一年有服务记录的 {served} 个（{effective_permille}‰）",
    "  visible: {streets} towns and streets, {visible} with a station ({visible_permille}‰), {begun} on record as serving\n"
    "  effective: {served} with a service recorded within the year ({effective_permille}‰)",
)
COUNTY = Text(
    "  {name}：有站 {visible}/{streets}，近一年有服务 {served}/{streets}",
    "  {name}: {visible} of {streets} with a station, {served} of {streets} served within the year",
)
NEXT = Text("    先去 {name}：{said}", "    go first to {name}: {said}")
TOTAL = Text(
    "  {what}：表中 {found:,}，报道 {published:,}", "  {what}: {found:,} in the tables, {published:,} published"
)  # fmt: skip
PROGRAMME = Text(
    "  {label}：对象 {persons} 人，服务到 {served} 人，{times} 人次，待满足 {needs} 项",
    "  {label}: {persons} persons, {served} of them reached, {times} person-times, {needs} open needs",
)


@attrs.frozen(eq=False)
class Region:
    """The demo's tables with everything that was measured on its day."""

    rules: Plugins
    network: LinkageNetwork
    on: dt.date
    check: StandardsCheck
    cover: Coverage


def region() -> Region:
    """Return the region of the demo, measured."""
    demo = find_demo("xinjiang")
    rules, on = wushe.load_plugins(*demo.plugins), dt.date.fromisoformat(demo.on)
    network = wushe.read(demo.folder, plugins=rules)
    return Region(
        rules, network, on, check_standards(network, rules, on), coverage(network, rules, on)
    )


def weakest(cover: Coverage, n: int = WEAKEST) -> list[PlaceCoverage]:
    """Return the places with the least effective coverage, the weakest first, then by id."""
    counted = [row for row in cover.rows if row.streets]
    return sorted(counted, key=lambda row: (row.effective_permille or 0, row.place or ""))[:n]


def without_service(found: Region, county: str) -> list[str]:
    """Return the ids of the stations of a county that have no service on record within the year."""
    result = found.check.result(STANDARD)
    at = [item.id for item in result.standard.items].index("service")
    row = int(found.network["places"].row_of([county])[0])
    mine = (result.county >= 0) & (result.answers[:, at] != 1)
    places = found.network["places"].row_of(found.network["stations"]["place"])
    return [str(key) for key in result.ids[mine & found.network.places.within(places, row)]]


def totals(found: Region) -> list[tuple[Text, int, int]]:
    """Return what the tables add up to beside what is published."""
    times = found.network["activities"]["person_times"]
    categories = {c for one in found.rules.programmes.values() for c in one.categories}
    return [
        (Text("社工站", "stations"), len(found.network["stations"]), STATIONS),
        (Text("已开展服务", "serving"), found.cover.total.begun, SERVING),
        (Text("服务方面", "fields"), len(found.rules.programmes), FIELDS),
        (Text("服务类别", "categories"), len(categories), CATEGORIES),
        (Text("项目", "projects"), len(found.network["projects"]), PROJECTS),
        (Text("受益人次", "person-times"), int(times.sum()), PERSON_TIMES),
    ]


def tell(lang: str = "zh") -> Iterator[str]:
    """Yield the lines of the story."""
    found = region()
    yield _head("六有：缺哪一样，说得出来", "the six haves: the missing one is named", lang)
    yield from _haves(found, lang)
    yield _head("服务目录（类别名称为示例）", "the catalogue (names of categories made up)", lang)
    for one in found.rules.programmes.values():
        some = found.rules.categories[one.categories[0]].name(lang)
        yield FIELD.say(lang, field=one.label, n=len(one.categories), some=some)
    yield _head("从有形覆盖到有效覆盖", "from visible to effective coverage", lang)
    yield from _coverage(found, lang)
    yield _head("各方面服务到谁", "whom each field reached", lang)
    for f in programme_figures(found.network, found.rules, found.on):
        yield PROGRAMME.say(
            lang, label=f.programme.label, persons=f.persons, served=f.served, times=f.person_times,
            needs=f.open_needs,
        )  # fmt: skip
    yield _head("与报道的总数核对", "beside the published totals", lang)
    for what, here, published in totals(found):
        yield TOTAL.say(lang, what=what, found=here, published=published)


def _haves(found: Region, lang: str) -> Iterator[str]:
    result = found.check.result(STANDARD)
    for at, item in enumerate(result.standard.items):
        yield ITEM.say(lang, label=item.label, **_counts(result.answers[:, at].tolist()))
    yield ALL_MET.say(lang, **_counts(result.all_met.tolist()))
    for key in EXAMPLES:
        yield STATION.say(
            lang, name=_name(found, key), id=key, said=found.check.explain(key, lang)
        )  # fmt: skip


def _coverage(found: Region, lang: str) -> Iterator[str]:
    all_of_it = found.cover.total
    yield OVERALL.say(
        lang, streets=all_of_it.streets, visible=all_of_it.with_station, begun=all_of_it.begun,
        visible_permille=all_of_it.visible_permille, served=all_of_it.with_service,
        effective_permille=all_of_it.effective_permille,
    )  # fmt: skip
    for row in weakest(found.cover):
        yield COUNTY.say(
            lang, name=row.name, visible=row.with_station, served=row.with_service, streets=row.streets
        )  # fmt: skip
        for key in without_service(found, row.place or ""):
            yield NEXT.say(lang, name=_name(found, key), said=found.check.explain(key, lang))


def _counts(answers: list[int]) -> dict[str, int]:
    words = {"met": 1, "missing": 0, "unknown": -1}
    return {word: answers.count(answer) for word, answer in words.items()}


def _name(found: Region, station: str) -> str:
    table = found.network["stations"]
    return str(table["name"][int(table.row_of([station])[0])])


def _head(zh: str, en: str, lang: str) -> str:
    return HEAD.say(lang, what=Text(zh, en))
