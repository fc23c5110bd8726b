"""What the explorers of every milestone share: sliders, figures that redraw, training that can be watched."""
