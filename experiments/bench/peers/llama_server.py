"""llama.cpp's server as a process: prints its address, and serves until it is told to end.

python -m experiments.bench.peers.llama_server MODEL.gguf --threads 1 --slots 8 --context 512
"""

import signal
import sys

from config.command_line import number
from utils import Parser, door


def main() -> int:
    import xllamacpp

    parser = Parser(prog="python -m experiments.bench.peers.llama_server", description=__doc__)
    parser.add_argument("model", help="GGUF file")
    parser.add_argument("--threads", type=number(int, 1), default=1)
    parser.add_argument("--slots", type=number(int, 1), default=8, help="requests at once")
    parser.add_argument("--context", type=number(int, 64), default=512, help="tokens of one")
    args = parser.parse_args()
    params = xllamacpp.CommonParams()
    params.model.path = args.model
    params.n_ctx, params.n_parallel = args.context * args.slots, args.slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = args.threads
    params.hostnames, params.port, params.verbosity = ["127.0.0.1"], 0, -1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
