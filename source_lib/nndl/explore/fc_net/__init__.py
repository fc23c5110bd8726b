"""The explorers of the milestone fc_net."""
