"""The autograder: asks sandboxed student code for values and judges them where that code cannot reach."""
