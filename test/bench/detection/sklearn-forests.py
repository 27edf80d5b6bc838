"""scikit-learn's forests on Picket's features, with Picket's folds.

Reads one JSON object on standard input: "columns", which the random forest may learn from, and "folds", each a
list of captures {"name", "rows", "labels"}. Prints one JSON object: for each forest and capture the scores of its rows by forests that never saw its fold.
"""
import json
import sys

import numpy
from sklearn.ensemble import IsolationForest, RandomForestClassifier

TREES = 100
given = json.load(sys.stdin)
columns, folds = given["columns"], given["folds"]
answer = {"random": {}, "isolation": {}}


def weights_of(captures):
    """Every capture counts the same within its class, and both classes the same."""
    weights = []
    sides = [sum(1 for one in captures if label in one["labels"]) for label in (0, 1)]
    for capture in captures:
        counts = [capture["labels"].count(0), capture["labels"].count(1)]
        weights += [1 / counts[label] / sides[label] for label in capture["labels"]]
    return numpy.array(weights)


for at, held_out in enumerate(folds):
    training = [capture for other, fold in enumerate(folds) if other != at for capture in fold]
    rows = numpy.array([row for capture in training for row in capture["rows"]])
    labels = numpy.array([label for capture in training for label in capture["labels"]])
    forest = RandomForestClassifier(n_estimators=TREES, min_samples_leaf=3, n_jobs=2, random_state=1)
    forest.fit(rows[:, columns], labels, sample_weight=weights_of(training))
    isolation = IsolationForest(n_estimators=TREES, random_state=1).fit(rows[labels == 0])
    for capture in held_out:
        own = numpy.array(capture["rows"])
        answer["random"][capture["name"]] = forest.predict_proba(own[:, columns])[:, 1].tolist()
        answer["isolation"][capture["name"]] = (-isolation.score_samples(own)).tolist()

json.dump(answer, sys.stdout)
