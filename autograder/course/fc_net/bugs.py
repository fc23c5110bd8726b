"""Mistakes that classes make in fully connected nets and optimizers."""

from __future__ import annotations

from . import bugs_layers as fc_net_layers
from . import bugs_nets as fc_net_nets
from . import bugs_optim as fc_net_optim

BUGS = (*fc_net_layers.BUGS, *fc_net_nets.BUGS, *fc_net_optim.BUGS)
