"""A self-contained bilingual HTML page: one file, no request to anywhere, opens offline."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Self, TypeAlias

from wushe.render.browser import Filter, Record, pack
from wushe.render.canvas import number
from wushe.render.inert import clean, json_block
from wushe.render.picture import Picture
from wushe.text import LANGS, Lang, Text, check_lang

Cell: TypeAlias = str | int | float | Text | None
Tile: TypeAlias = tuple[Text, str, Text | None]

_WIDE, _NARROW = 800, 360
_UNKNOWN = Text(zh="—", en="—")
_MORE = Text(zh="只列出前{shown}行，共{all}行", en="The first {shown} of {all} rows are listed")
_UI = {
    "skip": Text(zh="跳到正文", en="Skip to content"),
    "sections": Text(zh="章节", en="Sections"),
    "table": Text(zh="表", en="Table"),
    "swipe": Text(zh="← 左右滑动看全图 →", en="← swipe to see all of it →"),
    "list": Text(zh="可检索的名单", en="Searchable list"),
    "find": Text(zh="检索", en="Search"),
    "hint": Text(zh="输入任意文字，空格分隔多个词", en="Any words; all of them must occur"),
    "pager": Text(zh="翻页", en="Pages"),
    "first": Text(zh="首页", en="First page"),
    "previous": Text(zh="上一页", en="Previous page"),
    "next": Text(zh="下一页", en="Next page"),
    "last": Text(zh="末页", en="Last page"),
    "noscript": Text(
        zh="检索、筛选、翻页和名单需要浏览器运行本页脚本；图表和表格不需要。",
        en="The searchable list needs this page's script to run; charts and tables do not.",
    ),
}
# Filled in by the page's script, so the fields stay as they are.
_WORDS = {
    "all": Text(zh="全部", en="All"),
    "empty": Text(zh="没有符合条件的记录", en="No record matches"),
    "more": Text(zh="另有{n}条", en="{n} more"),
    "place": Text(zh="第 {page} / {pages} 页", en="Page {page} / {pages}"),
}


class Page:
    """Collects the parts of a page in order; every method that adds one returns the page.

    `lang` is the language that the page opens in; a button switches it.
    """

    def __init__(self, title: Text, *, subtitle: Text | None = None, lang: str = "zh") -> None:
        self._title = _pair(title)
        self._subtitle = _pair(subtitle) if subtitle else None
        self._lang = check_lang(lang)
        self._parts: list[dict[str, Any]] = []
        self._browsers = 0

    def heading(self, text: Text, *, level: int = 2, **params: Any) -> Self:
        """Add a heading; those of level 2 are listed in the bar at the top."""
        if level not in (2, 3):
            raise ValueError(f"level: {level}; expected 2 or 3")
        name = f"part-{len(self._parts) + 1}"
        return self._add("heading", id=name, level=level, text=_pair(text, params))

    def paragraph(self, text: Text, **params: Any) -> Self:
        """Add a paragraph of plain text, with `params` filled in."""
        return self._add("paragraph", text=_pair(text, params))

    def tiles(self, tiles: Iterable[Tile]) -> Self:
        """Add headline figures: (label, value as it is to be read, hint or None) each."""
        return self._add(
            "tiles",
            tiles=[
                {
                    "label": _pair(label),
                    "value": clean(value),
                    "hint": _pair(hint) if hint else None,
                }
                for label, value, hint in tiles
            ],
        )

    def picture(
        self,
        picture: Picture | None = None,
        *,
        zh: Picture | None = None,
        en: Picture | None = None,
        caption: Text | None = None,
    ) -> Self:
        """Add one picture for both languages, or one for each (`zh` and `en`)."""
        if picture is not None and zh is None and en is None:
            plots = [_plot(picture, "", "")]
        elif picture is None and zh is not None and en is not None:
            plots = [_plot(zh, "zh", ""), _plot(en, "en", "")]
        else:
            raise ValueError("picture: expected one picture, or both zh= and en=")
        swipe = any(plot["width"] > _NARROW for plot in plots)
        return self._add(
            "picture", plots=plots, swipe=swipe, caption=_pair(caption) if caption else None
        )

    def chart(self, draw: Callable[[Lang, int], Picture], *, caption: Text | None = None) -> Self:
        """Add a chart drawn for both languages, each wide for screens and narrow for phones.

        `draw(lang, width)` returns the picture, as
        ``lambda lang, width: bars(rows, title=title, lang=lang, width=width)`` does.
        """
        plots = [
            _plot(draw(lang, width), lang, size)
            for lang in LANGS
            for size, width in (("wide", _WIDE), ("narrow", _NARROW))
        ]
        return self._add(
            "picture", plots=plots, swipe=False, caption=_pair(caption) if caption else None
        )

    def table(
        self,
        columns: Sequence[Text],
        rows: Iterable[Sequence[Cell]],
        *,
        caption: Text | None = None,
        max_rows: int = 200,
        least_decimals: int = 0,
    ) -> Self:
        """Add a table that readers can sort by any column; None is shown as unknown.

        Floats get at least `least_decimals` decimals (2 for yuan) and at most two; whole numbers have none.
        Beyond `max_rows` rows are left out and a line says so: use `browser` for long lists.
        Raises ValueError if a row is not as long as `columns`.
        """
        given = [list(row) for row in rows]
        for place, row in enumerate(given, start=1):
            if len(row) != len(columns):
                raise ValueError(f"row {place}: {len(row)} cells; expected {len(columns)}")
        decimals = [
            _decimals([row[i] for row in given], least_decimals) for i in range(len(columns))
        ]
        cells = [
            [_cell(value, places) for value, places in zip(row, decimals, strict=True)]
            for row in given[:max_rows]
        ]
        heads = []
        for i, column in enumerate(columns):
            numeric = any(row[i]["order"] is not None for row in cells)
            heads.append({"text": _pair(column), "numeric": numeric})
        cut = {"shown": number(len(cells)), "all": number(len(given))}
        more = _pair(_MORE, cut) if len(given) > len(cells) else None
        return self._add(
            "table",
            columns=heads,
            rows=cells,
            caption=_pair(caption) if caption else None,
            more=more,
        )

    def browser(
        self,
        records: Iterable[Record],
        *,
        templates: Mapping[str, Text],
        filters: Sequence[Filter] = (),
        page_size: int = 20,
    ) -> Self:
        """Add a list that readers search, filter and page through; made for 20,000 records.

        `templates` are the messages that the records' lines name by id. The first browser's
        search field has the id ``search`` (``search-2`` for a second one), its counter
        ``count``, its cards ``list``, its page buttons ``first previous next last``.
        Raises ValueError naming the record for an unknown template, parameter or facet.
        """
        data = pack(records, templates, filters, page_size)
        self._browsers += 1
        suffix = "" if self._browsers == 1 else f"-{self._browsers}"
        return self._add(
            "browser",
            suffix=suffix,
            filters=[_pair(item.label) for item in filters],
            data=_markup(json_block(data)),
        )

    def html(self) -> str:
        """Return the whole page as HTML text.

        Its policy admits only its own style and script, by their hashes, and no request at all.
        """
        import jinja2

        css, js = _asset("page.css"), _asset("page.js")
        environment = jinja2.Environment(
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )
        template = environment.from_string(_asset("page.html.j2"))
        return template.render(
            lang=self._lang,
            title=self._title,
            subtitle=self._subtitle,
            parts=self._parts,
            ui={name: _pair(text) for name, text in _UI.items()},
            words=_markup(json_block({name: _pair(text) for name, text in _WORDS.items()})),
            css=_markup(css),
            js=_markup(js),
            policy=_policy(css, js),
        ).lstrip()

    def save(self, path: str | Path) -> Path:
        """Write the page as UTF-8 and return the path."""
        target = Path(path)
        target.write_text(self.html(), encoding="utf-8", newline="\n")
        return target

    def _add(self, kind: str, **part: Any) -> Self:
        self._parts.append({"kind": kind, **part})
        return self


def _pair(text: Text, params: Mapping[str, Any] | None = None) -> dict[str, str]:
    filled = params or {}
    return {"zh": clean(text.say("zh", **filled)), "en": clean(text.say("en", **filled))}


def _plot(picture: Picture, lang: str, size: str) -> dict[str, Any]:
    """Return what the template needs of a picture; an empty `lang` or `size` means any."""
    return {
        "lang": lang,
        "size": size,
        "title": picture.title,
        "width": picture.width,
        "svg": _markup(picture.svg),
    }


def _decimals(column: Sequence[Cell], least: int) -> int:
    """How many decimals a column's numbers need, at most two, so that they line up; of floats at least `least`."""
    floats = [v for v in column if isinstance(v, float) and math.isfinite(v)]
    needed = (len(f"{v:.2f}".rstrip("0").partition(".")[2]) for v in floats)
    return max((max(least, n) for n in needed), default=0)


def _cell(value: Cell, decimals: int) -> dict[str, Any]:
    """Return a cell's text in both languages and, of a number, what it is sorted by."""
    if isinstance(value, Text):
        return {"text": _pair(value), "order": None}
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return {"text": _pair(_UNKNOWN), "order": None}
    if isinstance(value, str):
        return {"text": {"zh": clean(value), "en": clean(value)}, "order": None}
    shown = f"{value:,.{decimals}f}".replace("-", "\u2212")
    return {"text": {"zh": shown, "en": shown}, "order": repr(value)}


def _markup(safe: str) -> Any:
    """Mark text as ready for the page; only for what this package made and escaped itself."""
    import markupsafe

    return markupsafe.Markup(safe)


def _asset(name: str) -> str:
    # Browsers hash what they have after reading line ends, so the hash is taken of LF text.
    text = resources.files("wushe.render").joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _policy(css: str, js: str) -> str:
    return (
        f"default-src 'none'; style-src '{_sha256(css)}'; script-src '{_sha256(js)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
