"""A few seconds of what ``python -m tests.fuzz`` does for hours: the same seeds, changes and properties."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import change, csv_seeds, decode, encode, response_seeds
from tests.fuzz.properties import check_csv, check_response

choices = st.randoms(use_true_random=False)


def test_seeds(tmp_path):
    for text in response_seeds():
        check_response(text)
    read = [check_csv(encode(text), tmp_path) is not None for text in csv_seeds()]
    assert read == [True] * 6 + [False] * 5 + [True] * 2


@settings(max_examples=1_000, deadline=None)
@given(st.sampled_from(response_seeds()), choices)
def test_changed_responses(text, choose):
    check_response(change("response", text, choose))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(csv_seeds()), choices)
def test_changed_files(tmp_path_factory, text, choose):
    check_csv(encode(change("csv", text, choose)), tmp_path_factory.getbasetemp())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40) | st.text().map(encode))
def test_any_bytes_are_a_text_and_any_text_is_bytes(data):
    text = decode(data)
    assert decode(encode(text)) == text
    check_response(text)
