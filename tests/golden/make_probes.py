"""Makes tests/golden/probes: what NumPy and scikit-learn make of small sets of features.

    python tests/golden/make_probes.py

Each file is one set of features with its classes and the results of every method:

    train [N, D], classes [N], test [M, D]
    prototypes [M, C]                    cosine to the mean direction of each class
    knn [M, C]                           share of the votes, k and T in `knn_options`
    ridge, ridge_standardize [M, C]      decision values, alpha in `alpha`
    logistic, logistic_standardize [M, C] probabilities, C in `c`
    logistic_objective [2]               at scikit-learn's optimum, without and with standardizing

Needs NumPy, safetensors and scikit-learn; made with scikit-learn 1.9.1.
"""

import pathlib

import numpy as np
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.preprocessing import StandardScaler

FOLDER = pathlib.Path(__file__).resolve().parent / "probes"


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)


def prototypes(train, classes, test, count):
    means = np.stack([unit(train)[classes == c].mean(axis=0) for c in range(count)])
    return unit(test) @ unit(means).T


def knn(train, classes, test, count, k, temperature):
    """The lines of DINO's eval_knn.py, in NumPy."""
    similarity = unit(test) @ unit(train).T
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    weights = np.exp(np.take_along_axis(similarity, nearest, axis=1) / temperature)
    one_hot = np.eye(count)[classes[nearest]]
    votes = (one_hot * weights[:, :, None]).sum(axis=1)
    return votes / votes.sum(axis=1, keepdims=True)


def both_columns(decision):
    return decision if decision.ndim == 2 else np.stack([-decision, decision], axis=1)


def objective(model, train, classes):
    log_probabilities = model.predict_log_proba(train)
    loss = -log_probabilities[np.arange(len(classes)), classes].sum()
    return loss + (model.coef_**2).sum() / (2 * model.C)


def make(name, seed, size, width, count, spread, k, temperature, alpha, c):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(count, width))
    offset = 3 * random.normal(size=width)
    scales = np.exp(random.normal(size=width))

    def sample(number):
        classes = np.arange(number) % count
        noise = spread * random.normal(size=(number, width))
        # Single precision, as the features are read; the references compute in double.
        return ((centres[classes] + noise) * scales + offset).astype(np.float32), classes

    train32, classes = sample(size)
    test32, _ = sample(20)
    train32[:, -1] = 0.7  # a value that never changes
    train, test = train32.astype(np.float64), test32.astype(np.float64)
    scaler = StandardScaler().fit(train)

    tensors = {
        "train": train,
        "classes": classes,
        "test": test,
        "prototypes": prototypes(train, classes, test, count),
        "knn": knn(train, classes, test, count, k, temperature),
        "knn_options": [k, temperature],
        "alpha": [alpha],
        "c": [c],
    }
    objectives = []
    for suffix, transform in (("", lambda x: x), ("_standardize", scaler.transform)):
        ridge = RidgeClassifier(alpha=alpha, solver="cholesky").fit(transform(train), classes)
        tensors["ridge" + suffix] = both_columns(ridge.decision_function(transform(test)))
        logistic = LogisticRegression(C=c, tol=1e-12, max_iter=100000, solver="newton-cg")
        logistic.fit(transform(train), classes)
        tensors["logistic" + suffix] = logistic.predict_proba(transform(test))
        objectives.append(objective(logistic, transform(train), classes))
    tensors["logistic_objective"] = objectives
    save_file(
        {key: np.ascontiguousarray(value, dtype=np.float32) for key, value in tensors.items()},
        FOLDER / (name + ".safetensors"),
    )


def main():
    FOLDER.mkdir(exist_ok=True)
    make("three", 1, 30, 8, 3, 1.0, 7, 0.07, 2.0, 0.5)
    make("two", 2, 26, 6, 2, 2.0, 5, 0.2, 10.0, 3.0)
    # More values than vectors; k larger than the set.
    make("wide", 3, 12, 19, 4, 0.8, 50, 0.07, 0.3, 1.0)
    # Classes far apart, and hardly a penalty.
    make("apart", 4, 15, 5, 3, 0.1, 3, 0.01, 1e-3, 1e3)


if __name__ == "__main__":
    main()
