"""What a query asks of a run's spec, which is JSON: in the words of each database, with the same answer."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from app.models import Run


class _Dataset(FunctionElement[str]):
    type = String()
    inherit_cache = True


class _Says(FunctionElement[bool]):
    """Of a spec and a pattern of LIKE."""

    type = Boolean()
    inherit_cache = True


def dataset() -> ColumnElement[str]:
    """The name of the run's data set."""
    return _Dataset(col(Run.spec))


def says(word: str) -> ColumnElement[bool]:
    """Whether a setting of the run that is a text, or a list, contains the word, in whichever case."""
    for special in "/%_":
        word = word.replace(special, f"/{special}")
    return _Says(col(Run.spec), f"%{word}%")


@compiles(_Dataset, "sqlite")
def _dataset_on_sqlite(element: _Dataset, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **how)}, '$.dataset')"


@compiles(_Dataset, "postgresql")
def _dataset_on_postgresql(element: _Dataset, compiler: SQLCompiler, **how: Any) -> str:
    return f"(({compiler.process(element.clauses, **how)})::json ->> 'dataset')"


@compiles(_Says, "sqlite")
def _says_on_sqlite(element: _Says, compiler: SQLCompiler, **how: Any) -> str:
    spec, pattern = (compiler.process(clause, **how) for clause in element.clauses)
    return (
        f"EXISTS (SELECT 1 FROM json_each({spec}) WHERE type IN ('text', 'array') "
        f"AND lower(value) LIKE lower({pattern}) ESCAPE '/')"
    )


@compiles(_Says, "postgresql")
def _says_on_postgresql(element: _Says, compiler: SQLCompiler, **how: Any) -> str:
    spec, pattern = (compiler.process(clause, **how) for clause in element.clauses)
    return (
        f"EXISTS (SELECT 1 FROM json_each({spec}::json) WHERE json_typeof(value) IN ('string', 'array') "
        f"AND lower(value #>> '{{}}') LIKE lower({pattern}) ESCAPE '/')"
    )
