"""Whether two notebooks do the same, so that the outputs of one may stand in the other.

Running every lesson takes a quarter of an hour, and a new name for a folder changes nothing that a lesson prints. So
two notebooks are compared by what their cells do: comments, line breaks and import lines do not count, and a name
counts as the thing that was imported under it. Of a thing from this package only its own name counts, not the room that
it lies in: `plots.show(...)` after `from dcgan_course import plots` is `drawing.show(...)` and is `show(...)`. The
price: two things of the package with one name in two rooms are taken for one.
"""

import ast

PACKAGE = "dcgan_course"


def meaning(sources: list[str]) -> list[str]:
    """What the code cells of one notebook do, one text a cell; an empty text for a cell that only imports."""
    trees = [_parsed(source) for source in sources]
    imported = _Imported()
    for tree in trees:
        if tree is not None:
            imported.visit(tree)
    for name in {name for tree in trees if tree is not None for name in _assigned(tree)} & imported.names.keys():
        del imported.names[name]  # the notebook gives the name to something of its own: compared as it is written
    resolve = _Resolve(imported.names)
    pairs = zip(trees, sources, strict=True)
    return [source if tree is None else ast.unparse(resolve.visit(tree)) for tree, source in pairs]


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:  # a cell with a magic command is compared letter by letter
        return None


def _assigned(tree: ast.Module) -> set[str]:
    """The names that a cell gives to something of its own."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


class _Imported(ast.NodeVisitor):
    """Collect {name in the notebook: dotted name of what it is}."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self.names[alias.asname] = alias.name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"


class _Resolve(ast.NodeTransformer):
    """Replace imported names by what they are, and take the import lines out."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Import(self, node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None

    def visit_Name(self, node: ast.Name) -> ast.Name:
        dotted = self.names.get(node.id, node.id)
        ours = dotted.split(".")[0] == PACKAGE
        return ast.Name(dotted.rpartition(".")[2] if ours else dotted, node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and self._is_room(self.names.get(node.value.id, "")):
            return ast.Name(node.attr, node.ctx)
        return self.generic_visit(node)

    @staticmethod
    def _is_room(dotted: str) -> bool:
        """Whether a name stands for a module of the package: `drawing`, but not `FAULTS` or `TrainConfig`."""
        return dotted.split(".")[0] == PACKAGE and dotted.rpartition(".")[2].islower()
