"""What a milestone is: its name, what it asks for and what it may use."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Milestone:
    """One assignment.

    Attributes
    ----------
    name : str
        Identifier: the folder under ``assignments/`` and the tag of the fences.
    title : str
        What people read.
    api : dict of str to str
        Public name that a check may ask for → the module it is imported from.
    artifacts : tuple of str
        Files besides code that a student hands in, e.g. a trained net.
    libraries : tuple of str
        Importable third-party packages besides NumPy that the sandbox shows.
    documents : tuple of str
        Files of the course that students get besides those of the assignment, because its notebook links to
        them: a page of ``docs`` and the pictures on it.
    room : str
        The Python package with its checks, named bugs and alternatives; set where the milestone is found.
    """

    name: str
    title: str
    api: dict[str, str] = field(default_factory=dict)
    artifacts: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    room: str = ""
