"""Runs with nothing wrong, in which the rules must find nothing: the usual ones, and ones that look odd but learn."""

from ml.patients import XAVIER, digits, shapes
from ml.spec import RunSpec

SGD = {"optimizer": "sgd", "lr": 0.1}
SHAPES = {"classes": (0, 1, 2), "epochs": 20}

HEALTHY: tuple[RunSpec, ...] = (
    # Half of the activations of a ReLU net are 0, and so is the slope there.
    digits("relu", (100, 50)),
    digits("relu", (60,) * 5, **SGD),
    digits("relu", (40,) * 10, **{"init": "kaiming_uniform"}),
    # A sigmoid that is saturated at first, and escapes.
    digits("sigmoid", (50,), init="normal", init_std=1.0, optimizer="adam", lr=0.01, epochs=20),
    digits("sigmoid", (50, 50), init="normal", init_std=1.0, lr=0.03, epochs=20),
    digits("sigmoid", (60, 40), **XAVIER, lr=0.005, epochs=20),
    # Small nets move by a large share of their weights.
    digits("relu", (8,), classes=(0, 1, 2), lr=0.03, epochs=20),
    digits("tanh", (6, 6), **XAVIER, classes=(0, 1, 2), batch_size=8, lr=0.05, epochs=15),
    # Converged: there is hardly any gradient left, and hardly any update.
    digits("relu", (100, 60), epochs=80, batch_size=64, lr=0.003),
    digits("tanh", (80,), **XAVIER, epochs=60, batch_size=64, lr=0.01),
    # Weights that do not fit, and that it copes with.
    digits("tanh", (80,) * 3, init="standard", **SGD, epochs=20),
    digits("relu", (80,), init="normal", init_std=0.5, lr=0.01, epochs=30),
    digits("tanh", (60, 60), init="normal", init_std=0.5, lr=0.01, epochs=30),
    digits("tanh", (60,) * 4, init="orthogonal", **SGD),
    # Other activations.
    digits("selu", (50,) * 10, init="lecun_normal", optimizer="sgd", lr=0.03, epochs=15),
    digits("gelu", (80, 40)),
    digits("maxout", (40, 40), **XAVIER, optimizer="momentum", lr=0.01),
    digits("softsign", (80,) * 3, init="standard", lr=0.005, epochs=15),
    digits(("leaky_relu", "relu"), (100, 50), alpha=0.2, dropout=0.2),
    # Other nets.
    digits("relu", (40,), architecture="cnn", channels=(6, 12), dropout=0.2),
    digits("sigmoid", (60,) * 5, **XAVIER, batch_norm="before", **SGD, epochs=15),
    digits("relu", (100, 100), dropout=0.5, epochs=20),
    digits("relu", (80, 80), max_norm=3.0, input_dropout=0.2, epochs=15),
    # Other trainings.
    digits("tanh", (80, 40), **XAVIER, loss="quadratic", lr=0.005, epochs=15),
    digits("relu", (100, 50), batch_size=600, lr=0.01, epochs=60),
    digits("relu", (80,), optimizer="sgd", lr=0.01, epochs=30),
    digits("elu", (60, 60), batch_size=2, optimizer="sgd", lr=0.02, epochs=3, snapshot_every=100),
    digits("tanh", (50, 30), **XAVIER, classes=(3, 8), optimizer="adagrad", lr=0.01),
    digits("relu", (60, 60), clip="norm", clip_at=0.5, **SGD, epochs=15),
    digits("relu", (100,), weight_decay=1e-3, scaling="unit", epochs=20),
    # Harder images, which a small net learns only in part.
    shapes("tanh", (100,) * 3, **XAVIER, optimizer="sgd", lr=0.05, **SHAPES),
    shapes("relu", (100, 50), **SHAPES),
    shapes("relu", (20,), architecture="cnn", channels=(4, 8), **SHAPES | {"epochs": 12}),
    shapes("softsign", (100, 100), init="xavier_uniform", optimizer="momentum", lr=0.01, **SHAPES),
    shapes("leaky_relu", (100, 50), optimizer="momentum", lr=0.01, epochs=30),
)
