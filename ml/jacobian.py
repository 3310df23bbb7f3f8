"""The mean singular value of a layer's Jacobian ∂z^i/∂z^(i-1), at a bounded cost.

Glorot & Bengio (2010), equation 17 and section 4.2.1.
"""

import math
from collections.abc import Callable
from functools import reduce
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.autograd import grad

from ml.cost import EXACT_WIDTH, MOST_EXAMPLES, exact_examples
from ml.model import activation_name, evaluating, normalising
from ml.spec import RunSpec

Segment = Callable[[Tensor], Tensor]

LANCZOS_STEPS = 20
PROBE_SEED = 17


def mean_singular_values(model: nn.Sequential, spec: RunSpec, activations: list[Tensor]) -> list[tuple[float, float]]:
    """Of each hidden layer but the first: the mean singular value over a few examples, and its standard error.

    `activations` are each hidden layer's z (examples, units, ...). Batch normalisation keeps the statistics of the last
    pass on its own ones, dropout is off; pooling belongs to the layer above it. NaN where it is not finite.
    """
    with evaluating(model), normalising(model, "on_remembered"):
        return [mean_singular_value(part, z) for part, z in zip(_segments(model, spec), activations, strict=False)]


def _segments(model: nn.Sequential, spec: RunSpec) -> list[Segment]:
    """What leads from each hidden layer's activation to the next one's."""
    parts = list(model.named_children())
    names = [name for name, _ in parts]
    ends = [names.index(activation_name(layer)) + 1 for layer in spec.hidden_layers]
    return [_chain([part for _, part in parts[start:end]]) for start, end in pairwise(ends)]


def _chain(parts: list[nn.Module]) -> Segment:
    return lambda z: reduce(lambda x, part: part(x), parts, z)


def mean_singular_value(segment: Segment, below: Tensor) -> tuple[float, float]:
    """Mean over the first examples of `below` (examples, inputs, ...), at most 10, and its standard error.

    Exact up to a width of 256, of the narrower side: 10 examples up to 58, 2 from 88 on. Beyond, each of 10 examples is
    estimated with a random vector of its own, whose error is part of the standard error.
    """
    with torch.no_grad():
        width = min(below[0].numel(), segment(below[:1]).numel())
    if width <= EXACT_WIDTH:
        means = _exact(_Operator(segment, below[: exact_examples(width)], width), width)
    else:
        means = _estimate(_Operator(segment, below[:MOST_EXAMPLES]))
    return means.mean().item(), means.std().item() / math.sqrt(len(means))


class _Operator:
    """The Jacobians of each of some examples as linear maps: `push` is J v, `pull` Jᵀ u, for one v or u an example,
    or for `copies` of them one after the other."""

    def __init__(self, segment: Segment, below: Tensor, copies: int = 1) -> None:
        self._below = below.detach().repeat_interleave(copies, dim=0).requires_grad_()
        self._above = segment(self._below)
        # Jᵀ u is linear in u, so its derivative by u is J: a forward derivative from two backward ones.
        self._u = torch.zeros_like(self._above).requires_grad_()
        self._pulled = grad(self._above, self._below, self._u, create_graph=True)[0]
        self.examples = len(below)
        self.inputs, self.outputs = (x[0].numel() for x in (self._below, self._above))

    def push(self, v: Tensor) -> Tensor:
        return grad(self._pulled, self._u, v.view_as(self._below), retain_graph=True)[0].flatten(1)

    def pull(self, u: Tensor) -> Tensor:
        return grad(self._above, self._below, u.view_as(self._above), retain_graph=True)[0].flatten(1)


def _exact(jacobian: _Operator, width: int) -> Tensor:
    """(examples,) mean singular values, from every row of each Jacobian or, where there are fewer, every column."""
    unit = torch.eye(width).repeat(jacobian.examples, 1)
    lines = jacobian.pull(unit) if jacobian.outputs <= jacobian.inputs else jacobian.push(unit)
    lines = lines.reshape(jacobian.examples, width, -1).double()
    # The eigenvalues of J Jᵀ are the squares of J's singular values, at a third of the time of an SVD.
    squares = lines @ lines.mT
    finite = squares.flatten(1).isfinite().all(dim=1)
    means = torch.linalg.eigvalsh(squares.nan_to_num(0, 0, 0)).clamp(min=0).sqrt().mean(dim=1)
    return means.where(finite, math.nan)


def _estimate(jacobian: _Operator) -> Tensor:
    """(examples,) estimates of tr(A^½) / n, A = J Jᵀ or Jᵀ J, whichever is smaller, of order n.

    Stochastic Lanczos quadrature (Ubaru, Chen & Saad, 2017, algorithm 1) with one random vector of signs an example.
    """
    up = jacobian.inputs <= jacobian.outputs
    order = jacobian.inputs if up else jacobian.outputs
    signs = torch.randint(0, 2, (jacobian.examples, order), generator=torch.Generator().manual_seed(PROBE_SEED)) * 2 - 1

    def apply(v: Tensor) -> Tensor:
        return jacobian.pull(jacobian.push(v)) if up else jacobian.push(jacobian.pull(v))

    return _quadrature(apply, signs / math.sqrt(order))


def _quadrature(apply: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """(examples,) vᵀ A^½ v for the unit vectors v = `start` (examples, n), by Lanczos' tridiagonal matrix of A."""
    basis, diagonal, off_diagonal = [start], [], []
    for _ in range(min(LANCZOS_STEPS, start.shape[1])):
        w = apply(basis[-1])
        diagonal.append((w * basis[-1]).sum(dim=1))
        known = torch.stack(basis, dim=1)
        for _again in range(2):  # rounding errors would bring back the directions that are known
            w = w - (known.mT @ (known @ w[:, :, None]))[:, :, 0]
        off_diagonal.append(w.norm(dim=1))
        basis.append(w / off_diagonal[-1].clamp(min=1e-20)[:, None])
    upper = torch.diag_embed(torch.stack(off_diagonal[:-1], 1), offset=1)
    tridiagonal = (torch.diag_embed(torch.stack(diagonal, 1)) + upper + upper.mT).double()
    # Where singular values reach down to 0 the error falls as 1 / steps: what half of them give takes it out.
    half = len(diagonal) // 2
    return 2 * _gauss(tridiagonal) - _gauss(tridiagonal[:, :half, :half])


def _gauss(tridiagonal: Tensor) -> Tensor:
    """(examples,) first diagonal elements of the square roots of these matrices."""
    finite = tridiagonal.flatten(1).isfinite().all(dim=1)
    nodes, vectors = torch.linalg.eigh(tridiagonal.nan_to_num(0, 0, 0))
    return (vectors[:, 0].square() * nodes.clamp(min=0).sqrt()).sum(dim=1).where(finite, math.nan)
