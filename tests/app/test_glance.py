from dataclasses import replace

import pytest

from app.glance import glance
from app.i18n import speaking
from ml.records import RunRecord
from tests.records import make_run


def with_gradients(run: RunRecord, *stds: float) -> RunRecord:
    """The last snapshot with these standard deviations of the gradient at its hidden layers."""
    last = run.snapshots[-1]
    layers = [
        replace(x, signals=x.signals | {"backprop_gradient": replace(x.signals["backprop_gradient"], std=std)})
        for x, std in zip(last.layers, stds, strict=False)
    ]
    return replace(run, snapshots=(*run.snapshots[:-1], replace(last, layers=(*layers, *last.layers[len(stds) :]))))


@pytest.mark.parametrize(
    ("stds", "sentence"),
    [
        ((0.001, 0.01, 0.43), "Layer 1 receives 430 times less gradient than layer 3."),
        ((0.5, 0.2, 0.01), "Layer 1 receives 50 times more gradient than layer 3."),
        ((0.1, 0.1, 0.25), "The gradients of layers 1 and 3 are within a factor of 2.5."),
        ((0.0, 0.1, 0.25), "Layer 1 receives no gradient at all."),
    ],
)
def test_the_sentence_has_the_run_s_own_numbers(stds: tuple[float, ...], sentence: str) -> None:
    assert glance(with_gradients(make_run(2), *stds)).startswith(sentence)


def test_the_error_is_told_with_the_epoch_it_was_measured_at() -> None:
    error = f"{230 / 3 / 2.8:.1f}\N{NO-BREAK SPACE}%"
    assert glance(make_run(3)).endswith(f"After epoch 2, {error} of the answers are wrong.")


def test_a_run_that_diverged_or_has_not_begun_has_no_ratio() -> None:
    assert glance(make_run(2, diverges_at=1)).startswith("The numbers are no longer finite.")
    assert glance(make_run(0)) == ""


def test_the_sentence_is_there_in_spanish() -> None:
    with speaking("es"):
        assert "veces menos gradiente que la 3" in glance(with_gradients(make_run(1), 0.001, 0.01, 0.43))
