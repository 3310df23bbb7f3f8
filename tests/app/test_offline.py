import json
import re
from html import unescape
from typing import Any

from app import offline
from app.pages import templates
from ml.records import RunRecord
from tests.records import make_dying, make_run


def page(run: RunRecord) -> str:
    return offline.page(templates.env, run)


def data(document: str) -> dict[str, Any]:
    return json.loads(
        re.search(r'<script type="application/json" id="figures">(.*?)</script>', document, re.S).group(1)
    )


def test_the_file_holds_every_figure_of_every_snapshot() -> None:
    run = make_run(4)
    figures = data(page(run))
    assert set(figures["activation"]) == {"0", "10", "20", "30"}
    assert set(figures["bands"]) == {"hidden1", "hidden2", "hidden3"}
    assert figures["moments"] == [[0, 0], [10, 1], [20, 2], [30, 3]]
    assert len(figures["loss"]["data"]) == 2


def test_the_file_holds_no_figure_that_the_run_has_nothing_for() -> None:
    figures = data(page(make_run(2)))
    assert "update_ratio" in figures
    assert "clipping" not in figures


def test_the_file_offers_nothing_that_needs_a_server() -> None:
    document = page(make_run(2)).split("<body>")[1].split("<script")[0]
    for name in ("table", "csv", "svg", "log", "view", "expected"):
        assert f'data-tool="{name}"' not in document
        assert f'data-switch="{name}"' not in document
    assert 'data-switch="overview"' in document
    assert 'data-switch="hide"' in document


def test_the_file_says_what_is_wrong_and_leads_to_the_figure_inside_it() -> None:
    document = page(make_dying(5, lr=0.05))
    assert "Dead units" in document
    assert 'href="#see-dead"' in document
    assert "/repairs" not in document


def test_a_long_run_is_thinned_and_the_file_says_so() -> None:
    document = page(make_run(450, hidden=(3,)))
    steps = [int(step) for step in data(document)["activation"]]
    assert 150 <= len(steps) <= offline.MOST_SNAPSHOTS + 1
    assert (steps[0], steps[-1]) == (0, 4490)
    assert f"holds {len(steps)} of the run's 450 snapshots" in unescape(document)


def test_the_file_asks_nothing_of_any_server() -> None:
    document = page(make_run(2))
    ours = document.replace(offline._plotly(), "")
    assert not re.search(r'<(?:script|link|img|a|form)[^>]*\s(?:src|href|action)="(?!data:|#)', ours)
    assert not re.search(r"^\s*(?:import|export)\b", ours, re.M)


def test_nothing_in_the_data_or_the_name_ends_a_script() -> None:
    assert "<" not in offline._json({"text": "</script>"})
    assert json.loads(offline._json({"text": "</script>"})) == {"text": "</script>"}
    assert "</script><b>" not in page(make_run(2, name="</script><b>bold</b>"))
