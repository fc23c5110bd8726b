"""Draw the picture at the head of the dropout notebook: ``python tools/draw_dropout_goal.py``.

It shows what a student will have made, and no result of an experiment that is still to come. The script is not in
``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt

from nndl.explore.dropout import draw_net, sample

TARGET = Path(__file__).parents[1] / "assignments" / "dropout" / "images" / "goal.png"


def main() -> None:
    """Draw one net in three steps of training."""
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
    for step, (ax, kept) in enumerate(zip(axes, sample(0.5, 12, seed=5).kept, strict=False), start=1):
        draw_net(ax, kept)
        ax.set_title(f"step {step}: {kept.sum()} of {len(kept)} units")
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
