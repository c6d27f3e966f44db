"""Rows as a file, piece by piece: CSV and XLSX for spreadsheets, JSON for programs. No text can be a formula.

Neither the rows nor the file are ever held whole in memory; a sheet is put together in a file of its own, which is gone afterwards.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any

from bot.hours import ZONE

CSV, XLSX, JSON = "csv", "xlsx", "json"
MEDIA = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    JSON: "application/json",
}
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
"""What a spreadsheet takes for the beginning of a formula, or may take for it after it has cut a cell up."""
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML may hold."""
_CELL_CHARACTERS = 32_767
"""What a cell of Excel holds."""
_CHUNK = 64 * 1024

Row = Mapping[str, Any]
"""A row by the titles of its columns: texts, numbers, moments, None."""


def as_file(kind: str, titles: Iterable[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """The bytes of a file of one of MEDIA; `titles` are the keys of the rows, in order. Moments are told in the time of Brussels."""
    return {CSV: _csv, XLSX: _xlsx, JSON: _json}[kind](list(titles), rows)


def harmless(text: str) -> str:
    """A text for a cell, with an apostrophe before what a spreadsheet would calculate."""
    return f"'{text}" if _FORMULA.match(text) else text


def _csv(titles: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """With semicolons and the mark of its encoding: what a French spreadsheet opens as it is."""
    told = io.StringIO()
    writer = csv.writer(told, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    told.write("\ufeff")
    writer.writerow(titles)
    for row in rows:
        writer.writerow([_cell(row[title]) for title in titles])
        if told.tell() >= _CHUNK:
            yield _taken(told)
    yield _taken(told)


def _json(titles: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """One array, an object a line."""
    told = io.StringIO()
    told.write("[")
    before = "\n"
    for row in rows:
        told.write(before + json.dumps({title: _told(row[title]) for title in titles}, ensure_ascii=False))
        before = ",\n"
        if told.tell() >= _CHUNK:
            yield _taken(told)
    told.write("\n]\n")
    yield _taken(told)


def _xlsx(titles: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Export")

    def cell(value: str | float) -> Any:
        made = WriteOnlyCell(sheet, value)
        made.data_type = "s" if isinstance(value, str) else "n"  # a text stays one, whatever it begins with
        return made

    sheet.append(list(titles))
    for row in rows:
        sheet.append([cell(_cell(row[title])) for title in titles])
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        yield from iter(lambda: file.read(_CHUNK), b"")


def _cell(value: Any) -> str | float:
    """A number, or a text that is harmless, fits and can be written."""
    told = _told(value)
    if isinstance(told, int | float):
        return told
    return harmless(_ILLEGAL.sub("", told or ""))[:_CELL_CHARACTERS]


def _told(value: Any) -> Any:
    return value.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value


def _taken(told: io.StringIO) -> bytes:
    """What was written so far, which is given away."""
    taken = told.getvalue().encode("utf-8", "replace")
    told.seek(0)
    told.truncate()
    return taken
