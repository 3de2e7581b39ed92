"""Recorded values of scikit-learn for test/sparse: `/usr/bin/python3 test/golden/sparse.py > test/golden/sparse.json` (1.2)."""

import json
import math
import warnings

import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")
texts = [
    "The quick brown fox jumps over the lazy dog, the dog sleeps.",
    "Größe und Maß: naïve café_2 costs 15 EUR; die Größe zählt.",
    "",
    "a b c",
    "free money! FREE money now, click now: http://example.com/free",
    "быстрая лисица, ленивая собака; 速い 茶色の狐",
]


def csr(matrix):
    matrix = sp.csr_matrix(matrix)
    matrix.sort_indices()
    return {
        "columns": matrix.shape[1],
        "offsets": matrix.indptr.tolist(),
        "indices": matrix.indices.tolist(),
        "values": [float(value) for value in matrix.data],
    }


hashing = [
    {"ours": ours, "rows": csr(HashingVectorizer(**theirs).transform(texts))}
    for ours, theirs in [
        ({"features": 1024}, {"n_features": 1024}),
        ({"features": 50, "norm": "l1"}, {"n_features": 50, "norm": "l1"}),
        ({"features": 2**20, "norm": "none", "alternateSign": False, "ngrams": [1, 2]},
         {"norm": None, "alternate_sign": False, "ngram_range": (1, 2)}),
    ]
]
counting = []
for ours, theirs in [
    ({}, {}),
    ({"ngrams": [1, 3], "binary": True, "lowercase": False}, {"ngram_range": (1, 3), "binary": True, "lowercase": False}),
    ({"minDocuments": 1, "maxFeatures": 6}, {"min_df": 1, "max_features": 6}),
    ({"stopWords": ["the", "und"], "maxDocuments": 0.2}, {"stop_words": ["the", "und"], "max_df": 0.2}),
]:
    vectorizer = CountVectorizer(**theirs)
    rows = vectorizer.fit_transform(texts)
    counting.append({"ours": ours, "vocabulary": vectorizer.get_feature_names_out().tolist(), "rows": csr(rows)})
weighting = []
for ours, theirs in [
    ({}, {}),
    ({"smooth": False, "norm": "l1"}, {"smooth_idf": False, "norm": "l1"}),
    ({"sublinear": True, "norm": "none"}, {"sublinear_tf": True, "norm": None}),
    ({"useIdf": False}, {"use_idf": False}),
]:
    vectorizer = TfidfVectorizer(**theirs)
    rows = vectorizer.fit_transform(texts)
    weighting.append({"ours": ours, "idf": vectorizer.idf_.tolist() if theirs.get("use_idf", True) else None, "rows": csr(rows)})

random = np.random.RandomState(3)
x = sp.random(200, 50, density=0.15, random_state=random, format="csr")
x.data = x.data.astype(np.float32).astype(np.float64)
planted = random.randn(50, 3)
y3 = np.argmax(x @ planted + 0.3 * random.randn(200, 3), axis=1)
y2 = (x @ planted[:, 0] + 0.3 * random.randn(200) > 0).astype(int)

losses = {"hinge": "hinge", "squaredHinge": "squared_hinge", "log": "log_loss"}


def optimal_eta(alpha):
    """scikit-learn's first step with learning_rate='optimal'; its max(1, dloss) is 1, since dloss is negative."""
    return math.sqrt(1 / math.sqrt(alpha))


descent = []
for loss, name in losses.items():
    for penalty, ratio in [("l2", 0.0), ("l1", 1.0), ("elasticnet", 0.3)]:
        for labels in ("y2", "y3"):
            # The squared hinge diverges from that first step.
            constant = loss == "squaredHinge"
            rate = {"learning_rate": "constant", "eta0": 0.1} if constant else {}
            theirs = SGDClassifier(
                loss=name, alpha=1e-3, penalty=penalty, l1_ratio=ratio, max_iter=4, tol=None, shuffle=False, **rate)
            theirs.fit(x, {"y2": y2, "y3": y3}[labels])
            descent.append({
                "labels": labels, "epochs": 4,
                "ours": {"loss": loss, "alpha": 1e-3, "l1Ratio": ratio,
                         "learningRate": 0.1 if constant else optimal_eta(1e-3), "schedule": "constant" if constant else "bottou"},
                "coefficients": theirs.coef_.tolist(), "intercepts": theirs.intercept_.tolist(),
            })
    theirs = SGDClassifier(loss=name, alpha=1e-3, max_iter=4, tol=None, shuffle=False, average=151, learning_rate="constant", eta0=0.1)
    theirs.fit(x, y2)
    descent.append({
        "labels": "y2", "epochs": 4,
        "ours": {"loss": loss, "alpha": 1e-3, "average": 150, "learningRate": 0.1, "schedule": "constant"},
        "coefficients": theirs.coef_.tolist(), "intercepts": theirs.intercept_.tolist(),
    })

dual = []
for loss in losses:
    common = {"C": 1 / (1e-2 * 200), "dual": True, "max_iter": 1000000, "tol": 1e-10}
    if loss == "log":
        theirs = LogisticRegression(solver="liblinear", intercept_scaling=1, **common)
    else:
        theirs = LinearSVC(loss={"hinge": "hinge", "squaredHinge": "squared_hinge"}[loss], **common)
    theirs.fit(x, y2)
    dual.append({"loss": loss, "alpha": 1e-2, "coefficients": theirs.coef_.tolist(), "intercepts": theirs.intercept_.tolist()})

print(json.dumps({
    "versions": {"scikit-learn": sklearn.__version__},
    "texts": texts, "hashing": hashing, "counting": counting, "weighting": weighting,
    "x": csr(x), "y2": y2.tolist(), "y3": y3.tolist(), "descent": descent, "dual": dual,
}, ensure_ascii=False))
