"""Human-in-the-loop synthesis (GPlan, section 3.2), by the verbs of ``gplan.synthesis``: ``synthesize.py run``, …"""

import sys

from gplan.synthesis.__main__ import main
from utils import door

if __name__ == "__main__":
    sys.exit(door(main))
