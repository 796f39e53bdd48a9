"""The command lines of the scripts here that run `frond train`: own options, then behind -- those of the training."""

import sys


def parse(parser):
    """What `parser` makes of the own ones, with the list of the others as `train`."""
    own, train = sys.argv[1:], []
    if "--" in own:
        own, train = own[: own.index("--")], own[own.index("--") + 1 :]
    arguments = parser.parse_args(own)
    arguments.train = train
    return arguments
