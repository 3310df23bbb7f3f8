import numpy as np
import pytest
import torch

from ml.losses import LOSSES

LOGITS = np.random.default_rng(0).normal(0, 2, (7, 4))
LABELS = np.array([0, 1, 2, 3, 0, 0, 2])


def softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits)
    return odds / odds.sum(axis=1, keepdims=True)


EXPECTED = {
    "cross_entropy": -np.log(softmax(LOGITS)[np.arange(7), LABELS]).mean(),
    "quadratic": ((softmax(LOGITS) - np.eye(4)[LABELS]) ** 2).sum(axis=1).mean() / 2,
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_is_the_mean_over_the_examples(loss):
    value = LOSSES[loss](torch.from_numpy(LOGITS), torch.from_numpy(LABELS))

    assert value.item() == pytest.approx(EXPECTED[loss], rel=1e-12)


def test_the_quadratic_losss_gradient_dies_where_the_softmax_saturates_and_cross_entropys_does_not():
    def gradient(loss: str) -> float:
        logits = torch.tensor([[30.0, 0.0]], requires_grad=True)
        LOSSES[loss](logits, torch.tensor([1])).backward()
        return logits.grad.abs().max().item()

    assert gradient("quadratic") < 1e-10
    assert gradient("cross_entropy") == pytest.approx(1)
