"""The journal on its own: what is on the disk counts, and nothing else."""

import json
import os
import subprocess
import sys

import pytest

from data_process.schema import COLUMNS
from gplan.llm.journal import NAME, Entry, Journal, by_source, read_journal
from gplan.synthesis.teachers.jobs import source_digest
from tests.conftest import ROOT
from utils import InputError

ONE = Entry(0, "7", "s0", "r0", 1, "llm", "m", "第一\n<x>\u2028", "stop", tries=1, tokens_in=5, tokens_out=2)
TWO = ONE._replace(row=1, source="s1", text="", problem="endpoint.timeout", message="no answer within 3 s")
ROW = dict.fromkeys(COLUMNS, "") | {"id": "7", "current_city": "成都市"}


def test_entries_come_back_as_they_went_in(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append(ONE)
        journal.append(TWO, ONE)
    assert read_journal(tmp_path) == read_journal(tmp_path / NAME) == [ONE, TWO, ONE]
    assert len((tmp_path / NAME).read_text(encoding="utf-8").split("\n")) == 4
    with Journal(tmp_path) as journal:
        assert journal.entries == [ONE, TWO, ONE]


def test_an_entry_is_on_the_disk_when_append_returns(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.path.getsize(tmp_path / NAME)))
    with Journal(tmp_path) as journal:
        journal.append(ONE)
        assert synced == [os.path.getsize(tmp_path / NAME)] and synced[0] > 0
        assert read_journal(tmp_path) == [ONE]  # seen by another reader, before it is closed


@pytest.mark.parametrize(
    "torn", [b'{"row": 2, "id"', b"{", b"\0" * 40, b"\0" * 40 + b"\n", '{"text": "第'.encode()[:-1]]
)
def test_a_torn_end_is_cut_off(tmp_path, torn):
    with Journal(tmp_path) as journal:
        journal.append(ONE)
    path = tmp_path / NAME
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert read_journal(path) == [ONE]
    with Journal(tmp_path) as journal:
        assert path.read_bytes() == whole
        journal.append(TWO)
    assert read_journal(path) == [ONE, TWO]


def test_every_cut_of_a_journal_can_be_read_and_continued(tmp_path):
    """All prefixes, as a kill in a write can leave them: the whole lines count."""
    with Journal(tmp_path) as journal:
        journal.append(ONE, TWO)
    data = (tmp_path / NAME).read_bytes()
    for size in range(len(data) + 1):
        (tmp_path / NAME).write_bytes(data[:size])
        assert len(read_journal(tmp_path)) == data[:size].count(b"\n")
    for size in (0, 1, len(data) // 2, len(data) - 1):
        (tmp_path / NAME).write_bytes(data[:size])
        with Journal(tmp_path) as journal:
            journal.append(ONE)
        assert read_journal(tmp_path) == [*[ONE, TWO][: data[:size].count(b"\n")], ONE]


@pytest.mark.parametrize("wrong", ["nonsense", "{}", "[]", '{"row": 1}', json.dumps(ONE._asdict() | {"row": "1"})])
def test_a_bad_line_in_the_middle_is_named(tmp_path, wrong):
    line = json.dumps(ONE._asdict())
    (tmp_path / NAME).write_text(f"{line}\n{wrong}\n{line}\n")
    with pytest.raises(InputError, match=r"line 2 is no entry of a journal .*; remove the line"):
        read_journal(tmp_path)
    with pytest.raises(InputError, match="line 2"), Journal(tmp_path):
        pass
    (tmp_path / NAME).write_text(f"{line}\n")
    with Journal(tmp_path):  # the refusal has let go of the lock
        pass


def test_a_missing_journal_says_how_it_is_made(tmp_path):
    with pytest.raises(InputError, match=r"synthesize\.py generate"):
        read_journal(tmp_path / NAME)


def test_a_full_disk_leaves_no_half_line(tmp_path):
    """A limit on the size of files stands for it: the second entry does not fit."""
    code = f"""
import resource, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from gplan.llm.journal import Journal
from tests.gplan.llm.test_journal import ONE
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Journal({str(tmp_path)!r}) as journal:
    journal.append(ONE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, resource.RLIM_INFINITY))
    try:
        journal.append(ONE)
    except OSError:
        print("refused", len(journal.entries))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    journal.append(ONE)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "refused 1\n", done.stderr
    assert read_journal(tmp_path) == [ONE, ONE]
    assert 200 < len(json.dumps(ONE._asdict())) < 400  # else the limit would test nothing


def test_one_writer_at_a_time(tmp_path):
    with (
        Journal(tmp_path),
        pytest.raises(InputError, match="another process is writing into it"),
        Journal(tmp_path),
    ):
        pass


def test_a_source_is_what_the_teacher_sees():
    plan = [{"工具名称": "tool_9"}]
    assert source_digest(ROW, None) == source_digest(ROW | {"id": "8", "raw_labels": "x"}, None)
    others = {source_digest(ROW, plan), source_digest(ROW, None), source_digest(ROW | {"current_tag": "x"}, None)}
    assert len(others) == 3


def test_entries_of_a_row():
    late = ONE._replace(text="later")
    assert by_source([ONE, TWO, late]) == {(0, "s0"): [ONE, late], (1, "s1"): [TWO]}
