"""The explorer of the milestone two_layer_net."""
