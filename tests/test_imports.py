"""Who may import whom: `ml` knows no web, and the web process never loads torch."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
NEEDS_NETWORK = {"ml.downloads", "ml.image_files", "pooch", "requests"}
NEEDS_TORCH = {
    "ml.datasets", "ml.jacobian", "ml.losses", "ml.model", "ml.monte_carlo", "ml.optimisation", "ml.probe",
    "ml.trainer",
}  # fmt: skip
USED_BY_THE_WEB_PROCESS = (
    "ml.catalog", "ml.spec", "ml.problems", "ml.records", "ml.theory", "ml.rules", "ml.repairs", "ml.verdict",
    "ml.opinions", "app.main",
)  # fmt: skip
MAY_IMPORT_TORCH = {"app/training.py"}
HEAVY = {"torch", "sklearn", "pooch", "requests"}


def imports(file: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def importers(folder: str, forbidden: set[str]) -> set[str]:
    """The files below the folder that import one of the forbidden modules or something in them."""
    return {
        str(file.relative_to(PROJECT))
        for file in (PROJECT / folder).rglob("*.py")
        if any(name == module or name.startswith(module + ".") for name in imports(file) for module in forbidden)
    }


def test_ml_never_imports_app():
    assert importers("ml", {"app"}) == set()


def test_only_the_training_child_imports_the_trainer_or_torch():
    assert importers("app", NEEDS_TORCH | {"torch"}) == MAY_IMPORT_TORCH


def test_only_the_training_child_downloads_data_sets():
    looks_at_the_files = {"app/doctor/machine.py"}

    assert importers("app", NEEDS_NETWORK) <= MAY_IMPORT_TORCH | looks_at_the_files


def test_only_the_worker_side_and_the_maker_of_the_examples_train():
    assert importers("app", {"app.training"}) <= {"app/nursery.py", "app/worker.py", "app/examples/make.py"}


@pytest.mark.parametrize("module", USED_BY_THE_WEB_PROCESS)
def test_importing_what_the_web_process_uses_does_not_load_torch_nor_what_downloads(module):
    assert find_spec(module), f"there is no {module}"
    code = f"import sys, {module}; sys.exit(not sys.modules.keys().isdisjoint({HEAVY}))"

    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0
