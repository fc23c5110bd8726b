"""CS231n's assignment 1: nearest neighbours, linear classifiers, an older two-layer net, features of images."""
