"""Until version 0.3: the former name of ``nndl.torch_parts.training``."""

from .torch_parts.training import (
    check_accuracy_part2,
    check_accuracy_part34,
    print_every,
    train_part2,
    train_part34,
)
