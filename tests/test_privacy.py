"""What must not be shown is not shown, and what is shown runs nowhere."""

import csv
import datetime as dt
import io
import json
import logging
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import attrs
import pytest

import wushe
from cities import ON, Rows, city_of, id_number, seeded_rows, village
from wushe import Plan
from wushe.privacy import check_audience, mask

PLUGINS = wushe.load_plugins()


# --- masking -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "sensitivity", "shown"),
    [
        ("李爷爷", "name", "李**"),  # the first character only
        ("李", "name", "李**"),  # length tells nothing
        ("欧阳修文", "name", "欧**"),
        ("420106194001011234", "id_number", "42" + "*" * 16),  # the province
        ("13912345678", "phone", "139" + "*" * 8),
        ("武珞路1号", "address", "***"),  # any part may identify
        ("late-stage cancer", "free_text", "***"),
        ("福袋", "none", "福袋"),
        ("", "name", ""),
        (None, "id_number", ""),
    ],
)
def test_mask(value: str | None, sensitivity: Any, shown: str) -> None:
    """Each kind of sensitive value keeps what its row says, and no more."""
    assert mask(value, sensitivity) == shown


@pytest.mark.parametrize("audience", ["masked", "internal"])
def test_known_audiences_pass(audience: str) -> None:
    """Two views exist."""
    assert check_audience(audience) == audience


@pytest.mark.parametrize("audience", ["public", "", "Internal", None])
def test_an_unknown_audience_is_refused(audience: Any) -> None:
    """A slip never falls through to the open view."""
    with pytest.raises(ValueError, match=r"masked.*internal"):
        check_audience(audience)


# --- recognisable secrets ----------------------------------------------------------------------

SECRETS = {
    "household": "甄家主",
    "person": "贾小宝",
    "loner": "路无名",
    "volunteer": "牛志愿",
    "worker": "毛社工",
    "donor": "钱善人",
    "address": "秘密路77号",
    "phone": "13987654321",
    "phone2": "13587654321",
    "note": "欠债躲人",
    "illness": "肺结核三期",
    "id": id_number("42010619500102123"),
}
TEAM = ("household", "person", "loner", "volunteer", "worker")
"""Whose names the own team may see."""


def secretive(rows: Rows) -> Rows:
    """Return the rows with every sensitive field of every record set to a secret."""
    changes: dict[str, dict[str, Any]] = {
        "households": {
            "name": SECRETS["household"],
            "address": SECRETS["address"],
            "phone": SECRETS["phone"],
            "note": SECRETS["note"],
        },
        "persons": {
            "name": SECRETS["person"],
            "id_number": SECRETS["id"],
            "birth": dt.date(1950, 1, 2),
            "phone": SECRETS["phone"],
            "illness": SECRETS["illness"],
        },
        "volunteers": {"name": SECRETS["volunteer"], "phone": SECRETS["phone2"]},
        "social_workers": {"name": SECRETS["worker"], "phone": SECRETS["phone2"]},
        "donors": {"name": SECRETS["donor"]},
        "needs": {"note": SECRETS["note"]},
    }
    return {
        name: [attrs.evolve(r, **changes.get(name, {})) for r in records]
        for name, records in rows.items()
    }


def neighbourhood() -> Rows:
    """Return a village in which every sort of person helps or is helped."""
    child = wushe.Need(id="N2", category="errand", person="P", quantity=9, unit="hour")
    return secretive(
        village(
            households=[
                wushe.Household(
                    id="H",
                    name="?",
                    place="420106001001",
                    referral_consent=True,
                    responsible_worker="W",
                )
            ],
            persons=[
                wushe.Person(id="P", household="H"),
                wushe.Person(id="P9", place="420106001001", referral_consent=True),
            ],
            stations=[wushe.Station(id="S", name="东街社工站", place="420106001")],
            social_workers=[
                wushe.SocialWorker(
                    id="W", name="?", station="S", skills=("policy",), weekly_hours=4
                )
            ],
            volunteers=[
                wushe.Volunteer(
                    id=f"V{i}",
                    name="?",
                    place="420106001001",
                    skills=("errand", "visiting"),
                    weekly_hours=1,
                )
                for i in range(3)
            ],
            donors=[wushe.Donor(id="D", name="?", kind="person")],
            resources=[
                wushe.CharityResource(
                    id="R", name="大米", categories=("food",), quantity=1, unit="piece", donor="D"
                )
            ],
            needs=[
                wushe.Need(id="N1", category="visit", household="H", quantity=1, unit="hour"),
                child,
                wushe.Need(id="N3", category="policy_talk", household="H", quantity=1, unit="hour"),
                wushe.Need(id="N4", category="food", person="P9", quantity=2, unit="piece"),
            ],
        )
    )


def outputs(plan: Plan, tmp_path: Path, audience: Any = "masked") -> dict[str, str]:
    """Return everything a plan can be turned into, as text by name."""
    found: dict[str, str] = {"repr": repr(plan)}
    for lang in ("zh", "en"):
        found[f"summary {lang}"] = plan.summary(lang)
        found[f"explain {lang}"] = "\n".join(c.explain(lang, audience) for c in plan)
        found[f"rows {lang}"] = repr(plan.rows(lang=lang, audience=audience))
        found[f"json {lang}"] = plan.to_json(lang=lang, audience=audience)
        found[f"html {lang}"] = plan.to_html(lang=lang, audience=audience)
        found[f"plot {lang}"] = (picture := plan.plot(lang)).svg + picture.title + picture.alt
        target = tmp_path / f"{lang}.csv"
        found[f"csv {lang}"] = plan.to_csv(target, lang=lang, audience=audience).read_text("utf-8")
    found["frame"] = plan.to_frame("pyarrow", audience=audience).to_pydict().__repr__()
    found["items"] = repr(plan.items) + repr(plan.unserved)
    found["clients"] = repr(list(plan.clients.values()))
    found["network"] = plan.network.summary("zh") + repr(plan.network) + plan.network.plot().svg
    return found


def leaks(found: dict[str, str]) -> list[tuple[str, str]]:
    """Return (output, secret) for every secret that occurs, also when escaped as in JSON."""
    return [
        (name, key)
        for name, text in found.items()
        for key, secret in SECRETS.items()
        if secret in text or json.dumps(secret)[1:-1] in text
    ]


def planned(rows: Rows) -> Plan:
    """Return the plan of `rows`."""
    return wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)


def test_nothing_personal_is_in_any_output_by_default(tmp_path: Path) -> None:
    """Names, numbers, addresses, notes of all who help or are helped stay inside."""
    plan = planned(neighbourhood())
    assert {i.provider.kind for i in plan.items} == {"volunteers", "social_workers", "resources"}
    assert leaks(outputs(plan, tmp_path)) == []


def test_generated_cities_leak_nothing(
    campaign: Callable[..., int], seed: int, tmp_path: Path
) -> None:
    """The same over cities of every shape."""
    for at in range(campaign(tests=12, ci=100, soak=500)):
        plan = planned(secretive(seeded_rows([seed, 41, at])))
        assert leaks(outputs(plan, tmp_path)) == []


def test_the_own_team_sees_names_but_no_numbers(tmp_path: Path) -> None:
    """Internal outputs name people; addresses, phones, notes and ID numbers are for other documents."""
    found = outputs(planned(neighbourhood()), tmp_path, "internal")
    for name in ("explain zh", "rows en", "json zh", "html en", "csv zh"):
        assert SECRETS["household"] in found[name], name
        assert SECRETS["volunteer"] in found[name], name
    seen = {key for _, key in leaks(found)}
    assert seen <= set(TEAM)


def test_pictures_show_no_names_to_anyone(tmp_path: Path) -> None:
    """The linkage picture groups people; it has no internal view."""
    found = outputs(planned(neighbourhood()), tmp_path, "internal")
    assert not [name for name, _ in leaks({n: t for n, t in found.items() if "plot" in n})]


def test_records_and_tables_keep_secrets_in_their_repr() -> None:
    """A record may end up in a log."""
    rows = neighbourhood()
    shown = {
        name: "".join(map(repr, records)) + repr(city_of(rows, PLUGINS)[name])
        for name, records in rows.items()
    }
    assert leaks(shown) == []


def test_errors_keep_secrets() -> None:
    """A mistake in a sensitive field is shown masked, in the message, in repr and in its parts."""
    with pytest.raises(wushe.InputError) as error:
        wushe.Person(id="P", id_number="420106195001021234", phone="phone 13987654321")
    said = str(error.value) + error.value.say("zh") + repr(error.value)
    assert "195001021234" not in said
    assert "87654321" not in said
    assert "42****" in said


def test_nothing_personal_is_logged(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Planning and writing say nothing in any log."""
    with caplog.at_level(logging.DEBUG):
        outputs(planned(neighbourhood()), tmp_path)
    assert leaks({"log": caplog.text}) == []


# --- hostile text ------------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(2)</script>",
    "{0}{client.__class__}",
    "@SUM(1+1)*cmd",
    "javascript:alert(1)",
    "&lt;b&gt;]]><!--",
    "+1+1",
)


def hostile(name: str) -> Rows:
    """Return a village in which everything that has a name bears this one."""
    rows = neighbourhood()
    named = ("places", "communities", "organizations", "stations", "volunteer_teams", "resources", "funds",
             "households", "persons", "volunteers", "social_workers")  # fmt: skip
    return {
        table: [attrs.evolve(r, name=name) for r in records] if table in named else records
        for table, records in rows.items()
    }


class _Tags(HTMLParser):
    """Collects what a browser would see as elements and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, found: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in found:
            if name.startswith("on"):
                self.handlers.append(name)
            if name in ("href", "src") and value:
                self.links.append(value)


def _tags(html: str) -> _Tags:
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("audience", ["masked", "internal"])
def test_a_hostile_name_is_inert_everywhere(name: str, audience: Any, tmp_path: Path) -> None:
    """Pages have no more elements than with a friendly name, cells no formula, JSON comes back."""
    friendly, plan = planned(hostile("普通名")), planned(hostile(name))
    for lang in ("zh", "en"):
        ours = _tags(plan.to_html(lang=lang, audience=audience))
        theirs = _tags(friendly.to_html(lang=lang, audience=audience))
        assert sorted(set(ours.tags)) == sorted(set(theirs.tags))
        assert ours.tags.count("script") == theirs.tags.count("script")
        assert ours.handlers == []
        assert not [link for link in ours.links if link.lower().startswith("javascript")]
        svg = plan.plot(lang).svg
        assert {e.tag for e in ElementTree.fromstring(svg).iter()} <= {
            e.tag for e in ElementTree.fromstring(friendly.plot(lang).svg).iter()
        }
        parsed = json.loads(plan.to_json(lang=lang, audience=audience))
        assert parsed["wushe_plan"] == 1
        text = plan.to_csv(tmp_path / "x.csv", lang=lang, audience=audience).read_text("utf-8-sig")
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not [c for c in row if re.match(r"\s*[=+@\t\r]|-(?!\d)", c)]
    if audience == "internal":
        assert name in plan["H"].explain("en", audience), "plain text says the name as it is"
