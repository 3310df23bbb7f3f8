"""Which Learn page explains a subject of the lecture that a diagnosis names."""

# By a rule's topic.
PAGES = {
    "The activations": "activations",
    "Suspects: the activation and the initialisation": "activations",
    "Dying ReLU": "activations",
    "Initialisation: Glorot and He": "signal",
    "Vanishing and exploding gradients": "signal",
    "Exploding gradients": "signal",
    "Training is slow": "optimizers",
    "The optimisers and the learning rate": "optimizers",
    "Dropout": "dropout",
    "Overfitting and regularisation": "dropout",
}
