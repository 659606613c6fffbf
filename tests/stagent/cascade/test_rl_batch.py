"""Groups by hand: who is judged how, what is left out, and where ids and their log-probabilities stand."""

import pytest

from stagent.cascade.rl_batch import Judgement, batch_of, group_figures, judgements
from tests.stagent.cascade.scored import call, scored, sequence

ONE = sequence([1, 2], ([3, 4], [-0.5, -0.25]), ([5], []), ([6], [-1.0]))
TWO = sequence([1], ([7], [-2.0]))
UNWRITTEN = sequence([1, 2, 3])


def test_a_sequence_has_the_advantage_of_its_episode():
    """Rewards 1, 0, .5: mean .5, deviation .5 (over 2); all sequences of an episode have the episode's."""
    group = [scored(1.0, ONE, TWO), scored(0.0, TWO), scored(0.5, ONE)]
    found = judgements([group])
    assert [each.sequence for each in found] == [ONE, TWO, TWO, ONE]
    assert [each.advantage for each in found] == pytest.approx([1, 1, -1, 0], abs=1e-3)


def test_what_teaches_nothing_is_left_out():
    same = [scored(0.7, ONE), scored(0.7, TWO)]
    assert judgements([same, [scored(None, ONE), scored(None, ONE)], [scored(1.0, ONE)]]) == []
    assert [each.sequence for each in judgements([same, [scored(1.0, UNWRITTEN), scored(0.0, ONE)]])] == [ONE]


def test_an_unscored_episode_is_no_zero():
    """With 0 for it, the mean of 1, .5 and nothing would be .5; without it, it is .75."""
    found = judgements([[scored(1.0, ONE), scored(None, TWO), scored(0.5, ONE)]])
    assert [each.advantage for each in found] == pytest.approx([0.7071, 0, -0.7071], abs=1e-3)


def test_figures_of_a_step():
    groups = [
        [scored(1.0, calls=[call(), call("error")]), scored(0.0, calls=[call("failed")])],
        [scored(0.5, calls=[call("empty")]), scored(0.5)],
        [scored(None), scored(0.8)],
    ]
    found = group_figures(groups)
    assert found.reward == pytest.approx(2.8 / 5)  # the unscored one is no part of it
    assert found.spreadless == pytest.approx(2 / 3)
    assert (found.vetoed, found.calls, found.unscored) == (1 / 6, 4 / 6, 1)
    assert found.errors == 2 / 4  # an empty answer is none


def test_figures_where_nothing_was_scored_or_called():
    found = group_figures([[scored(None), scored(None)]])
    assert (found.reward, found.spreadless, found.errors, found.unscored) == (0.0, 1.0, 0.0, 2)


def test_a_column_is_about_the_id_behind_it():
    """1 2 [3 4] 5 [6]  and  1 [7], padded."""
    batch = batch_of([Judgement(ONE, 0.5), Judgement(TWO, -0.5)], pad=0)
    assert batch.ids.tolist() == [[1, 2, 3, 4, 5, 6], [1, 7, 0, 0, 0, 0]]
    assert batch.written.tolist() == [[False, True, True, False, True], [True, False, False, False, False]]
    assert batch.logprobs.tolist() == [[0, -0.5, -0.25, 0, -1], [-2, 0, 0, 0, 0]]
    assert batch.advantages.tolist() == [0.5, -0.5]
