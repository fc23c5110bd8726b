"""The explorers of the milestone batchnorm."""
