"""Every spelling of a character is read as one, and where it stood is known."""

from stagent.reward.numerals import number
from stagent.reward.plain import plain, plain_name


def test_full_width_and_invisible_characters():
    read = plain("ＡＢ１２：３０\u200b　５\u200d公里")
    assert read.text == "ab12:30 5公里"
    # "5" is the tenth character that is given, behind one that nobody sees
    assert read.span(8, 9) == (9, 10)


def test_a_usual_text_keeps_its_places():
    assert plain("约 11 分钟，￥56").text == "约 11 分钟，¥56"
    assert plain("约 11 分钟").span(2, 4) == (2, 4)


def test_digits_of_any_script_are_digits():
    assert plain("٣٥ 分钟").text == "35 分钟"  # Arabic
    assert plain("༡༢ 分").text == "12 分"  # Tibetan
    assert plain("𝟓 公里").text == "5 公里"  # bold
    assert plain("①甲②乙").text == "\n1.甲\n2.乙"  # entries of a list


def test_letters_of_other_scripts_are_told():
    assert len(plain("Лучшее место").unread) == 2
    assert plain("Café Köket").unread == []
    assert plain_name("Café  Köket") == "cafe koket"


def test_numbers():
    # of each the value, and the size of the last digit that it shows
    cases = {"1,397": (1397, 1), "12.50": (12.5, 0.01), "1.2万": (12_000, 1000), "二十五": (25, 1),
             "二百零五": (205, 1),
             "一百二": (120, 1), "两千零八": (2008, 1), "四点八": (4.8, 0.1), "十": (10, 1), "一万二": (12_000, 1),
             "二零二六": (2026, 1)}  # fmt: skip
    for text, expected in cases.items():
        assert number(text) == expected, text
    assert number("点") is None
