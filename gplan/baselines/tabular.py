"""Trees that choose the next intent: ExtraTrees (Geurts, Ernst and Wehenkel 2006), or LightGBM (Ke et al. 2017)."""

from collections.abc import Sequence

import numpy as np

from data_process.schema import Row
from gplan.baselines.baseline import NextIntent
from gplan.baselines.decode import Scorer
from gplan.baselines.examples import LabelledRows, split
from gplan.baselines.features import plan_features, row_features
from gplan.baselines.vocabulary import Ids, Vocabulary
from utils import InputError

# What a choice that no tree has ever seen is worth beside those they have: under the rules one must be taken.
LEAST = 1e-6


class Tabular(NextIntent):
    """A classifier of the next intent from ``row_features`` and ``plan_features``, asked again after each intent.

    Args (YAML):
        booster: ``trees`` or ``lightgbm``, which stops early by a split of the training rows.
        trees, leaf, share: number of trees, samples a leaf at least, share of the features tried at a split.
        leaves: of a tree at most: without a bound a tree of 100,000 rows takes 180 MB.
        boost_leaves, rounds, rate, patience: LightGBM's.
    """

    def fit(self, examples: LabelledRows) -> None:
        if self.args.booster == "lightgbm":
            learn, stop = split(examples, self.args.held_out, self.args.seed)
            self._model = _boost(_decisions(learn, self), _decisions(stop, self), self.args)
            self.parameters = sum(tree["num_leaves"] for tree in self._model.booster_.dump_model()["tree_info"])
        else:
            self._model = _grow(*_decisions(examples, self), self.args)
            self.parameters = sum(tree.tree_.node_count for tree in self._model.estimators_)

    def scorer(self, rows: Sequence[Row]) -> Scorer:
        table = row_features(rows, self.args.sees)
        seen = self._model.classes_.astype(int)

        def score(numbers: np.ndarray, plans: Sequence[Ids]) -> np.ndarray:
            chances = self._model.predict_proba(np.hstack([table[numbers], plan_features(plans, self.vocabulary)]))
            scores = np.full((len(plans), len(self.vocabulary)), LEAST)
            scores[:, seen] += chances
            return np.log(scores)

        return score


def _decisions(examples: LabelledRows, model: Tabular) -> tuple[np.ndarray, np.ndarray]:
    """Every decision of every plan: what is known (N, F), and the choice (N,)."""
    vocabulary: Vocabulary = model.vocabulary
    table = row_features(examples.rows, model.args.sees)
    numbers = [i for i, plan in enumerate(examples.plans) for _ in range(len(plan) + 1)]
    before = [plan[:j] for plan in examples.plans for j in range(len(plan) + 1)]
    choices = [choice for plan in examples.plans for choice in (*plan, vocabulary.end)]
    return np.hstack([table[numbers], plan_features(before, vocabulary)]), np.array(choices)


def _grow(known: np.ndarray, choices: np.ndarray, args):
    try:
        from sklearn.ensemble import ExtraTreesClassifier
    except ImportError as error:
        raise InputError("tabular needs scikit-learn; pip install -r config/requirements/baselines.txt") from error
    model = ExtraTreesClassifier(
        args.trees,
        min_samples_leaf=args.leaf,
        max_features=args.share,
        max_leaf_nodes=args.leaves,
        random_state=args.seed,
        n_jobs=-1,
    )
    return model.fit(known, choices)


def _boost(learn: tuple[np.ndarray, np.ndarray], stop: tuple[np.ndarray, np.ndarray], args):
    try:
        import lightgbm
    except ImportError as error:
        raise InputError(
            "--booster lightgbm needs lightgbm; pip install -r config/requirements/baselines.txt"
        ) from error
    model = lightgbm.LGBMClassifier(
        n_estimators=args.rounds,
        num_leaves=args.boost_leaves,
        learning_rate=args.rate,
        min_child_samples=args.leaf,
        colsample_bytree=args.share,
        random_state=args.seed,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )
    known = np.isin(stop[1], learn[1])  # a choice that the training part lacks has no class
    stopping = lightgbm.early_stopping(args.patience, verbose=False)
    return model.fit(*learn, eval_X=stop[0][known], eval_y=stop[1][known], callbacks=[stopping])
