"""STAgent, by the verbs of ``stagent``: ``agent.py demo``, ``agent.py serve``, ``agent.py look``, …"""

import sys

from stagent.__main__ import main
from utils import door

if __name__ == "__main__":
    sys.exit(door(main))
