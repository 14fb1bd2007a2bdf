"""Making untrusted text harmless before it goes into a picture, a page or a data block."""

from __future__ import annotations

import json
import re
from typing import Any

# What XML 1.0 forbids: control characters except tab and line ends, lone surrogates (they come
# from files read with surrogateescape and would fail on writing), two non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Direction overrides can make a name read as another name.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_SPACE = re.compile(r"[\t\r\n\u2028\u2029]+")
_XML = {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("'"): "&#39;",
}
_JSON = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def clean(text: str) -> str:
    """Return `text` on one line, without control characters, surrogates and direction overrides.

    Forbidden characters become U+FFFD, so that a reader sees that something was there.
    """
    return _SPACE.sub(" ", _DIRECTION.sub("", _FORBIDDEN.sub("\ufffd", text)))


def escape(text: str) -> str:
    """Return `text` cleaned and escaped for XML or HTML, in elements and in quoted attributes."""
    return clean(text).translate(_XML)


def json_block(value: Any) -> str:
    """Return compact JSON that cannot end or open a script element it is put into.

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_JSON)
