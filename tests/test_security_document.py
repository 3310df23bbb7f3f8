"""SECURITY.md promises nothing that no test proves."""

import ast
import re
from functools import cache

from app.settings import PROJECT

TEXT = (PROJECT / "SECURITY.md").read_text()
PRODUCTS = ("MLflow", "Gradio", "Ray", "Aim", "ClearML", "Grafana", "Jupyter", "TensorBoard")
PROMISES = 25
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows_of(heading: str) -> list[list[str]]:
    """The cells of each row of the table below this heading."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@cache
def functions_of(path: str) -> set[str]:
    file = PROJECT / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_it_names_is_there() -> None:
    named = _NAMED.findall(TEXT)
    assert len(named) > PROMISES
    assert [f"{path}::{name}" for path, name in named if name not in functions_of(path)] == []


def test_every_promise_names_a_test() -> None:
    rows = rows_of("What must hold")
    assert [row[0] for row in rows] == [str(number) for number in range(1, PROMISES + 1)]
    assert [row[0] for row in rows if not _NAMED.search(row[-1])] == []


def test_a_hole_of_every_product_of_its_kind_is_looked_at() -> None:
    rows = rows_of("Holes that were found in others")
    assert {product for row in rows for product in PRODUCTS if product in row[0]} == set(PRODUCTS)
    assert [row[1] for row in rows if not _NAMED.search(row[-1])] == []
