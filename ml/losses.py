"""What a network minimises: a mean over examples."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """−log p, p the softmax's probability of the right class, in nats."""
    return F.cross_entropy(logits, labels)


def quadratic(logits: Tensor, labels: Tensor) -> Tensor:
    """½ Σ (p − y)² over the classes, p the softmax, y the label as a unit vector."""
    return (logits.softmax(dim=1) - F.one_hot(labels, logits.shape[1])).square().sum() / (2 * len(labels))


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"cross_entropy": cross_entropy, "quadratic": quadratic}
