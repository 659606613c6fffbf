"""Lessons as tensors, by hand, and the loss of such a batch by the model's own log-probabilities."""

import pytest
import torch

from data_process.encode import IGNORED
from data_process.tokenised import FILLER
from stagent.cascade.lesson_sets import LessonSet, collate, padded
from stagent.cascade.sft import attach_written_losses
from stagent.rollout.sequence import TokenSequence
from tests.stagent.cascade.toy import toy_lessons

LONG = TokenSequence([5, 6, 7, 8, 9], [False, True, True, False, True], [0.0] * 5)
SHORT = TokenSequence([4, 3], [False, True], [0.0] * 2)
PAD = 0


def test_ids_and_labels_stand_at_the_same_places():
    found = padded([LONG, SHORT], PAD)
    assert found["input_ids"].tolist() == [[5, 6, 7, 8, 9], [4, 3, PAD, PAD, PAD]]
    assert found["labels"].tolist() == [[IGNORED, 6, 7, IGNORED, 9], [IGNORED, 3, IGNORED, IGNORED, IGNORED]]


def test_what_fills_up_a_batch_counts_nothing():
    batch = collate([(7, SHORT), None], PAD)
    assert batch["lessons"].tolist() == [7] and batch["input_ids"].tolist() == [[4, 3]]
    nothing = collate([None, None], PAD)
    assert nothing["lessons"].tolist() == [FILLER] and (nothing["labels"] == IGNORED).all()


def test_a_set_gives_lessons_by_epoch_and_number():
    lessons = LessonSet([LONG, SHORT])
    assert len(lessons) == 2 and lessons.lengths.tolist() == [5, 2]
    assert lessons[3, 1] == (1, SHORT) and lessons[0, FILLER] is None


@pytest.fixture
def losses(untrained):
    """``losses(lessons)`` -> -log p of each written id; row by row."""
    model = untrained().model
    attach_written_losses(model)

    def of(*lessons):
        with torch.no_grad():
            return model(**padded(lessons, PAD)).tolist()

    return of


def logps(model, ids):
    """(T - 1, V): of the ids that follow each place, by the model's plain forward."""
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0, :-1].float().log_softmax(-1)


def test_the_loss_of_two_tokens_by_hand(untrained, losses):
    by_place = logps(untrained().model, LONG.ids[:3])
    wanted = [-by_place[0, 6].item(), -by_place[1, 7].item()]
    lesson = TokenSequence(LONG.ids[:3], LONG.written[:3], [0.0] * 3)
    assert losses(lesson) == pytest.approx(wanted, abs=1e-5)


def test_padding_and_neighbours_change_nothing(losses, vocabulary):
    lessons = [LONG, SHORT, *toy_lessons(vocabulary)[:3]]
    alone = [loss for lesson in lessons for loss in losses(lesson)]
    assert losses(*lessons) == pytest.approx(alone, abs=1e-5)
    assert len(alone) == sum(sum(lesson.written) for lesson in lessons)


def test_what_was_read_is_no_target(losses):
    """The last written id stands at place 4: what is read behind it, and whatever id is, is nobody's to predict."""
    before = losses(LONG)
    longer = TokenSequence([*LONG.ids, 11, 12], [*LONG.written, False, False], [0.0] * 7)
    other = TokenSequence([*LONG.ids, 13, 14], [*LONG.written, False, False], [0.0] * 7)
    assert losses(longer) == pytest.approx(before, abs=1e-6) == losses(other)


def test_only_written_ids_pull_at_the_model(untrained):
    """A hidden state has a gradient where the id that follows it was written, and nowhere else."""
    model, hidden = untrained().model, []
    attach_written_losses(model)
    model.base_model.register_forward_hook(lambda module, inputs, output: hidden.append(output.last_hidden_state))
    loss = model(**padded([LONG], PAD)).sum()
    gradient = torch.autograd.grad(loss, hidden[0])[0][0]
    pulls = gradient.abs().sum(-1) > 0
    assert pulls.tolist() == [True, True, False, True, False]  # the states before 6, 7 and 9


def test_without_labels_the_model_is_as_it_was(untrained):
    model, ids = untrained().model, torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        before = model(input_ids=ids).logits
        attach_written_losses(model)
        assert torch.equal(model(input_ids=ids).logits, before)
