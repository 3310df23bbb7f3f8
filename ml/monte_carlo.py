"""Monte-Carlo dropout: how certain a trained network is of each validation example."""

import torch
from torch import Tensor, nn

from ml.datasets import Examples
from ml.model import Dropout, evaluating
from ml.records import MonteCarlo

SEED = 29
CHUNK = 1000  # examples at a time
SHOWN = 12  # most certain ones, and as many least certain ones


@torch.no_grad()
def predict(model: nn.Sequential, examples: Examples, passes: int) -> MonteCarlo:
    """Mean and spread of the predicted probabilities over `passes` passes with dropout on (Gal & Ghahramani, 2016,
    section 4); batch normalisation stays on its running statistics. The masks are the same for the same weights."""
    masks = [module for module in model.modules() if isinstance(module, Dropout)]
    generators = [mask.generator for mask in masks]
    with evaluating(model):
        for mask in masks:
            mask.train()
            mask.generator = torch.Generator().manual_seed(SEED)
        parts = [_moments(model, inputs, passes) for inputs in examples.inputs.split(CHUNK)]
    for mask, generator in zip(masks, generators, strict=True):
        mask.generator = generator
    mean, std = (torch.cat(part) for part in zip(*parts, strict=True))
    entropy = -torch.special.xlogy(mean, mean).sum(dim=1)
    order = entropy.argsort(stable=True)
    shown = min(SHOWN, len(order) // 2)
    extremes = torch.cat([order[:shown], order.flip(0)[:shown]])
    arrays = (mean.float(), std.float(), entropy.float(), examples.labels, extremes, examples.inputs[extremes])
    return MonteCarlo(*(array.numpy() for array in arrays))


def _moments(model: nn.Sequential, inputs: Tensor, passes: int) -> tuple[Tensor, Tensor]:
    """(examples, classes) mean and population standard deviation of the probabilities, in float64."""
    total = squares = torch.zeros(())
    for _ in range(passes):
        probabilities = model(inputs).double().softmax(dim=1)
        total, squares = total + probabilities, squares + probabilities.square()
    mean = total / passes
    return mean, (squares / passes - mean.square()).clamp(min=0).sqrt()
