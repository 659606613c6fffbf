"""Agreement by hand."""

import math

import pytest

from stagent.selection.annotate import agreement
from stagent.selection.annotate.agreement import Confusion, confusion, kappa, set_figures, share
from stagent.selection.annotate.picture import svg


def test_a_share_has_wilsons_interval():
    """9 of 10: centre (0.9 + 3.8415 / 20) / (1 + 3.8415 / 10) = 0.789, half width 0.193."""
    found = share(9, 10)
    assert (round(found.low, 3), round(found.high, 3)) == (0.596, 0.982)
    assert share(0, 10).low == 0 and share(10, 10).high == 1
    assert (share(0, 0).low, share(0, 0).high, share(0, 0).text()) == (0, 1, "-")


def test_kappa_is_agreement_beyond_chance():
    """3 of 4 agree; chance 2/4 · 3/4 + 2/4 · 1/4 = 1/2: (3/4 - 1/2) / (1/2)."""
    assert kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"]) == pytest.approx(0.5)
    assert math.isnan(kappa(["a"], ["a"]))


def test_sets_are_counted_over_all_rows():
    figures = set_figures([["a", "b"], [], ["c"]], [["a"], ["d"], ["c", "c"]])
    assert (figures.precision.hits, figures.precision.of, figures.recall.of) == (2, 3, 3)
    assert figures.f1 == pytest.approx(2 / 3)


def test_confusions_leave_out_what_nobody_says():
    assert confusion(["a", "a"], ["a", "b"], ["c", "b", "a"]) == Confusion(("b", "a"), ((0, 0), (1, 1)))
    pictured = agreement.tops_confusion(["discovery.area_summaries"], ["other_or_unclear"])
    assert pictured == Confusion(("discovery", "other_or_unclear"), ((0, 1), (0, 0)))


def test_a_picture_says_each_count_and_escapes_names():
    drawn = svg(Confusion(("a", "b"), ((3, 1), (0, 2))), ["<a>", "b"], rows="gold", columns="said")
    assert "<title>&lt;a&gt; → b: 1</title>" in drawn and drawn.count("<rect") == 4 and "<a>" not in drawn
