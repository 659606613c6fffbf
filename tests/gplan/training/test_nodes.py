"""Two nodes, shown with two torchrun groups on this machine, each started by finetune.sh as on a cluster."""

import os
import socket
import subprocess
import sys

from tests.conftest import ROOT
from tests.support.runs import assert_same_end, command_line


def test_two_nodes_train_as_one_process_does(main, tiny_backbone, cot_csv, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    output = tmp_path / "nodes"
    flags = command_line(tiny_backbone, cot_csv, output, "--batch_size", 2, "--epochs", 2)
    # As a user starts it: nothing says that there is no GPU.
    at = flags.index("--use_cpu")
    del flags[at : at + 2]
    nodes = [
        subprocess.Popen(
            ["bash", ROOT / "finetune.sh", *flags],
            env=os.environ
            | {"GPLAN_PYTHON": sys.executable, "NPROC": "1", "NNODES": "2", "NODE_RANK": str(rank)}
            | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OUTPUT_DIR": str(output)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    said = [node.communicate(timeout=240)[1] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], "".join(said)
    # Only the first node's process speaks.
    assert [text.count("saved ") for text in said] == [1, 0]
    assert main(tmp_path / "one", "--epochs", 2) == 0
    assert_same_end(output, tmp_path / "one")
