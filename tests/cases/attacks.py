"""Attacks on the grader: bounded, and nothing that could hurt the machine they are tried on."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .material import Files, code_cell, dump, notebook, right, untouched
from .processes import MEBIBYTE
from .project import release, size_on_the_wire

DROPOUT, OPTIM, PYTORCH = "nndl/layers/dropout.py", "nndl/optim.py", "nndl/pytorch.py"
FC_NET, CONVOLUTION, POOLING = "nndl/fc_net.py", "nndl/layers/convolution.py", "nndl/layers/pooling.py"
SPATIAL_NORM, FAST_LAYERS = "nndl/layers/spatial_norm.py", "nndl/fast/numpy_layers.py"
OPEN_NET_MODULE = "nndl.as_arrays.nets"
"""What tells the grader facts about a student's nets, inside the sandbox."""

LARGEST_MESSAGE = 64 * MEBIBYTE


def redos(blanks: int = 30_000) -> Files:
    """An output says image/png and holds blanks and an exclamation mark: a regular expression may try for ever."""
    nb = notebook("two_layer_net")
    cell = next(cell for cell in nb["cells"] if cell["cell_type"] == "code")
    picture = {"image/png": " " * blanks + "!"}
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": picture}]
    return {"two_layer_net.ipynb": dump(nb), **right("two_layer_net")}


def settings_array() -> Files:
    """The layer leaves an array of two numbers in dropout_param["p"]; comparing such dicts with == raises."""
    code = """

_right = dropout_forward


def dropout_forward(x, dropout_param):
    result = _right(x, dropout_param)
    dropout_param["p"] = np.full(2, dropout_param["p"])
    return result
"""
    return appended(right("dropout"), {DROPOUT: code})


def params_empty() -> Files:
    """`params` of a net without hidden layers is an empty dict."""
    code = """

class FullyConnectedNet(FullyConnectedNet):
    @property
    def params(self):
        return self._kept if self.num_layers > 1 else {}

    @params.setter
    def params(self, value):
        self._kept = value
"""
    return appended(right("dropout"), {FC_NET: code})


def adam_t() -> Files:
    """adam stores t = -2**63: a value that the trusted side's own adam cannot go on from."""
    code = """

def adam(w, dw, config=None):
    config = {} if config is None else config
    config.update(t=-(2**63), m=np.zeros(w.shape), v=np.zeros(w.shape))
    return w + 0.0, config
"""
    return appended(right("fc_net"), {OPTIM: code})


def open_net_size() -> Files:
    """open_net.npz of 65 kB: zeros that unpacked just fit one message, but not the one that sends them back."""
    code = patch_later("module.OpenEndedNet = lambda *a: object()")
    reply = {"id": 1000, "value": {"a": np.zeros(1, np.complex128)}}
    rest = size_on_the_wire(reply) - 8
    stored = io.BytesIO()
    np.savez_compressed(stored, a=np.zeros((LARGEST_MESSAGE - rest) // 16, np.complex128))
    return appended(untouched("pytorch"), {PYTORCH: code}) | {"open_net.npz": stored.getvalue()}


def kernel_memory(outputs: int = 20) -> Files:
    """One cell of the notebook publishes outputs of 7 MiB each; the next one ends the kernel."""
    nb = notebook("two_layer_net")
    publish = (
        "from IPython.display import publish_display_data\n"
        f"text = 'A' * {7 * MEBIBYTE}\n"
        f"for _ in range({outputs}):\n    publish_display_data({{'text/plain': text}})\n"
    )
    nb["cells"][:0] = [code_cell("big01", publish), code_cell("end01", "import os\nos._exit(0)")]
    return {"two_layer_net.ipynb": dump(nb), **right("two_layer_net")}


def memory_hog_1(numbers: int = MEBIBYTE // 8) -> Files:
    """Every value of the layers is an array of 1 MiB, of a wrong shape."""
    code = f"""

_BIG = np.ones({numbers})
_THIRD = _BIG[: len(_BIG) // 3]


def _big(name):
    if "forward" in name:
        return lambda *a, **k: (_BIG, None)
    if name.endswith(("conv_backward_naive", "norm_backward")):
        return lambda *a, **k: (_THIRD, _THIRD, _THIRD)
    return lambda *a, **k: _BIG


for _name in [name for name in globals() if name.endswith("_naive") or name.startswith("spatial_")]:
    globals()[_name] = _big(_name)
"""
    return appended(right("cnn"), dict.fromkeys((CONVOLUTION, POOLING, SPATIAL_NORM), code))


def exchange_leak() -> Files:
    """Runs another student's file out of nbgrader's exchange, if the sandbox shows it."""
    return {
        "nndl/neural_net.py": f"""import glob

found = glob.glob("{EXCHANGE}/*/inbound/*two_layer_net*/**/neural_net.py", recursive=True)
exec(compile(open(found[0]).read(), found[0], "exec"), globals())
"""
    }


EXCHANGE = "/usr/local/share/nbgrader/exchange"


def forge_open_net() -> Files:
    """Nothing is written; a thread replaces what reports facts on the open-ended net: parameters, history, scores."""
    module = importlib.import_module(OPEN_NET_MODULE)
    needed = ("_with_parameters", "OpenEndedNet", "is_sequential", "barebones_convnet_leaves")
    missing = [name for name in needed if not hasattr(module, name)]
    if missing:
        raise LookupError(f"{OPEN_NET_MODULE} has no {', '.join(missing)}: the attack is out of date")
    code = (
        patch_later("forge(module)")
        + """

def forge(module):
    import numpy as np

    class OpenEndedNet:
        def __init__(self, epochs=10, seed=None):
            pass

        def parameters(self):
            return 1

        def forgotten(self):
            return []

        def scores(self, x, seed=None):
            return np.stack([np.tile(np.float64(row.sum()), 10) for row in x])

        def train(self, x, y, steps, seed=0):
            return [float(steps - i) for i in range(steps)]

    module.OpenEndedNet = OpenEndedNet
    module.is_sequential = lambda *a: True
    module.barebones_convnet_leaves = lambda *a: [""] * 6
"""
    )
    return appended(untouched("pytorch"), {PYTORCH: code})


def dropout_zeros() -> Files:
    """Forward returns zeros, backward ones, and no more."""
    code = """

def dropout_forward(x, dropout_param):
    return np.zeros_like(x), None


def dropout_backward(dout, cache):
    return np.ones_like(dout)
"""
    return appended(untouched("dropout"), {DROPOUT: code})


def paste_fast() -> Files:
    """The finished fast layers of the release stand in the files of the naive ones."""
    fast = release("cnn")[FAST_LAYERS].decode()
    pasted = (
        "from __future__ import annotations\n\nfrom collections.abc import Iterator\nfrom math import prod\n"
        "from typing import Any\n\nimport numpy as np\nfrom numpy.lib.stride_tricks import sliding_window_view\n\n"
        "from ._geometry import ConvSizes, PoolSizes, check_image_gradient, conv_sizes, pool_sizes\n\n"
        + fast[fast.index("Cache = tuple") :]
        + "\nconv_forward_naive, conv_backward_naive = conv_forward_fast, conv_backward_fast\n"
        "max_pool_forward_naive, max_pool_backward_naive = max_pool_forward_fast, max_pool_backward_fast\n"
    )
    return untouched("cnn") | {CONVOLUTION: pasted, POOLING: pasted}


def unreadable_folder() -> Files:
    """The folder of one student, with these right files, cannot be entered; that of another one can."""
    return right("two_layer_net")


def corrupt_report() -> Files:
    """No submission: one of two reports was cut off by a full disk."""
    return {}


def long_name() -> Files:
    """Right, but the student's folder has a name of 255 characters; another one has an ordinary name."""
    return right("dropout")


def appended(files: Files, codes: dict[str, str]) -> Files:
    """Return files with code at the end of some."""
    return files | {name: str(files[name]) + code for name, code in codes.items()}


def patch_later(statement: str) -> str:
    """Return code that waits in a thread until the module of the worker is there, and then changes it."""
    return f'''

def _wait():
    import sys
    import time

    for _ in range(20_000):
        module = sys.modules.get("{OPEN_NET_MODULE}")
        if module is not None and hasattr(module, "_with_parameters"):
            {statement}
            return
        time.sleep(0.0005)


import threading

threading.Thread(target=_wait, daemon=True).start()
'''


@dataclass(frozen=True)
class Attack:
    """What is attacked, and with which files."""

    milestone: str
    files: Callable[..., Files]


CASES = {
    attack.files.__name__: attack
    for attack in (
        Attack("two_layer_net", redos),
        Attack("dropout", settings_array),
        Attack("dropout", params_empty),
        Attack("fc_net", adam_t),
        Attack("pytorch", open_net_size),
        Attack("two_layer_net", kernel_memory),
        Attack("cnn", memory_hog_1),
        Attack("two_layer_net", exchange_leak),
        Attack("pytorch", forge_open_net),
        Attack("dropout", dropout_zeros),
        Attack("cnn", paste_fast),
        Attack("two_layer_net", unreadable_folder),
        Attack("dropout", corrupt_report),
        Attack("dropout", long_name),
    )
}

FAILS_TODAY: dict[str, str] = {}
