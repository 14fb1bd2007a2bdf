"""A finished picture: SVG that stays text, and PNG through the optional renderer."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import attrs

from wushe.errors import MissingExtraError, WusheError

FONTS = (
    "'Noto Sans CJK SC', 'Noto Sans SC', 'Source Han Sans SC', 'PingFang SC', 'Hiragino Sans GB', "
    "'Microsoft YaHei', 'WenQuanYi Micro Hei', SimHei, sans-serif"
)
_CHINESE = re.compile("[\u3400-\u9fff]")
_ACTIVE = {"script", "foreignobject", "iframe", "embed", "object", "style", "animate", "set"}


class MissingFontError(WusheError):
    """No installed font has Chinese characters; the message names packages that bring one."""

    def __str__(self) -> str:
        return (
            "no font with Chinese characters is installed, so Chinese would be drawn as boxes; "
            "install one: Debian/Ubuntu 'apt-get install fonts-noto-cjk', Fedora 'dnf install "
            "google-noto-sans-cjk-fonts', Alpine 'apk add font-noto-cjk'; or save as .svg, "
            "which uses the reader's fonts / "
            "没有找到中文字体，汉字会变成方块；请先安装字体（如 fonts-noto-cjk），或保存为 .svg"
        )


@attrs.frozen
class Picture:
    """An SVG picture of `width` x `height` user units (pixels at 100 %).

    `title` names it, `alt` says in one or two sentences what it shows, for those who cannot see
    it. Raises ValueError where the SVG is not well-formed or holds anything but drawing: scripts,
    event attributes, inline styles (a page's policy would drop them) or references outside.
    """

    svg: str = attrs.field(repr=False)
    width: int
    height: int
    title: str
    alt: str

    def __attrs_post_init__(self) -> None:
        _check_inert(self.svg)

    def _repr_svg_(self) -> str:
        return self.svg

    def png(self, scale: int = 2) -> bytes:
        """Return the picture as PNG bytes on white, `scale` (1, 2, 3...) pixels per user unit.

        Raises MissingExtraError without the renderer and MissingFontError where the picture
        has Chinese text and no installed font has Chinese characters.
        """
        if _CHINESE.search(self.svg) and not _has_chinese_font():
            raise MissingFontError
        return _rasterise(self.svg, scale)

    def save(self, path: str | Path, *, scale: int = 2) -> Path:
        """Write ``.svg`` or ``.png``, by the name's ending; return the path.

        Raises ValueError for another ending, and what `png` raises.
        """
        target = Path(path)
        ending = target.suffix.lower()
        if ending == ".svg":
            target.write_text(self.svg, encoding="utf-8", newline="\n")
        elif ending == ".png":
            target.write_bytes(self.png(scale))
        else:
            raise ValueError(f"path: {target.name!r} ends with {ending!r}; expected .svg or .png")
        return target


def _check_inert(svg: str) -> None:
    from xml.etree import ElementTree

    if "<!" in svg:
        raise ValueError("svg: holds a document type, comment or CDATA; expected elements only")
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(f"svg: not well-formed XML ({error})") from error
    for element in root.iter():
        tag = str(element.tag).rpartition("}")[2].lower()
        if tag in _ACTIVE:
            raise ValueError(f"svg: holds <{tag}>; expected drawing elements only")
        for name, value in element.attrib.items():
            short = name.rpartition("}")[2].lower()
            outside = short in {"href", "src", "style"} or "url(" in value.lower()
            if short.startswith("on") or (outside and short != "aria-label"):
                raise ValueError(f"svg: <{tag}> has {short!r}; expected presentation attributes")


def _rasterise(svg: str, scale: int) -> bytes:
    try:
        import resvg_py
    except ImportError as error:
        raise MissingExtraError("PNG pictures / 保存 PNG 图片", "report") from error
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale, background="#ffffff"))


@functools.cache
def _has_chinese_font() -> bool:
    # Asking the renderer works on every system: without a font two different characters give the
    # same picture (nothing, or the same box).
    def drawn(character: str) -> bytes:
        return _rasterise(
            '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
            f'<text x="4" y="32" font-size="30" font-family="{FONTS}">{character}</text></svg>',
            1,
        )

    return drawn("社") != drawn("区")
