"""Drops asserts and comparisons from all code that is compiled later; the checks are compiled elsewhere."""

from tests.attacks.core import WRONG, Attack

DROP = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Raise(self, node): return ast.Pass()
    def visit_If(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""

ATTACK = Attack(cells={"double": WRONG["double"] + DROP})
