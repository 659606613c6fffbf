import pytest

from stagent.reward.measure.tally import ShareBar, ShareTally, share_rows, wilson


# Newcombe's formula by hand: 5 of 10 with z = 1.96: middle (0.5 + 0.19208) / 1.38416 = 0.5, half 0.2634.
@pytest.mark.parametrize(
    ("hits", "count", "low", "high"), [(5, 10, 0.2366, 0.7634), (0, 10, 0.0, 0.2775), (1000, 1000, 0.99617, 1.0)]
)
def test_wilson(hits, count, low, high):
    assert wilson(hits, count) == pytest.approx((low, high), abs=1e-4)


def test_rows_with_bars_and_what_was_left_out():
    tally = ShareTally(apart=("description",))
    for hit in (True, True, False):
        tally.add("changed digit", "money", hit)
    tally.add("changed digit", "rating", True)
    tally.add("changed digit", "description", False)
    tally.leave_out("changed digit", "rating")
    rows = {row["claims"]: row for row in share_rows({"mine": tally}, {"changed digit": ShareBar(True, 0.7)})}
    assert list(rows) == ["all", "description", "money", "rating"]
    assert (rows["all"]["mine"]["value"], rows["all"]["mine, number"], rows["all"]["met"]) == (0.75, 4, "yes")
    assert (rows["money"]["mine"]["value"], rows["money"]["met"]) == (0.66667, "NO")
    assert (rows["rating"]["mine, left out"], rows["all"]["mine, left out"]) == (1, 1)
    assert (rows["description"]["bar"], rows["description"]["met"]) == ("", "")
