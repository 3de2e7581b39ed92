"""Records scikit-learn's measures of classification to metrics.json. Run with a Python that has scikit-learn.

41 samples. Scores s_i = ((7919 i) mod 101) / 16 - 3, for several classes counted over [samples, classes], of which 'rare' is never the largest: s - 9 for
the last class. Labels (37 i mod 11) mod classes, where 'absent' keeps off the last class: mod (classes - 1). Ties: scores rounded down to whole numbers.
Weights 1 + i mod 3.
"""

import json
import pathlib
import warnings

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score

N = 41
warnings.simplefilter("ignore")
weights = np.array([1 + i % 3 for i in range(N)])


def samples(classes, rare, absent):
    columns = 1 if classes == 2 else classes
    scores = np.array([7919 * i % 101 / 16 - 3 for i in range(N * columns)]).reshape(N, columns)
    if rare:
        scores[:, -1] -= 9
    labels = np.array([37 * i % 11 % (classes - absent) for i in range(N)])
    return scores, labels


def record(classes, average, rare=False, absent=False, weighted=False):
    scores, labels = samples(classes, rare, absent)
    said = (scores[:, 0] > 0).astype(int) if classes == 2 else scores.argmax(1)
    options = {"average": average, "sample_weight": weights if weighted else None, "zero_division": 0}
    found = {name: of(labels, said, **options) for name, of in (("precision", precision_score), ("recall", recall_score), ("f1_score", f1_score))}
    found["accuracy"] = accuracy_score(labels, said, sample_weight=options["sample_weight"])
    return {"classes": classes, "average": average, "rare": rare, "absent": absent, "weighted": weighted, "values": found}


def area(classes, ties, average="macro"):
    scores, labels = samples(classes, False, False)
    scores = np.floor(scores) if ties else scores
    if classes == 2:
        return {"classes": 2, "ties": ties, "average": average, "value": roc_auc_score(labels, scores[:, 0])}
    # scikit-learn wants rows that sum to 1: each class against the rest, averaged here
    areas = [roc_auc_score(labels == k, scores[:, k]) for k in range(classes)]
    share = np.bincount(labels) if average == "weighted" else None
    return {"classes": classes, "ties": ties, "average": average, "value": float(np.average(areas, weights=share))}


CASES = [record(2, average, weighted=w) for average in ("binary", "micro", "macro", "weighted") for w in (False, True)]
CASES += [record(5, average, rare, absent, w) for average in ("micro", "macro", "weighted") for rare in (False, True) for absent in (False, True) for w in (False, True)]
AREAS = [area(2, False), area(2, True), area(4, False), area(4, True), area(4, True, "weighted")]
lines = lambda items: "[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]"
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text('{"cases": ' + lines(CASES) + ',\n"areas": ' + lines(AREAS) + "}\n")
