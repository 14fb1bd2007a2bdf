"""Messages in Chinese and English: one template per language, filled in late."""

from __future__ import annotations

from typing import Any, Literal

import attrs

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@attrs.frozen
class Text:
    """A message with one template per language.

    Templates use ``str.format`` fields. A parameter that is itself a `Text` is
    said in the same language, so that names and reasons nest without mixing languages.
    """

    zh: str
    en: str

    def say(self, lang: str = "zh", **params: Any) -> str:
        """Return the message in `lang` with `params` filled in.

        Raises ValueError for a language other than ``"zh"`` and ``"en"``.
        """
        template = self.zh if check_lang(lang) == "zh" else self.en
        if not params:
            return template
        said = {k: v.say(lang) if isinstance(v, Text) else v for k, v in params.items()}
        return template.format(**said)

    def both(self, **params: Any) -> str:
        """Return Chinese, a separator and English on one line, for mixed audiences."""
        return f"{self.say('zh', **params)} / {self.say('en', **params)}"


def check_lang(lang: str) -> Lang:
    """Return `lang` if it is a supported language, else raise ValueError naming the choices."""
    if lang == "zh" or lang == "en":
        return lang  # type: ignore[return-value,unused-ignore]
    raise ValueError(f"lang: {lang!r} is not supported; expected 'zh' or 'en'")
