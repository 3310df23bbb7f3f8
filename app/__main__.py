"""`python -m app`, which is the command `layerscope`.

Kept thin: every training child imports this file too.
"""

import sys


def main() -> int:
    from app import commands

    return commands.main()


if __name__ == "__main__":
    sys.exit(main())
