"""The numbers of a figure as a table, for those who would rather read or compute than look."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from app.figures.view import View
from app.i18n import gettext as _
from app.i18n import gettext_html, number
from app.spreadsheets import write_csv

Json = dict[str, Any]
Cell = str | float | None

MOST_ROWS = 200  # of the table in a page; the file has all


@dataclass(frozen=True)
class Table:
    """`header` holds names with their units; a cell is None where there is no number."""

    header: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


def plain(view: View) -> View:
    """The view whose numbers are those of the quantity itself: nothing is left out of a logarithmic axis, and no row is
    scaled to its peak."""
    return replace(view, log=False, ridge=False)


def table(figure: Json) -> Table:
    """A row for each point of each line, or for each cell of a heatmap."""
    layout, data = figure["layout"], figure["data"]
    across = layout["xaxis"].get("title", {}).get("text", "")
    quantity = layout["annotations"][0]["text"]
    if data and data[0]["type"] == "heatmap":
        return Table((quantity, across, data[0]["name"]), list(_cells(data[0])))
    rows: list[tuple[Cell, ...]] = [row for trace in data for row in _points(trace)]
    return Table((_("line"), across, quantity), rows)


def _cells(heatmap: Json) -> Iterator[tuple[Cell, ...]]:
    for layer, values in zip(heatmap["y"], heatmap["z"], strict=True):
        for x, value in zip(heatmap["x"], values, strict=True):
            yield layer, x, value


def _points(trace: Json) -> Iterator[tuple[Cell, ...]]:
    names = [trace["name"]] * len(trace["x"])
    if trace.get("fill"):
        # A band's outline runs along its lower edge and back along the upper one.
        half = len(names) // 2
        lower, upper = _("{band}, lower", band=trace["name"]), _("{band}, upper", band=trace["name"])
        names = [lower] * half + [upper] * half
    yield from zip(names, trace["x"], trace["y"], strict=True)


def as_csv(table: Table) -> str:
    """All rows, below their header."""
    out = io.StringIO()
    write_csv(out, (table.header, *table.rows))
    return out.getvalue()


def as_html(table: Table, title: str, download: str) -> Markup:
    """A <table> of at most MOST_ROWS rows, evenly spaced over all, with how many there are and a link to the file."""
    shown = _evenly(table.rows)
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in table.header)
    body = Markup("").join(_row(row) for row in shown)
    return Markup("<p>{}</p><table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
        _how_many(len(shown), len(table.rows), download), title, head, body
    )


def _evenly(rows: list[tuple[Cell, ...]]) -> Sequence[tuple[Cell, ...]]:
    if len(rows) <= MOST_ROWS:
        return rows
    return [rows[round(i * (len(rows) - 1) / (MOST_ROWS - 1))] for i in range(MOST_ROWS)]


def _how_many(shown: int, count: int, download: str) -> Markup:
    link = Markup('<a href="{}" download="">{}</a>').format(download, _("Download all as CSV"))
    if shown < count:
        return gettext_html("{shown:,} of {count:,} rows, evenly spaced. {link}", shown=shown, count=count, link=link)
    return gettext_html("{count:,} rows. {link}", count=count, link=link)


def _row(row: tuple[Cell, ...]) -> Markup:
    first, *others = (_written(cell) for cell in row)
    cells = Markup("").join(Markup("<td>{}</td>").format(text) for text in others)
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(first, cells)


def _written(cell: Cell) -> str:
    if cell is None:
        return "–"
    return cell if isinstance(cell, str) else number(cell, ".6g").replace("-", "−")
