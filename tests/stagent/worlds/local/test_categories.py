"""The table of categories: a tree, in which every word and every tag means one thing."""

from collections import Counter

from data_process.intents import TAGS
from stagent.worlds.local.categories import CATEGORIES, WITHIN, WORDS, ancestors, plain


def test_a_word_and_a_tag_mean_one_category():
    words = Counter(
        word for kind in CATEGORIES.values() for word in {plain(w) for w in (kind.zh, kind.en, *kind.synonyms)}
    )
    tags = Counter(tag for kind in CATEGORIES.values() for tag in kind.osm)
    assert {word for word, count in words.items() if count > 1} == set()
    assert {tag for tag, count in tags.items() if count > 1} == set()
    assert all(words) and len(words) == len(WORDS)


def test_categories_are_a_tree_whose_narrower_kinds_belong_to_the_wider():
    assert ancestors("sichuan") == ("sichuan", "chinese", "restaurant", "food")
    assert WITHIN["western"] == {"western", "french", "italian", "pizza", "steak"}
    assert all(key in WITHIN[above] for key in CATEGORIES for above in ancestors(key))


def test_every_tag_that_gplan_recommends_is_a_category():
    # 酒店 is a kind of 住宿 here; the other nine are tops or kinds of their own.
    assert {WORDS[plain(tag)] for tag in TAGS} == {
        "food", "shopping", "hotel", "sight", "leisure", "sport", "beauty", "fuel", "charging", "parking",
    }  # fmt: skip


def test_words_are_compared_without_accents_width_and_case():
    assert plain("Café  Ｋ１") == "cafe k1" and plain("Ｋ Ｔ Ｖ") == "k t v"
    assert WORDS[plain("CAFÉ")] == WORDS["咖啡厅"] == "cafe"
