"""Peers of bench/rcv1-sgd.mjs, on one thread. Reads the two svmlight files named on the command line, prints a JSON line, then answers lines on
stdin: `sklearn LOSS ALPHA` one more epoch of SGDClassifier, `liblinear SOLVER C EPS` a training. Needs scikit-learn and liblinear.so.4."""

import ctypes
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.datasets import load_svmlight_file
from sklearn.linear_model import SGDClassifier

columns = 47152
x, y = load_svmlight_file(sys.argv[1], n_features=columns)
test_x, test_y = load_svmlight_file(sys.argv[2], n_features=columns)
lib = ctypes.CDLL("liblinear.so.4")
version = ctypes.c_int.in_dll(lib, "liblinear_version").value


class Problem(ctypes.Structure):
    _fields_ = [("l", ctypes.c_int), ("n", ctypes.c_int), ("y", ctypes.c_void_p), ("x", ctypes.c_void_p), ("bias", ctypes.c_double)]


class Parameter(ctypes.Structure):
    _fields_ = (
        [("solver_type", ctypes.c_int), ("eps", ctypes.c_double), ("C", ctypes.c_double), ("nr_weight", ctypes.c_int),
         ("weight_label", ctypes.c_void_p), ("weight", ctypes.c_void_p), ("p", ctypes.c_double)]
        + ([("nu", ctypes.c_double)] if version >= 240 else [])
        + [("init_sol", ctypes.c_void_p), ("regularize_bias", ctypes.c_int)]
    )


lib.train.restype = ctypes.c_void_p
lib.get_decfun_coef.restype = ctypes.c_double
lib.get_decfun_coef.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
lib.get_decfun_bias.restype = ctypes.c_double
lib.get_decfun_bias.argtypes = [ctypes.c_void_p, ctypes.c_int]
lib.get_labels.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
Print = ctypes.CFUNCTYPE(None, ctypes.c_char_p)
silent = Print(lambda text: None)
lib.set_print_string_function(silent)


def nodes(matrix):
    """Rows of { int index; double value }, each with the bias and an end, and where they begin."""
    node = np.dtype({"names": ["index", "value"], "formats": [np.int32, np.float64], "offsets": [0, 8], "itemsize": 16})
    rows, lengths = matrix.shape[0], np.diff(matrix.indptr)
    starts = np.concatenate([[0], np.cumsum(lengths + 2)])
    flat = np.zeros(starts[-1], dtype=node)
    place = np.arange(matrix.nnz) + 2 * np.repeat(np.arange(rows), lengths)
    flat["index"][place] = matrix.indices + 1
    flat["value"][place] = matrix.data
    flat["index"][starts[1:] - 2] = columns + 1
    flat["value"][starts[1:] - 2] = 1
    flat["index"][starts[1:] - 1] = -1
    return flat, (flat.ctypes.data + starts[:-1] * 16).astype(np.uint64)


held = None
models = {}


def descend(loss, alpha):
    name = {"log": "log_loss"}.get(loss, loss)
    model = models.setdefault(loss, SGDClassifier(loss=name, alpha=float(alpha), average=False, random_state=1))
    start = time.perf_counter()
    model.partial_fit(x, y, classes=[-1, 1])
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "error": float(np.mean(model.predict(test_x) != test_y))}


def liblinear(solver, cost, eps):
    global held
    held = held or nodes(x)
    problem = Problem(x.shape[0], columns + 1, y.ctypes.data, held[1].ctypes.data, 1.0)
    parameter = Parameter(solver_type=int(solver), eps=float(eps), C=float(cost), regularize_bias=1)
    start = time.perf_counter()
    model = lib.train(ctypes.byref(problem), ctypes.byref(parameter))
    seconds = time.perf_counter() - start
    labels = (ctypes.c_int * 2)()
    lib.get_labels(model, labels)
    w = np.array([lib.get_decfun_coef(model, i + 1, 0) for i in range(columns)])
    scores = (test_x @ w + lib.get_decfun_bias(model, 0)) * labels[0]
    return {"seconds": seconds, "error": float(np.mean(np.where(scores > 0, 1, -1) != test_y))}


print(json.dumps({"sklearn": sklearn.__version__, "liblinear": version}), flush=True)
for line in sys.stdin:
    kind, *rest = line.split()
    print(json.dumps(descend(*rest) if kind == "sklearn" else liblinear(*rest)), flush=True)
