"""nbgrader's Execute step in the sandbox, and which outputs it may leave behind."""

from __future__ import annotations

from typing import Any

from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Bool, Float, Unicode

from ..failures import InfrastructureError
from ..library.kept import size
from ..submission.notebook.outputs import safe_outputs
from .kernel import SandboxedKernelManager

SKIP_TAG = "skip-at-grading"
"""Tag that a course puts on cells that take too long to be run again; their submitted outputs are kept."""

_MAX_OUTPUTS = 2000
_NOTEBOOK_MESSAGES = 20_000
_NOTEBOOK_BYTES = 16 << 20
_NAME = 200
_OUTPUT_MESSAGES = ("stream", "display_data", "execute_result", "error", "update_display_data")


def is_autograded(cell: Any) -> bool:
    """Return whether a cell's points come from a check, and not from a human."""
    return bool(cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell))


def is_executed(cell: Any, skip_tag: str) -> bool:
    """Return whether grading runs a cell: not if it takes too long, and not if a check decides its points."""
    tags = cell.metadata.get("tags", ())
    return bool(cell.cell_type == "code" and skip_tag not in tags and not is_autograded(cell))


class SandboxedExecute(Execute):
    """Run a submitted notebook in the sandbox, as far as possible.

    A cell that fails, a kernel that dies and a notebook that takes too long only cost outputs: points come from
    the checks.
    """

    skip_tag = Unicode(SKIP_TAG, help="Cells with this tag are not run.").tag(config=True)
    # the state of widgets is not kept in the notebook, so it need not be collected
    store_widget_state = Bool(False)
    total_timeout = Float(240.0, help="Seconds that one notebook may take in all.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any, *args: Any, **kwargs: Any) -> Any:
        """Run the notebook."""
        metadata = nb.metadata
        self._all_messages = self._bytes = 0
        ended = ""
        try:
            super().preprocess(nb, resources, *args, **kwargs)
        except InfrastructureError as error:
            ended = f"The notebook could not be run for its outputs: {error}"
        except Exception as error:  # anything the untrusted kernel may cause, down to malformed messages
            text = str(error).strip().split("\n")[0][:200]
            ended = f"The notebook was not run to its end: {type(error).__name__}: {text}"
        if ended:
            self.log.warning(ended)
        self._clean(nb, metadata, ended)
        return nb, resources

    def create_kernel_manager(self) -> Any:
        """Make a kernel manager for the submission that the converter has loaded."""
        submission = self.parent.parent.submission
        self.km = SandboxedKernelManager(
            submission.root, submission.milestone, float(self.total_timeout), config=self.config
        )
        return self.km

    async def _async_cleanup_kernel(self) -> None:
        manager = self.km
        try:
            await super()._async_cleanup_kernel()
        finally:
            if isinstance(manager, SandboxedKernelManager):
                await manager.remove()

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> Any:
        """Run one cell, unless it is to be skipped."""
        if not is_executed(cell, self.skip_tag):
            return cell, resources
        self._messages = 0
        return super().preprocess_cell(cell, resources, cell_index)

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Take a message from the kernel; of outputs, only what may be shown, and nothing once the budget is spent."""
        kind = msg["msg_type"]
        if kind in _OUTPUT_MESSAGES:
            msg = {**msg, "content": _shown(kind, msg["content"]), "buffers": []}
        if (kind in _OUTPUT_MESSAGES or kind.startswith("comm")) and not self._afford(msg):
            return None
        return super().process_message(msg, cell, cell_index)

    def _afford(self, msg: Any) -> bool:
        """Return whether a message that is kept fits what one cell and the whole notebook may still send."""
        self._messages += 1
        self._all_messages += 1
        self._bytes += size([msg["content"], list(msg.get("buffers") or ())], _NOTEBOOK_BYTES)
        few = self._messages <= _MAX_OUTPUTS and self._all_messages <= _NOTEBOOK_MESSAGES
        return few and self._bytes <= _NOTEBOOK_BYTES

    def _clean(self, nb: Any, metadata: Any, ended: str) -> None:
        nb.metadata = metadata
        nb.metadata.pop("widgets", None)
        for cell in nb.cells:
            cell.metadata.pop("execution", None)
            if cell.cell_type == "code":
                cell.execution_count = None
                cell.outputs = [_node(output) for output in safe_outputs(list(cell.outputs))]
        if ended:
            last = next((cell for cell in reversed(nb.cells) if is_executed(cell, self.skip_tag)), None)
            if last is not None:
                last.outputs.append(_node({"output_type": "stream", "name": "stderr", "text": ended + "\n"}))


def _shown(kind: str, content: Any) -> dict[str, Any]:
    """Return the content of an output message, reduced to what a reader may get to see; the rest is not kept at all."""
    output_type = "display_data" if kind == "update_display_data" else kind
    safe = safe_outputs([{**content, "output_type": output_type}])
    transient = content.get("transient")
    name = transient.get("display_id") if isinstance(transient, dict) else None
    count = content.get("execution_count")
    empty: dict[str, Any] = {"name": "stdout", "text": ""} if kind == "stream" else {"data": {}}
    return {
        **empty,
        **{"ename": "", "evalue": "", "traceback": []},
        **{key: value for output in safe for key, value in output.items() if key != "output_type"},
        "metadata": {},
        "execution_count": count if type(count) is int else None,
        "transient": {"display_id": name[:_NAME]} if isinstance(name, str) and name else {},
    }


def _node(output: dict[str, Any]) -> Any:
    import nbformat

    return nbformat.from_dict(output)
