"""A run at a glance: how the error fell, and how much gradient reached each layer."""

from app import svg
from app.figures import FIGURES, PAGE
from ml.records import RunRecord


def thumbnail(run: RunRecord) -> bytes:
    """An <svg> element for a list of runs, in the colours of the page."""
    return svg.render(FIGURES["gradient_flow"].draw(run, PAGE), "").encode()
