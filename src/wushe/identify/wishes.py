"""The wish wall (心愿墙): wishes shown in public, naming nobody; what might is withheld and reported."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping

import attrs

from wushe.errors import Problem, ProblemKind
from wushe.identify.keywords import fold_text
from wushe.model.help import Need, Wish
from wushe.model.parties import LEVELS
from wushe.network import LinkageNetwork
from wushe.text import Text


def _withheld(
    code: str, what: tuple[str, str], expected: tuple[str, str], todo: tuple[str, str]
) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(*expected), Text(*todo))


_REWRITE = ("改写公开文字后再展示", "rewrite the public text before it is shown")
NAMES_SOMEBODY = _withheld(
    "wish-names-somebody",
    (
        "公开文字里有登记在册的姓名，未展示",
        "the public text holds a name of the registry; it is withheld",
    ),
    ("不出现任何人的姓名", "nobody's name"),
    _REWRITE,
)
HOLDS_NUMBER = _withheld(
    "wish-holds-number",
    (
        "公开文字里有电话、证件号一类的长号码，未展示",
        "the public text holds a long number such as a phone or ID; it is withheld",
    ),
    ("没有七位以上的号码", "no number of seven digits or more"),
    _REWRITE,
)
HOLDS_ADDRESS = _withheld(
    "wish-holds-address",
    (
        "公开文字里有门牌、楼栋一类的住址，未展示",
        "the public text holds an address; it is withheld",
    ),
    ("地点最细到街道", "no place below the street"),
    _REWRITE,
)
HOLDS_CLIENT_ID = _withheld(
    "wish-holds-client-id",
    (
        "公开文字或心愿编号里有家庭、人员的编号，未展示",
        "the public text or the wish's id holds the id of a household or person; it is withheld",
    ),
    ("不含服务对象的编号", "no id of those served"),
    ("改写公开文字，或换一个心愿编号", "rewrite the text, or give the wish another id"),
)
CONSENT_WITHDRAWN = _withheld(
    "wish-without-consent",
    (
        "公开展示的同意已撤回或未生效，未展示",
        "the consent to publicity is withdrawn or not yet given; the wish is withheld",
    ),
    ("有效的公开展示同意", "a consent to publicity in force"),
    ("尊重撤回；再次征得同意后才能展示", "respect it, or ask for consent again"),
)

_DIGITS = str.maketrans("〇零一二三四五六七八九幺", "001234567891")
_APART = re.compile(r"[\W_]+")
_WRITTEN_DATE = re.compile(r"(?<!\d)\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)")
_LONG_NUMBER = re.compile(r"\d{7}")
_COUNT = "[0-9a-z一二三四五六七八九十百零〇]"
_ADDRESS = re.compile(
    rf"{_COUNT}(?:栋|幢|单元|号楼|弄|号院)|\d{{3,4}}室|{_COUNT}楼{_COUNT}+[室号]|[路街巷道里村湾]{_COUNT}+号"
)
_STREET = list(LEVELS).index("street")


@attrs.frozen
class PublicWish:
    """A wish as anybody may see it: the `id` of the wish, never of whose it is.

    `place` is the name of a street or town, or of what lies above it where no street is known.
    """

    id: str
    text: str
    category: str
    place: str | None
    shown_from: dt.date


@attrs.frozen
class WishWall:
    """The wishes shown, by date and id, and the `problems` for which others are withheld.

    The problems are for workers: they name the wish and never its text.
    """

    wishes: tuple[PublicWish, ...]
    problems: tuple[Problem, ...]


def wish_wall(network: LinkageNetwork, on: dt.date) -> WishWall:
    """Return the wishes that may be shown on the day `on`.

    A wish is shown from its `shown_from` on while its need is open, unless its text holds a name,
    phone or address of the registry's persons and households, any long number or address, or an id
    of theirs, or a consent to publicity of those served was withdrawn. Where none was ever recorded
    an anonymous wish is shown. This screens for slips; it does not replace the worker's reading.
    """
    needs, homes = _wished(network), _homes(network)
    screen, refused, places = _Screen.of(network), _refused(network, on), _Places.of(network)
    shown: list[PublicWish] = []
    problems: list[Problem] = []
    for wish in network["wishes"].records():
        need = needs.get(wish.need)
        if need is None or need.status not in (None, "open"):
            continue
        if wish.shown_from is None or wish.shown_from > on:
            continue
        about = (need.person, need.household or homes.get(need.person), need.institution)
        whose = {key for key in about if key is not None}
        kinds = [*screen.finds(wish, whose), *([CONSENT_WITHDRAWN] if whose & refused else [])]
        problems.extend(Problem(kind, f"wishes {wish.id}", None, "public_text") for kind in kinds)
        if not kinds:
            place = places.street(need, homes)
            shown.append(
                PublicWish(wish.id, wish.public_text, need.category, place, wish.shown_from)
            )
    return WishWall(tuple(sorted(shown, key=lambda w: (w.shown_from, w.id))), tuple(problems))


def _wished(network: LinkageNetwork) -> dict[str, Need]:
    """Return the needs that wishes name: most needs are no wishes."""
    table = network["needs"]
    rows = table.row_of(sorted(set(network["wishes"]["need"])))
    return {table.ids[row]: table.record(int(row)) for row in rows if row >= 0}


def _homes(network: LinkageNetwork) -> Mapping[str | None, str | None]:
    persons = network["persons"]
    return dict(zip(persons.ids, persons["household"], strict=True))


def _refused(network: LinkageNetwork, on: dt.date) -> set[str]:
    """Return the households and persons with consents to publicity none of which is in force."""
    given: dict[str, bool] = {}
    for consent in network["consents"].records():
        if consent.purpose == "publicity":
            ends = consent.withdrawn_on
            holds = consent.given_on <= on and (ends is None or ends > on)
            given[consent.subject] = given.get(consent.subject, False) or holds
    return {subject for subject, holds in given.items() if not holds}


def _bare(text: str) -> str:
    """Return `text` as `fold_text` reads it, without spaces and signs: 李 建·国 is 李建国."""
    return _APART.sub("", fold_text(text)[0])


@attrs.frozen(eq=False)
class _Words:
    """Many words to be found in short texts: a look-up for each substring of a length that occurs."""

    words: frozenset[str]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> _Words:
        found = frozenset(words)
        return cls(found, tuple(sorted({len(word) for word in found})))

    def within(self, text: str) -> bool:
        return any(
            text[at : at + n] in self.words for n in self.lengths for at in range(len(text) - n + 1)
        )


def _long_enough(name: str) -> bool:
    """Return whether finding `name` in a text tells anything: Li would be found in many words."""
    return len(name) >= (4 if name.isascii() else 2)


@attrs.frozen(eq=False)
class _Screen:
    """What may not stand in public: names, phones and addresses of the registry."""

    names: _Words
    phones: _Words
    addresses: _Words

    @classmethod
    def of(cls, network: LinkageNetwork) -> _Screen:
        if len(network["wishes"]) == 0:
            return cls(_Words.of(()), _Words.of(()), _Words.of(()))
        people = (network["persons"], network["households"])
        names = (_bare(name) for table in people for name in table["name"] if name)
        phones = (re.sub(r"\D", "", phone) for table in people for phone in table["phone"] if phone)
        addresses = (_bare(address) for address in network["households"]["address"] if address)
        return cls(
            _Words.of(name for name in names if _long_enough(name)),
            _Words.of(phone for phone in phones if phone),
            _Words.of(address for address in addresses if len(address) >= 4),
        )

    def finds(self, wish: Wish, whose: set[str]) -> Iterator[ProblemKind]:
        """Yield the reasons to withhold the wish of those with the ids `whose`."""
        folded = fold_text(wish.public_text)[0]
        bare = _APART.sub("", folded)
        if self.names.within(bare):
            yield NAMES_SOMEBODY
        digits = _APART.sub("", _WRITTEN_DATE.sub("日", folded)).translate(_DIGITS)
        if _LONG_NUMBER.search(digits) or self.phones.within(digits):
            yield HOLDS_NUMBER
        if _ADDRESS.search(bare) or self.addresses.within(bare):
            yield HOLDS_ADDRESS
        if any(_holds_id(text, key) for key in whose for text in (folded, wish.id.lower())):
            yield HOLDS_CLIENT_ID


def _holds_id(text: str, key: str) -> bool:
    return re.search(rf"(?<![0-9a-z]){re.escape(key.lower())}(?![0-9a-z])", text) is not None


@attrs.frozen(eq=False)
class _Places:
    """Names of streets by place id, and the places of households, persons and institutions."""

    names: Mapping[str, str]
    homes: Mapping[str, str]

    @classmethod
    def of(cls, network: LinkageNetwork) -> _Places:
        table, tree = network["places"], network.places
        names = {}
        for row, place in enumerate(table.ids):
            above = [int(r) for r in tree.ancestors[row, : _STREET + 1] if r >= 0]
            if above:
                names[place] = table["name"][above[-1]]
        kinds = [network[kind] for kind in ("households", "persons", "institutions")]
        homes = {i: p for t in kinds for i, p in zip(t.ids, t["place"], strict=True) if p}
        return cls(names, homes)

    def street(self, need: Need, homes: Mapping[str | None, str | None]) -> str | None:
        """Return the name of the street where the need is, as far as it is known."""
        household = need.household or homes.get(need.person)
        places = (
            need.place,
            *(self.homes.get(k or "") for k in (need.person, household, need.institution)),
        )
        return next((self.names[p] for p in places if p is not None and p in self.names), None)
