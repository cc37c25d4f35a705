"""A forest of small trees that foretells three quantiles of a wait from what is seen of a queue. Pure, seeded.

Gradient boosting with the quantile loss (Friedman, Greedy Function Approximation, 2001; Koenker, Quantile Regression,
2005), on features cut into few bins, so that one level of a tree is a handful of `bincount`s. One tree serves all three
quantiles: a split is good if it separates what lies above from what lies below any of them, and each leaf corrects
each quantile by its own. A fit of 8,000 moments with 30 features takes about a second.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

QUANTILES = np.array([0.1, 0.5, 0.9])
TREES, DEPTH = 60, 4  # more of either gained nothing on a bank, an emergency room and five rides
RATE = 0.1  # what share of its correction each tree may make
BINS = 24  # a feature
LEAF_MIN = 20  # moments of the sample in a leaf
SAMPLE = 0.5  # of the moments, drawn anew for each tree


@dataclass(frozen=True, slots=True)
class Tree:
    """Feature and cut of each node, level by level, and each leaf's correction of each quantile."""

    features: list[Ints]
    cuts: list[Ints]
    leaves: Floats

    def leaf_of(self, bins: Ints) -> Ints:
        """The leaf of each row."""
        rows = np.arange(len(bins))
        node = np.zeros(len(bins), np.int64)
        for feature, cut in zip(self.features, self.cuts, strict=True):
            node = node * 2 + (bins[rows, feature[node]] > cut[node])
        return node


@dataclass(frozen=True, slots=True)
class Forest:
    """What was learned: the bins' edges, the quantiles of all, and the trees that correct them."""

    edges: Floats  # a row for each feature, filled up with infinity
    base: Floats
    features: list[Ints]  # level by level, a row for each tree
    cuts: list[Ints]
    leaves: Floats  # tree, leaf, quantile

    def foretell(self, features: Floats) -> Floats:
        """The quantiles for one row of features, in ascending order."""
        bins = (self.edges <= features[:, None]).sum(axis=1)
        trees = np.arange(len(self.leaves))
        node = np.zeros(len(trees), np.int64)
        for feature, cut in zip(self.features, self.cuts, strict=True):
            node = node * 2 + (bins[feature[trees, node]] > cut[trees, node])
        return np.sort(self.base + self.leaves[trees, node].sum(axis=0))


def grow(features: Floats, outcomes: Floats, seed: int = 0) -> Forest:
    """Learns from rows of features and what came of them."""
    random = np.random.default_rng(seed)
    edges = [np.unique(np.quantile(column, np.arange(1, BINS) / BINS)) for column in features.T]
    bins = _bins(features, edges)
    base = np.quantile(outcomes, QUANTILES)
    told = np.tile(base, (len(bins), 1))
    trees = []
    for _ in range(TREES):
        sample = np.flatnonzero(random.random(len(bins)) < SAMPLE)
        above = outcomes[sample, None] > told[sample]
        push = np.where(above, QUANTILES, QUANTILES - 1) / np.sqrt(QUANTILES * (1 - QUANTILES))
        shape = _split(bins[sample], push)
        leaf = shape.leaf_of(bins)
        tree = Tree(shape.features, shape.cuts, RATE * _corrections(leaf, outcomes[:, None] - told))
        told += tree.leaves[leaf]
        trees.append(tree)
    widest = max(len(cuts) for cuts in edges)
    return Forest(
        np.array([np.pad(cuts, (0, widest - len(cuts)), constant_values=np.inf) for cuts in edges]),
        base,
        [np.stack([tree.features[level] for tree in trees]) for level in range(DEPTH)],
        [np.stack([tree.cuts[level] for tree in trees]) for level in range(DEPTH)],
        np.stack([tree.leaves for tree in trees]),
    )


def _split(bins: Ints, push: Floats) -> Tree:
    """A tree without corrections: each node is cut where the sums of the pushes differ most."""
    rows, width = bins.shape
    flat = bins + np.arange(width) * BINS
    node = np.zeros(rows, np.int64)
    features: list[Ints] = []
    cuts: list[Ints] = []
    for level in range(DEPTH):
        nodes = 1 << level
        gain = _gains((flat + (node * (width * BINS))[:, None]).ravel(), push, (nodes, width, BINS)).reshape(nodes, -1)
        best = gain.argmax(axis=1)
        feature = best // BINS
        cut = np.where(gain[np.arange(nodes), best] > 0, best % BINS, BINS)  # beyond the last bin: not cut
        features.append(feature)
        cuts.append(cut)
        node = node * 2 + (bins[np.arange(rows), feature[node]] > cut[node])
    return Tree(features, cuts, np.zeros((1 << DEPTH, len(QUANTILES))))


def _gains(cells: Ints, push: Floats, shape: tuple[int, int, int]) -> Floats:
    """For each node, feature and bin: what a cut behind this bin would gain; -1 where a side would be too small."""
    size = shape[0] * shape[1] * shape[2]
    count = np.bincount(cells, minlength=size).reshape(shape).cumsum(axis=2)
    rest = count[:, :, -1:] - count
    gain: Floats = np.zeros(shape)
    for one in push.T:
        below = np.bincount(cells, weights=np.repeat(one, shape[1]), minlength=size).reshape(shape).cumsum(axis=2)
        whole = below[:, :, -1:]
        gain += below**2 / np.maximum(count, 1) + (whole - below) ** 2 / np.maximum(rest, 1)
        gain -= whole**2 / np.maximum(count[:, :, -1:], 1)
    gain[(count < LEAF_MIN) | (rest < LEAF_MIN)] = -1.0
    return gain


def _corrections(leaf: Ints, residuals: Floats) -> Floats:
    order = np.argsort(leaf, kind="stable")
    ends = np.searchsorted(leaf[order], np.arange((1 << DEPTH) + 1))
    leaves = np.zeros((1 << DEPTH, len(QUANTILES)))
    for number, (first, last) in enumerate(itertools.pairwise(ends)):
        if first < last:
            inside = residuals[order[first:last]]
            leaves[number] = [np.quantile(inside[:, k], share) for k, share in enumerate(QUANTILES)]
    return leaves


def _bins(features: Floats, edges: list[Floats]) -> Ints:
    columns = [np.searchsorted(cuts, features[:, number], side="right") for number, cuts in enumerate(edges)]
    return np.stack(columns, axis=1).astype(np.int64)
