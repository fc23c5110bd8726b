"""From a submission to its report, one or many."""
