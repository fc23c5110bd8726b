"""Until version 0.3: the former name of ``nndl.torch_parts.storage``."""

from .torch_parts.storage import load_convnet, load_model, model_arrays, save_convnet, save_model
