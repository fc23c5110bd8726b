"""The worker: serves requests for values from a library, one at a time.

`Server` defines what each request means. It runs in the sandbox beside a student's code, started by `main`, and in
the grader itself around the reference and the named bugs (`local.LocalLibrary`), so that both sides answer in the
same way. In the sandbox nothing here protects anything: the student's code shares the process and may change all of
it. All that it can achieve is to send wrong values.

This file is shown in the sandbox: it imports its neighbours in this folder, NumPy, msgpack and the standard library,
and must hold no secret.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import linecache
import os
import resource
import socket
import sys
from collections.abc import Callable, Sequence
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from autograder.sandbox.inside import (
    looked_up,
    missing_libraries,
    newer_syntax,
    piecewise,
    placeholders,
    statements,
    watched,
    whereabouts,
)
from autograder.sandbox.inside.protocol import (
    DEFAULT_LIMITS,
    Handle,
    Limits,
    ProtocolError,
    TooLarge,
    decode,
    encode,
    read_frame,
    write_frame,
)
from autograder.sandbox.inside.stand_ins import StandIns, lend

VERSION = 6
"""Version of the requests and replies; the grader refuses a worker with another version."""

_FRAMES = 6
_TEXT = 2000


class Server:
    """Answers requests about one package.

    Parameters
    ----------
    load : callable
        Returns the module of a given name, importing it on first use.
    root : str
        Folder of the package's files. Error messages show these as the student's, and artifacts lie here.
    package : str
        Name of the package; frames of its modules count as the student's too, wherever their source lies.
    limits : Limits
        What one reply may hold.
    borrow : callable, optional
        Sends a request to the other side while that waits for our reply, and returns its answer.
    watch : bool, default False
        Whether replies tell what has become of what was put here.
    """

    def __init__(
        self,
        load: Callable[[str], ModuleType],
        root: str,
        *,
        package: str,
        limits: Limits = DEFAULT_LIMITS,
        borrow: Callable[[bytes], bytes] | None = None,
        watch: bool = False,
    ):
        self._load = load
        self._root = os.path.realpath(root)
        self._package = package
        self._limits = limits
        self._kept: dict[int, Any] = {}
        self._unfinished: dict[int, Exception] = {}
        self._last_id = 0
        self._next_id = 0
        self._watched = watched.Watched() if watch else None
        self.stand_ins = StandIns(package, limits, borrow)

    def answer(self, message: bytes) -> bytes:
        """Return the reply to one encoded request; an exception in the served code becomes a reply too.

        A request may bring others, to be done ``before`` it; the first exception ends them all.
        """
        request = decode(message)
        dropped = request.pop("drop", ())
        before = request.pop("before", ())
        if request.pop("begins", False):
            self._forget()
        number = request.pop("id")
        asked = request.pop("op")
        self.stand_ins.request = number
        doing = request
        try:
            try:
                for doing in map(decode, before):
                    self._next_id = doing.pop("handle", 0)
                    getattr(self, "_do_" + doing.pop("op"))(**doing)
            finally:
                self._next_id = 0
                for handle in dropped:
                    self._drop(handle)
            doing = request
            fields = getattr(self, "_do_" + asked)(**request)
            if self._watched is not None:
                fields |= self._watched.told()
            try:
                return encode({"id": number, **fields}, self._limits, convert=_as_value)
            except ProtocolError as error:
                kind = ValueError if isinstance(error, TooLarge) else TypeError
                raise kind(f"what came from {request.get('name', asked)} cannot be used: {error}") from None
        except (
            BaseException
        ) as error:  # SystemExit and KeyboardInterrupt in a student's code are errors like others
            return encode({"id": number, "error": self._describe(self._first(doing, error))})
        finally:
            self.stand_ins.request = 0

    def _forget(self) -> None:
        """Hold nothing any more, and count from 1 again: what is asked from here on is asked as of a new worker."""
        self._kept.clear()
        self._unfinished.clear()
        self._last_id = 0
        if self._watched is not None:
            self._watched.clear()

    def _drop(self, handle: int) -> None:
        self._kept.pop(handle, None)
        self._unfinished.pop(handle, None)
        if self._watched is not None:
            self._watched.drop(handle)

    # Each operation returns a reply's fields: "value", "handle" or both.

    def _do_call(self, module: str, name: str, args: list, kwargs: dict, result: str) -> dict[str, Any]:
        function = self._public(module, name)
        return self._reply(function(*self._inside(args), **self._inside(kwargs)), name, result)

    def _do_make(self, module: str, name: str, args: list, kwargs: dict, result: str) -> dict[str, Any]:
        """Make an instance; one whose constructor stops with an error has what was set up to there."""
        cls = self._public(module, name)
        if not isinstance(cls, type):
            return self._do_call(module, name, args, kwargs, result)
        made: Any = object.__new__(cls)
        kept = self._reply(made, name, result)
        try:
            made.__init__(*self._inside(args), **self._inside(kwargs))
        except Exception as error:
            self._unfinished[kept["handle"]] = error
        return kept

    def _do_method(self, target: int, name: str, args: list, kwargs: dict, result: str) -> dict[str, Any]:
        method = getattr(self._kept[target], name)
        return self._reply(method(*self._inside(args), **self._inside(kwargs)), name, result)

    def _do_public(self, module: str, name: str, result: str) -> dict[str, Any]:
        return self._reply(self._public(module, name), name, result)

    def _do_get(self, target: int, name: str, result: str) -> dict[str, Any]:
        return self._reply(getattr(self._kept[target], name), name, result)

    def _do_set(self, target: int, name: str, value: Any) -> dict[str, Any]:
        setattr(self._kept[target], name, self._inside(value))
        return {"value": None}

    def _do_set_item(self, target: int, name: str, key: str | int, value: Any) -> dict[str, Any]:
        getattr(self._kept[target], name)[key] = self._inside(value)
        return {"value": None}

    def _do_put(self, value: Any) -> dict[str, Any]:
        inside = self._inside(value)
        handle = self.keep(inside)
        if self._watched is not None:
            self._watched.put(handle, inside)
        return {"handle": handle}

    def _do_fetch(self, target: int) -> dict[str, Any]:
        return {"value": self._kept[target]}

    def _do_fetch_all(self, targets: list[int]) -> dict[str, Any]:
        return {"value": [self._kept[target] for target in targets]}

    def _do_settle(self) -> dict[str, Any]:
        return {"value": None}

    def _do_seed(self, value: int) -> dict[str, Any]:
        np.random.seed(value)
        return {"value": None}

    def _do_random(self, count: int) -> dict[str, Any]:
        return {"value": np.random.random_sample(count)}

    def _do_load_arrays(self, path: str) -> dict[str, Any]:
        with np.load(os.path.join(self._root, path), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        # other archives, e.g. those of torch.save, open like .npz files but give bytes
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("it is an archive, but not of arrays; np.savez writes such files")
        return {"value": arrays}

    def _do_compiled(self, files: dict[str, bytes]) -> dict[str, Any]:
        statements.compiled.update(files)
        return {"value": None}

    def _do_lend(
        self, module: str, name: str, args: list, kwargs: dict, random: dict | None, result: str
    ) -> dict[str, Any]:
        """Call a function for a borrower's worker."""
        function, args, kwargs = self._public(module, name), self._inside(args), self._inside(kwargs)
        result_of_call, circumstances = lend(function, args, kwargs, random)
        reply = self._reply(result_of_call, name, result)
        return {**reply, "value": {"value": reply["value"], **circumstances}}

    def _do_borrow(self, names: dict[str, str], methods: dict[str, list[str]]) -> dict[str, Any]:
        # What is missing can be borrowed, too.
        self.stand_ins.put(
            {name: piecewise.public(self._load(module), name) for name, module in names.items()}, methods
        )
        return {"value": None}

    def _public(self, module: str, name: str) -> Any:
        loaded = self._load(module)
        self.stand_ins.swap_in_new_modules()  # they may name functions that are borrowed
        try:
            found = getattr(loaded, name)
        except AttributeError:
            found = piecewise.missing(loaded, name)
        if isinstance(found, placeholders.Placeholder):
            found.fail()
        return found

    def _first(self, request: dict[str, Any], error: BaseException) -> BaseException:
        """Return the error that is told: what an unfinished instance lacks, its constructor is to blame for."""
        unfinished = self._unfinished.get(request.get("target", 0))
        return error if unfinished is None or isinstance(error, NotImplementedError) else unfinished

    def keep(self, value: Any) -> int:
        """Keep an object; return the number by which requests name it."""
        number, self._next_id = self._next_id, 0  # who asks may have chosen it
        if not number:
            self._last_id += 1
            number = self._last_id
        self._kept[number] = value
        return number

    def _inside(self, value: Any) -> Any:
        """Replace handles by the objects that they stand for."""
        if isinstance(value, Handle):
            return self._kept[value.id]
        if isinstance(value, list | tuple):
            return type(value)(self._inside(item) for item in value)
        if isinstance(value, dict):
            return {key: self._inside(item) for key, item in value.items()}
        return value

    def _reply(self, value: Any, name: str, result: str) -> dict[str, Any]:
        if result == "handle":
            return {"handle": self.keep(value)}
        if result == "pair":
            if not isinstance(value, tuple | list) or len(value) != 2:
                came = f"{len(value)} values" if isinstance(value, tuple | list) else type(value).__name__
                raise TypeError(
                    f"{name} should return two values, the output and the cache, but returned {came}"
                )
            return {"value": value[0], "handle": self.keep(value[1])}
        return {"value": value}

    def _describe(self, error: BaseException) -> dict[str, Any]:
        """Return the fields of an error reply: what happened, and where in the student's files."""
        frames = self._frames(error.__traceback__)
        if isinstance(error, SyntaxError) and error.filename:
            frames.append((self._shown(error.filename), error.lineno or 0, "", (error.text or "").strip()))
        # A private module is a helper that the course gives: what it refuses comes from a line that called it.
        students = [frame for frame in frames if not _is_private(frame[0])]
        place = (students or frames)[-1] if frames else None
        lines = [
            f"{file}:{line}" + (f" in {name}" if name else "") + f": {text}"
            for file, line, name, text in frames
        ]
        if isinstance(error, SyntaxError):
            message = _needs_newer_python(error) or error.msg
        else:
            try:
                message = str(error)
            except BaseException:
                message = "(its message could not be read)"
            message += looked_up.beside(error, self._raised_at(error.__traceback__))
        return {
            "type": _text(type(error).__name__),
            "message": _text(message),
            "file": _text(place[0]) if place else None,
            "line": place[1] if place else None,
            "traceback": _text("\n".join(lines[-_FRAMES:])),
            "not_implemented": isinstance(error, NotImplementedError),
        }

    def _raised_at(self, trace: TracebackType | None) -> TracebackType | None:
        """Return the last entry in the student's files; None if a helper of the course has refused something."""
        place = None
        while trace is not None:
            if self._is_own(trace):
                place = trace
            trace = trace.tb_next
        if place is None or _is_private(self._shown(place.tb_frame.f_code.co_filename)):
            return None
        return place

    def _is_own(self, trace: TracebackType) -> bool:
        module = trace.tb_frame.f_globals.get("__name__", "")
        own = isinstance(module, str) and (module + ".").startswith(self._package + ".")
        return own or trace.tb_frame.f_code.co_filename.startswith(self._root + os.sep)

    def _frames(self, trace: TracebackType | None) -> list[tuple[str, int, str, str]]:
        """Return file, line, function and source of the last frames of ``trace`` in the student's files."""
        found: list[tuple[str, int, str, str]] = []
        while trace is not None:
            code, names = trace.tb_frame.f_code, trace.tb_frame.f_globals
            if self._is_own(trace):
                line = trace.tb_lineno
                source = _source_line(code.co_filename, line, names)
                found = [*found[-_FRAMES:], (self._shown(code.co_filename), line, code.co_qualname, source)]
            trace = trace.tb_next
        return found

    def _shown(self, filename: str) -> str:
        prefix = self._root + os.sep
        return filename[len(prefix) :] if filename.startswith(prefix) else os.path.basename(filename)


def _source_line(filename: str, line: int, names: dict[str, Any]) -> str:
    """Return a line of a module, as its loader has it: an edited reference shares its file with the reference."""
    try:
        lines = names["__loader__"].get_source(names["__name__"]).splitlines()
        return str(lines[line - 1]).strip()
    except Exception:  # a notebook's code, a module that is gone: there may still be a file
        return linecache.getline(filename, line, names).strip()


def _needs_newer_python(error: SyntaxError) -> str:
    """Return what to say of a file that a later Python could read, or an empty text."""
    try:
        with open(str(error.filename), encoding="utf-8", errors="replace") as file:
            version = newer_syntax.needed(file.read())
    except OSError:
        return ""
    if version is None:
        return ""
    later, here = (".".join(map(str, v)) for v in (version, sys.version_info[:2]))
    return f"needs Python {later}; this grader runs {here}"


def _is_private(file: str) -> bool:
    """Whether a file, or a folder it lies in, has a name with one leading underscore."""
    return any(part.startswith("_") and not part.startswith("__") for part in file.split("/"))


def _text(text: str) -> str:
    """Shorten ``text`` and make it encodable."""
    return text[:_TEXT].encode("utf-8", "replace").decode("utf-8")


def _as_value(thing: Any) -> Any:
    """Turn a tensor into an array if PyTorch has been imported; nothing else is converted."""
    tensor = getattr(sys.modules.get("torch"), "Tensor", None)
    if tensor is not None and isinstance(thing, tensor):
        return thing.detach().cpu().numpy()
    return NotImplemented


def _limit_address_space(more: int) -> None:
    """Let this process and its children have ``more`` bytes of address space than it has now, for good."""
    with open("/proc/self/statm") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + more, taken + more))


def main(arguments: Sequence[str]) -> None:
    """Serve requests on an inherited socket until the other side closes it.

    Parameters
    ----------
    arguments : list of str
        The socket's file descriptor, the folder of the submission, the name of its package, and the limits of one
        message as ``bytes,depth,items``. Optionally the names of libraries to import before anything of the submission,
        with commas between them, and how many bytes of address space this process may take after that.
    """
    descriptor, root, package = int(arguments[0]), arguments[1], arguments[2]
    limits = Limits(*map(int, arguments[3].split(",")))
    os.set_inheritable(descriptor, False)
    channel = socket.socket(fileno=descriptor)
    whereabouts.write_on_signal(descriptor)
    # before the first message: the time that importing PyTorch takes does not count as the student's
    for name in arguments[4].split(",") if len(arguments) > 4 else ():
        importlib.import_module(name)
    if len(arguments) > 5:
        _limit_address_space(int(arguments[5]))
    # `site`, which is left out here, defines them everywhere else
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]
    # last, so that no file of a submission replaces NumPy or a module of the standard library
    sys.path.append(root)
    missing_libraries.install(root)

    def borrow(message: bytes) -> bytes:
        write_frame(channel, message)
        return read_frame(channel, DEFAULT_LIMITS.message_bytes)

    sys.meta_path.insert(0, piecewise.Finder(package))
    server = Server(piecewise.load, root, package=package, limits=limits, borrow=borrow, watch=True)
    write_frame(
        channel, encode({"hello": VERSION, "python": sys.version.split()[0], "numpy": np.__version__})
    )
    while True:
        try:
            message = read_frame(channel, DEFAULT_LIMITS.message_bytes)
        except (EOFError, OSError, ProtocolError):
            return
        reply = server.answer(message)
        for stream in (sys.stdout, sys.stderr):  # what was printed is lost if the process is killed later
            with contextlib.suppress(BaseException):
                stream.flush()
        write_frame(channel, reply)


if __name__ == "__main__":
    if sys.argv[1] == "fork":
        from autograder.sandbox.inside import fork_server

        fork_server.serve(sys.argv[2:], main)
    else:
        main(sys.argv[1:])
