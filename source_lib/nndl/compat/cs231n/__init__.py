"""CS231n: layers and networks of assignment 2, under the course's names and signatures."""
