"""Values written in characters that a reader by rules may not know."""

import codecs
import re
from collections.abc import Callable

from stagent.reward.measure.readings import number_of_words

_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
          (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip
_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_FINANCIAL = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
_LOOKALIKE = str.maketrans("0123456789GDKSABCXYHL", "OІ2ЗЧ5б7ВϥԌⅮКЅАВСХҮНᏞ")
_PINYIN_DIGITS = str.maketrans({digit: f"{word} " for digit, word in zip(
    "0123456789", ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"), strict=True)})  # fmt: skip
_PINYIN = {
    "小时": "xiaoshi ", "分钟": "fenzhong ", "公里": "gongli ", "千米": "qianmi ", "约": "yue ", "左右": " zuoyou",
    "米": "mi ", "元": "yuan ", "块": "kuai ", "分": "fen ", "秒": "miao ", "点": "dian ", "月": "yue ", "日": "ri ",
    "号": "hao ", "度": "du ", "上午": "shangwu ", "下午": "xiawu ", "晚上": "wanshang ",
}  # fmt: skip


def _digits(text: str) -> str:
    """Numerals as digits, so that a script can write them: ``四点六分`` → ``4.6分``."""
    return re.sub(
        r"[零一二三四五六七八九两十百千]+(?:点[零一二三四五六七八九]+(?!分?钟))?",
        lambda found: f"{number_of_words(found[0]):g}",
        text,
    )


def _numbers_in(system: Callable[[int], str]) -> Callable[[str], str]:
    return lambda text: re.sub(r"\d+", lambda found: system(int(found[0])), _digits(text))


def roman(number: int) -> str:
    """``roman(44) == "XLIV"``; what Rome couldn't write stays as it is."""
    if not 0 < number < 4000:
        return str(number)
    text = ""
    for size, sign in _ROMAN:
        text += sign * (number // size)
        number %= size
    return text


def _shifted(zero: str) -> Callable[[str], str]:
    table = {ord("0") + digit: ord(zero) + digit for digit in range(10)}
    return lambda text: _digits(text).translate(table)


def _pinyin(text: str) -> str:
    text = _digits(text).translate(_PINYIN_DIGITS)
    for word, sound in _PINYIN.items():
        text = text.replace(word, sound)
    return text


SCRIPTS: dict[str, Callable[[str], str]] = {
    "lookalike letters": lambda text: _digits(text).translate(_LOOKALIKE),
    "Roman numerals": _numbers_in(roman),
    "Tibetan digits": _shifted("༠"),
    "Arabic digits": _shifted("٠"),
    "circled digits": lambda text: _digits(text).translate(_CIRCLED),
    "financial numerals": lambda text: _digits(text).translate(_FINANCIAL),
    "bold digits": _shifted("𝟎"),
    "binary": _numbers_in(bin),
    "pinyin": _pinyin,
    "ROT13 and ROT5": lambda text: codecs.encode(_digits(text), "rot13").translate(
        str.maketrans("0123456789", "5678901234")
    ),
    "digits with zero-width spaces": lambda text: "\u200b".join(_digits(text)),
}
