"""What nbgrader does with the exercises of this course: `python -m authoring.nbgrader` copies it into a course folder.

The source of an assignment is the solution. Its release has the course's blank in place of every answer, and none of
the cells that explain the answers.
"""

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor


class DropExplanations(NbGraderPreprocessor):
    """Leave out the cells that explain an answer: they carry the tag `explanation`."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Return the notebook without them."""
        nb.cells = [cell for cell in nb.cells if "explanation" not in cell.metadata.get("tags", [])]
        return nb, resources


c = get_config()  # type: ignore[name-defined]  # noqa: F821  nbgrader gives it to the files that it reads
c.CourseDirectory.course_id = "dcgan"
c.GenerateAssignment.preprocessors.insert(0, DropExplanations)
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("replace this line with your answer")'}
c.Execute.timeout = 600  # seconds that a cell may take while it is graded
