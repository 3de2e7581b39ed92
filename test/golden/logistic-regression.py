"""Records scikit-learn's logistic regression on scikit-learn's own data sets (iris, breast-cancer, digits, wine), to logistic-regression.json and
logistic-regression-data.json. Run with a Python that has scikit-learn.

A column x is standardised as (x - m) / s, m its mean and s = sqrt(mean((x - m)^2)), 1 where that is 0. No solver of scikit-learn goes to rounding (`reached`
says how near each came, relative to the largest coefficient), so that Newton steps on the same E, in extended precision, take its solution to the minimum.
"""

import base64
import gzip
import json
import pathlib
import warnings

import numpy as np
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

LOADERS = {
    "iris": datasets.load_iris,
    "breast-cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
    "wine": datasets.load_wine,
}
REAL = np.longdouble


def samples(name, columns, standardise):
    data = LOADERS[name]()
    x = data.data[:, columns] if columns else data.data
    if not standardise:
        return x, data.target
    m = x.mean(0)
    s = np.sqrt(((x - m) ** 2).mean(0))
    return (x - m) / np.where(s == 0, 1, s), data.target


def refine(x, y, theta, weights, C, penalised, intercept):
    """Newton steps on E = 1/2 |w|^2 + C sum s l; the gradient in extended precision, the intercepts of several classes centred."""
    n, d = x.shape
    x1 = np.hstack([x, np.ones((n, 1))]).astype(REAL) if intercept else x.astype(REAL)
    classes = y.max() + 1
    ridge = np.zeros(x1.shape[1], REAL)
    ridge[:d] = penalised
    c = C * weights.astype(REAL)
    theta = theta.astype(REAL)
    for _ in range(8):
        z = x1 @ theta.T
        if classes == 2:
            z = np.hstack([np.zeros((n, 1), REAL), z])
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        slope = (c[:, None] * (p - np.eye(classes)[y]))[:, 1 if classes == 2 else 0 :]
        gradient = slope.T @ x1 + ridge * theta
        k, q = theta.shape[0], p[:, 1 if classes == 2 else 0 :].astype(float)
        hessian = np.zeros((k, theta.shape[1], k, theta.shape[1]))
        for a in range(k):
            for b in range(k):
                factor = c.astype(float) * q[:, a] * ((a == b) - q[:, b])
                hessian[a, :, b, :] = (x1.astype(float) * factor[:, None]).T @ x1.astype(float)
            hessian[a, :, a, :] += np.diag(ridge.astype(float))
        size = theta.size
        step = np.linalg.lstsq(hessian.reshape(size, size), gradient.astype(float).ravel(), rcond=1e-14)[0]
        theta = theta - step.reshape(theta.shape)
        if classes > 2 and intercept:
            theta[:, d] -= theta[:, d].mean()
        if classes > 2 and not penalised:
            theta -= theta.mean(0)
    assert abs(gradient).max() < 1e-15 * max(1, abs(c).sum()), abs(gradient).max()
    return theta


def record(name, columns=None, standardise=True, sampleWeight=None, **options):
    x, y = samples(name, columns, standardise)
    C, penalty, intercept = options.get("C", 1.0), options.get("penalty", "l2"), options.get("fitIntercept", True)
    class_weight = options.get("classWeight")
    if isinstance(class_weight, dict):
        class_weight = {int(label): weight for label, weight in class_weight.items()}
    own = np.array([1 + i % sampleWeight for i in range(len(y))]) if sampleWeight else None
    solver = "newton-cg" if y.max() > 1 else "newton-cholesky"
    model = LogisticRegression(penalty=penalty, C=C, fit_intercept=intercept, class_weight=class_weight, solver=solver, tol=1e-12, max_iter=60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, own)
    weights = compute_sample_weight(class_weight, y) * (1 if own is None else own)
    found = np.hstack([model.coef_, model.intercept_[:, None]]) if intercept else model.coef_
    theta = refine(x, y, found, weights, C, penalty == "l2", intercept)
    reached = float(abs(theta - found).max() / abs(theta).max())
    assert reached < 1e-7, (name, options, reached)
    d = x.shape[1]
    rows = [0, len(y) // 2, len(y) - 1]
    z = x[rows] @ theta[:, :d].T.astype(float) + (theta[:, d].astype(float) if intercept else 0)
    if y.max() == 1:
        z = np.hstack([np.zeros((3, 1)), z])
    p = np.exp(z - z.max(1, keepdims=True))
    print(name, columns, options, sampleWeight, reached, model.n_iter_)
    return {
        "data": name,
        **({"columns": columns} if columns else {}),
        **({"sampleWeight": sampleWeight} if sampleWeight else {}),
        "standardise": standardise,
        "options": options,
        "reached": float(f"{reached:.1e}"),
        "coefficients": theta[:, :d].astype(float).ravel().tolist(),
        "intercepts": theta[:, d].astype(float).tolist() if intercept else [0.0] * len(theta),
        "accuracy": float((model.predict(x) == y).mean()),
        "rows": rows,
        "probabilities": (p / p.sum(1, keepdims=True)).ravel().tolist(),
    }


# sampleWeight: m stands for the weights 1 + i mod m
CASES = [
    record("breast-cancer"),
    record("breast-cancer", C=0.01),
    record("breast-cancer", standardise=False),
    record("breast-cancer", C=100.0, classWeight="balanced"),
    record("breast-cancer", fitIntercept=False, sampleWeight=3),
    record("breast-cancer", columns=[0, 1, 4, 5, 8], penalty="none"),
    record("iris"),
    record("iris", standardise=False),
    record("iris", C=10.0, fitIntercept=False),
    record("wine"),
    record("wine", classWeight={"0": 2.0, "2": 0.5}, sampleWeight=2),
    record("wine", columns=[1, 2, 4], penalty="none"),
    record("digits"),
]


def packed(name):
    """x as whole numbers over a power of ten for each column, which gives the same doubles; gzip, base64."""
    data = LOADERS[name]()
    decimals = [next(e for e in range(10) if (np.round(column * 10.0**e) / 10.0**e == column).all()) for column in data.data.T]
    whole = np.round(data.data * 10.0 ** np.array(decimals))
    kind = "uint8" if whole.max() < 256 else "int32"
    assert whole.max() < 2**31 and (whole.astype(kind) / 10.0 ** np.array(decimals) == data.data).all()
    encode = lambda a: base64.b64encode(gzip.compress(a.tobytes(), mtime=0)).decode()
    return {"shape": data.data.shape, "decimals": decimals, "kind": kind, "x": encode(whole.astype(kind)), "y": encode(data.target.astype("uint8"))}


folder = pathlib.Path(__file__).parent
(folder / "logistic-regression.json").write_text('{"cases": [\n' + ",\n".join(json.dumps(case) for case in CASES) + "\n]}\n")
(folder / "logistic-regression-data.json").write_text('{\n' + ",\n".join(f'"{name}": {json.dumps(packed(name))}' for name in LOADERS) + "\n}\n")
