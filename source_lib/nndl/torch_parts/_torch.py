"""The one place that imports PyTorch, so that its absence is explained once and well."""

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    raise ImportError(
        "this part of nndl needs PyTorch, which is not installed here. Install the CPU build with\n"
        "    pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu\n"
        "(everything outside nndl.pytorch, nndl.squeezenet and nndl.net_visualization works without it)"
    ) from error

USE_GPU = True
"""Whether to train on a CUDA device where there is one."""

device = torch.device("cuda" if USE_GPU and torch.cuda.is_available() else "cpu")
"""Where parameters and batches live."""

dtype = torch.float32
"""Type of parameters and images."""

__all__ = ["USE_GPU", "device", "dtype", "functional", "nn", "torch"]
