"""The explorers of the milestone cnn."""
