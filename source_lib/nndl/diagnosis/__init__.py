"""Compare a value with what it should be, and say in one sentence how a wrong one is wrong.

A bare "not close" leaves a learner alone.  Most mistakes leave a recognisable trace: the batch was not
averaged (exactly N times too large), a sign was lost, an array came out transposed, only some entries are
off.  The functions here look for those traces, from the coarsest (no array at all) to the finest (the worst
entry).
"""

from .compare import agree, compare
from .describe import describe
from .message import Diagnosis
from .tolerance import tolerance

__all__ = ["Diagnosis", "agree", "compare", "describe", "tolerance"]
