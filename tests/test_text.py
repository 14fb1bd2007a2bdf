"""Messages say the same in both languages and never mix them."""

import ast
import pickle
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import wushe
from wushe.text import LANGS, Text, check_lang

SOURCE = Path(wushe.__file__).parent
NEED = Text("需求 {n} 项", "{n} needs")


@pytest.mark.parametrize(("lang", "said"), [("zh", "需求 3 项"), ("en", "3 needs")])
def test_say_fills_in_the_template_of_the_language(lang: str, said: str) -> None:
    """One template per language, one set of parameters."""
    assert NEED.say(lang, n=3) == said


def test_chinese_comes_first() -> None:
    """Without a language it is Chinese."""
    assert NEED.say(n=1) == "需求 1 项"
    assert NEED.both(n=1) == "需求 1 项 / 1 needs"


def test_a_text_within_a_text_is_said_in_the_same_language() -> None:
    """Names and reasons nest without mixing languages."""
    why = Text("原因：{reason}", "because {reason}")
    assert why.say("en", reason=Text("没有", "none")) == "because none"
    assert why.say("zh", reason=Text("没有", "none")) == "原因：没有"


@pytest.mark.parametrize("hostile", ["{n}", "{0}", "{n.__class__}", "{", "}}"])
def test_braces_in_values_are_not_templates(hostile: str) -> None:
    """What is filled in is text, whatever it looks like."""
    assert Text("{x}", "{x}").say("en", x=hostile) == hostile


def test_a_missing_parameter_is_an_error() -> None:
    """No message goes out with a hole in it."""
    with pytest.raises(KeyError):
        NEED.say("en", m=1)


@pytest.mark.parametrize("lang", ["fr", "", "ZH", "zh-CN"])
def test_an_unknown_language_is_refused(lang: str) -> None:
    """The message names the choices."""
    with pytest.raises(ValueError, match="'zh' or 'en'"):
        NEED.say(lang, n=1)


def test_check_lang_passes_what_is_known() -> None:
    """The two languages come back as they are."""
    assert [check_lang(lang) for lang in LANGS] == ["zh", "en"]


def test_texts_compare_hash_and_pickle() -> None:
    """They are values."""
    assert {Text("甲", "a"), Text("甲", "a")} == {pickle.loads(pickle.dumps(Text("甲", "a")))}


def literal_texts() -> Iterator[tuple[str, str, str]]:
    """Yield (where, zh, en) of every Text in the sources that is written as two literals."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text"):
                continue
            given = [*node.args, *(k.value for k in node.keywords)]
            words = [a.value for a in given if isinstance(a, ast.Constant)]
            if len(words) == 2 and all(words):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", str(words[0]), str(words[1])


def fields(template: str) -> set[str]:
    """Return the fields that a template asks for."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_both_languages_ask_for_the_same_fields() -> None:
    """A translation that forgets a figure, or invents one, fails here and not in front of a reader."""
    texts = list(literal_texts())
    assert len(texts) > 3000  # the scan sees them
    assert [text for text in texts if fields(text[1]) != fields(text[2])] == []
