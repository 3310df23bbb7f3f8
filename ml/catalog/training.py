"""How a network can be trained: optimizers, losses, clipping."""

from ml.catalog.entries import Optimizer, Option, table

# torch's fused kernels take the same steps in a third of the time.
OPTIMIZERS = table(
    Optimizer("sgd", "gradient descent", "θ ← θ − η∇J", "torch.optim.SGD", arguments=lambda _: {"fused": True}),
    Optimizer(
        "momentum",
        "momentum",
        "m ← βm − η∇J, θ ← θ + m",
        "torch.optim.SGD",
        "torch keeps m' ← βm' + ∇J and takes θ ← θ − ηm'. Its m' is −1/η times the lecture's m (equations 7 and 8), so "
        "with a constant η, as here, the parameters follow the same path.",
        {"momentum": 0.9},
        lambda c: {"momentum": c["momentum"], "fused": True},
        state=1,
    ),
    Optimizer(
        "nesterov",
        "Nesterov momentum",
        "m ← βm − η∇J(θ + βm), θ ← θ + m",
        "torch.optim.SGD",
        "torch keeps the look-ahead point θ + βm as its parameters, so the gradient is taken where they are, and takes "
        "m' ← βm' + ∇J, θ ← θ − η(∇J + βm'): the same path, seen one look ahead.",
        {"momentum": 0.9},
        lambda c: {"momentum": c["momentum"], "nesterov": True, "fused": True},
        state=1,
    ),
    Optimizer(
        "adagrad",
        "AdaGrad",
        "v ← v + ∇J², θ ← θ − η∇J / (√v + ε)",
        "torch.optim.Adagrad",
        "",
        {"eps": 1e-10},
        lambda c: {"eps": c["eps"], "fused": True},
        state=1,
    ),
    Optimizer(
        "rmsprop",
        "RMSProp",
        "v ← ρv + (1 − ρ)∇J², θ ← θ − η∇J / (√v + ε)",
        "torch.optim.RMSprop",
        "",
        {"rho": 0.9, "eps": 1e-8},
        lambda c: {"alpha": c["rho"], "eps": c["eps"], "foreach": True},
        state=1,
    ),
    Optimizer(
        "adam",
        "Adam",
        "θ ← θ − η m̂ / (√v̂ + ε)",
        "torch.optim.Adam",
        "m ← β₁m + (1 − β₁)∇J and v ← β₂v + (1 − β₂)∇J², each divided by 1 − βᵗ at step t.",
        {"momentum": 0.9, "beta2": 0.999, "eps": 1e-8},
        lambda c: {"betas": (c["momentum"], c["beta2"]), "eps": c["eps"], "fused": True},
        state=2,
    ),
    Optimizer(
        "nadam",
        "Nadam",
        "θ ← θ − η (β₁m̂ + (1 − β₁)∇J / (1 − β₁ᵗ)) / (√v̂ + ε)",
        "torch.optim.NAdam",
        "torch warms β₁ up as Dozat (2016) does, β₁(1 − 0.5 · 0.96^(0.004 t)) at step t, and corrects by the product "
        "of these instead of by β₁ᵗ.",
        {"momentum": 0.9, "beta2": 0.999, "eps": 1e-8},
        lambda c: {"betas": (c["momentum"], c["beta2"]), "eps": c["eps"], "foreach": True},
        state=2,
    ),
)

LOSSES = table(
    Option("cross_entropy", "cross-entropy", "−log p of the right class, p the softmax of the outputs"),
    Option("quadratic", "quadratic", "½ Σ (p − y)² over the classes, p the softmax, y 1 for the right class, else 0"),
)

CLIPS = table(
    Option("none", "off", ""),
    Option("norm", "by norm", "∇J ← ∇J · min(1, c / ‖∇J‖), the norm over all parameters"),
    Option("value", "by value", "each component to [−c, c]"),
)
