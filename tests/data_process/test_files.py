"""Files that are whole or as they were."""

import pytest

from data_process.files import write_json, write_text


def test_a_file_that_can_not_be_written_to_its_end_stays_as_it_was(tmp_path):
    path = tmp_path / "a.jsonl"
    write_text(path, "天气\r\n")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new text, and then half a character \ud800")
    assert path.read_bytes() == "天气\r\n".encode()
    with pytest.raises(ValueError, match="Circular"):
        value = []
        value.append(value)
        write_json(path, value)
    assert [one.name for one in tmp_path.iterdir()] == ["a.jsonl"]
    write_json(path, {"名": 1})
    assert path.read_text(encoding="utf-8") == '{\n  "名": 1\n}\n'
