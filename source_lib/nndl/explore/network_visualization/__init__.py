"""The explorers of the milestone network_visualization."""
