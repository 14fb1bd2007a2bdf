"""The Frictionless data package that describes a city's folder, and the version of its format."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from wushe.errors import Problem
from wushe.io.mistakes import BAD_FORMAT_VERSION, BAD_JSON, BAD_LAYOUT, NEWER_FORMAT, BadFileError
from wushe.model import kinds
from wushe.model.spec import RECORD_KINDS, Field, RecordKind

FORMAT_VERSION = 2
"""Version of the data format that this wushe writes; older ones are migrated on reading."""
PACKAGE_FILE = "datapackage.json"
VERSION_KEY = "wushe:format"

_TYPES = {
    kinds.INTEGER.name: "integer",
    kinds.NUMBER.name: "number",
    kinds.MONEY.name: "number",
    kinds.QUANTITY.name: "number",
    kinds.DATE.name: "date",
    kinds.FLAG.name: "boolean",
}


# --- reading -----------------------------------------------------------------------------------


def load_json(path: Path, source: str) -> Any:
    """Return what the JSON file `path` holds. Raises BadFileError and OSError."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        params = {"line": error.lineno, "column": error.colno}
    except (UnicodeDecodeError, RecursionError):
        params = {"line": 1, "column": 1}
    raise BadFileError(Problem(BAD_JSON, source, params=params))


def checked_version(version: Any, source: str, field: str) -> int:
    """Return `version` if this wushe reads it, today's if it is None. Raises BadFileError."""
    if version is None:
        return FORMAT_VERSION
    params = {"current": FORMAT_VERSION}
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BadFileError(
            Problem(BAD_FORMAT_VERSION, source, None, field, str(version)[:60], params)
        )
    if version > FORMAT_VERSION:
        raise BadFileError(Problem(NEWER_FORMAT, source, None, field, str(version), params))
    return version


def folder_version(folder: Path) -> int:
    """Return the format version of the data in `folder`, today's where nothing says otherwise.

    Raises BadFileError and OSError.
    """
    path = folder / PACKAGE_FILE
    if not path.is_file():
        return FORMAT_VERSION
    content = load_json(path, PACKAGE_FILE)
    if not isinstance(content, dict):
        raise BadFileError(Problem(BAD_LAYOUT, PACKAGE_FILE))
    return checked_version(content.get(VERSION_KEY), PACKAGE_FILE, VERSION_KEY)


# --- writing -----------------------------------------------------------------------------------


def describe_package(
    tables: Collection[str], form: str = "csv", chinese: bool = False
) -> dict[str, Any]:
    """Return the descriptor of a folder that holds `tables` as ``csv`` or ``parquet`` files.

    `chinese` tells that the columns have Chinese headings.
    """
    present = [name for name in RECORD_KINDS if name in tables]
    return {
        "profile": "tabular-data-package",
        "name": "wushe-city",
        "title": "五社联动数据 / data for five-party linkage",
        VERSION_KEY: FORMAT_VERSION,
        "resources": [_resource(RECORD_KINDS[name], present, form, chinese) for name in present],
    }


def column_name(field: Field, form: str = "csv", chinese: bool = False) -> str:
    """Return what the column of `field` is called in a file of that form."""
    if form == "parquet":
        return field.name
    return field.zh if chinese else field.heading


def _resource(
    kind: RecordKind, present: Collection[str], form: str, chinese: bool
) -> dict[str, Any]:
    def name(field: Field) -> str:
        return column_name(field, form, chinese)

    keys = [
        {
            "fields": name(field),
            "reference": {
                "resource": "" if field.refs[0] == kind.name else field.refs[0],
                "fields": name(RECORD_KINDS[field.refs[0]].field("id")),
            },
        }
        for field in kind.fields
        if len(field.refs) == 1 and field.refs[0] in present and field.kind is not kinds.TAGS
    ]
    of_file: dict[str, Any] = {"format": form, "mediatype": "application/vnd.apache.parquet"}
    if form == "csv":
        of_file = {
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "dialect": {"commentChar": "#"},
        }
    return {
        "profile": "tabular-data-resource",
        "name": kind.name,
        "title": kind.zh,
        "path": f"{kind.name}.{form}",
        **of_file,
        "schema": {
            "fields": [_describe(field, name(field), form) for field in kind.fields],
            "missingValues": [""],
            "primaryKey": name(kind.field("id")),
            **({"foreignKeys": keys} if keys else {}),
        },
    }


def _describe(field: Field, name: str, form: str) -> dict[str, Any]:
    choices = field.kind.labels if field.kind.name == "choice" else {}
    money = field.kind is kinds.MONEY
    per = 100 if money and form == "csv" else 1
    constraints = {
        "required": True if field.required else None,
        "unique": True if field.name == "id" else None,
        "minimum": None if field.low is None else field.low // per,
        "maximum": None if field.high is None else field.high // per,
        "enum": sorted({*choices, *choices.values()}) if choices else None,
    }
    kept = {key: value for key, value in constraints.items() if value is not None}
    described: dict[str, Any] = {"name": name, "type": _type(field, form), "title": field.zh}
    if field.kind is kinds.FLAG:
        described |= {"trueValues": ["yes", "是"], "falseValues": ["no", "否"]}
    if field.doc:
        described["description"] = field.doc
    return described | ({"constraints": kept} if kept else {})


def _type(field: Field, form: str) -> str:
    if form == "parquet":
        if field.kind in (kinds.MONEY, kinds.QUANTITY):
            return "integer"
        if field.kind.name == "tags":
            return "array"
    return _TYPES.get(field.kind.name, "string")
