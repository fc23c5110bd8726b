"""Mistakes that classes make in fully connected nets and optimizers."""

from __future__ import annotations

from . import fc_net_layers, fc_net_nets, fc_net_optim

BUGS = (*fc_net_layers.BUGS, *fc_net_nets.BUGS, *fc_net_optim.BUGS)
