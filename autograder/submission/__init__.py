"""What students hand in, made safe."""
