"""Conditions that lose a clause on the way to DynamoDB: whoever relies on the clause should notice.

A mutant names a kind of write (action and entity), its condition, and the clause that is left out. The client leaves it
out by botocore's own events, so the code under test is what runs in production.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

ALWAYS = "attribute_exists(PK) OR attribute_not_exists(PK)"
MUTANT, RECORD = "CONDITION_MUTANT", "CONDITION_RECORD"
"""The environment variables: a mutant as JSON; the file that conditions are to be recorded in."""

_ACTIONS = ("Put", "Update", "Delete", "ConditionCheck")
_SINGLE = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
_TOKEN = re.compile(r"\w*\(|\)|\bAND\b|\bOR\b|[^\s()]+")
_USED = re.compile(r"[#:]\w+")

_AS_READ = re.compile(r"attribute_not_exists\(#(\w+)\) OR (?:#\1 = :was_\1|attribute_type\(#\1, :null\))")

Tree = str | tuple[str, list[Any]]
"""A comparison or function as text, or ``AND`` or ``OR`` of several."""


@frozen
class ConditionMutant:
    """One clause left out of one kind of condition, both in the form of ``normal``."""

    write: str
    condition: str
    without: str


def mutants(write: str, condition: str) -> Iterator[ConditionMutant]:
    """Every clause that can be left out: each member of each conjunction, or else all of it."""
    tree = parse(condition)
    clauses = [normal(clause) for clause, _ in _weakened(tree)] or [normal(tree)]
    yield from (ConditionMutant(write, normal(tree), clause) for clause in dict.fromkeys(clauses))


def weaker(condition: str, without: str) -> str:
    """The condition that is left without that clause."""
    tree = parse(condition)
    found = next((text(rest) for clause, rest in _weakened(tree) if normal(clause) == without), ALWAYS)
    return found.replace(" IN(", " IN (")


def normal(tree: Tree) -> str:
    """The condition in a form that does not depend on values: ``x as read``, and any number of values in a list."""
    if isinstance(tree, str):
        return re.sub(r"^#(\w+) = :was_\1$", r"\1 as read", re.sub(r" IN\([^)]*\)", " IN(...)", tree))
    word, members = tree
    known = _AS_READ.fullmatch(text(tree))
    if known:
        return f"{known[1]} as read"
    inner = map(normal, members)
    return f" {word} ".join(f"({one})" if " AND " in one or " OR " in one else one for one in inner)


def parse(condition: str) -> Tree:
    """The tree of a condition. ``BETWEEN`` and ``NOT`` are not used here."""
    tokens = _TOKEN.findall(condition.replace("IN (", "IN("))
    tree, rest = _disjunction(tokens)
    if rest:
        raise ValueError(f"cannot read {condition}")
    return tree


def text(tree: Tree) -> str:
    """The condition of a tree."""
    if isinstance(tree, str):
        return tree
    word, members = tree
    return f" {word} ".join(f"({text(one)})" if isinstance(one, tuple) else one for one in members)


def _disjunction(tokens: list[str]) -> tuple[Tree, list[str]]:
    return _several("OR", tokens, lambda rest: _several("AND", rest, _member))


def _several(word: str, tokens: list[str], parse_one: Any) -> tuple[Tree, list[str]]:
    one, rest = parse_one(tokens)
    members = [one]
    while rest and rest[0] == word:
        one, rest = parse_one(rest[1:])
        members.append(one)
    return (members[0] if len(members) == 1 else (word, members)), rest


def _member(tokens: list[str]) -> tuple[Tree, list[str]]:
    if tokens[0] == "(":
        tree, rest = _disjunction(tokens[1:])
        return tree, rest[1:]
    words: list[str] = []
    depth = 0
    for number, token in enumerate(tokens):
        if depth == 0 and token in ("AND", "OR", ")"):
            return _joined(words), tokens[number:]
        depth += token.endswith("(") - (token == ")")
        words.append(token)
    return _joined(words), []


def _joined(words: list[str]) -> str:
    return " ".join(words).replace("( ", "(").replace(" )", ")")


def _weakened(tree: Tree) -> Iterator[tuple[Tree, Tree]]:
    """Each clause of each conjunction, and the tree without it."""
    if isinstance(tree, str):
        return
    word, members = tree
    for number, member in enumerate(members):
        if word == "AND":
            rest = [one for one in members if one is not member]
            yield member, (rest[0] if len(rest) == 1 else ("AND", rest))
        for clause, weaker in _weakened(member):
            yield clause, (word, [*members[:number], weaker, *members[number + 1 :]])


# -- in a client ------------------------------------------------------------------------------------------------------


def apply_to(client: Any) -> None:
    """Let the client lose a clause, or record the conditions that it sends, if the environment asks for it."""
    if MUTANT in os.environ:
        mutant = ConditionMutant(**json.loads(os.environ[MUTANT]))
        client.meta.events.register("provide-client-params.dynamodb.*", _Losing(mutant))
    if RECORD in os.environ:
        client.meta.events.register("provide-client-params.dynamodb.*", _Recording(Path(os.environ[RECORD])))


@frozen
class _Recording:
    file: Path

    def __call__(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
        with self.file.open("a", encoding="utf-8") as lines:
            for action, request in _writes(model.name, params):
                if "ConditionExpression" in request:
                    lines.write(
                        json.dumps([kind_of(action, request), str(request["ConditionExpression"]), test]) + "\n"
                    )


@frozen
class _Losing:
    mutant: ConditionMutant

    def __call__(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        for action, request in _writes(model.name, params):
            if "ConditionExpression" in request and kind_of(action, request) == self.mutant.write:
                lose(request, self.mutant)


def lose(request: dict[str, Any], mutant: ConditionMutant) -> None:
    """Leave the clause out of a request with that condition; names and values that nothing uses go as well."""
    condition = str(request["ConditionExpression"])
    if normal(parse(condition)) != mutant.condition:
        return
    request["ConditionExpression"] = weaker(condition, mutant.without)
    used = set(_USED.findall(" ".join(str(request.get(f"{name}Expression", "")) for name in ("Condition", "Update"))))
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        kept = {name: value for name, value in request.pop(kind, {}).items() if name in used}
        if kept:
            request[kind] = kept


def kind_of(action: str, request: dict[str, Any]) -> str:
    """The action and the entity, by the prefixes of its keys."""
    key = request.get("Key") or request["Item"]
    return " ".join([action, *(str(key[name]["S"]).partition("#")[0] for name in ("PK", "SK"))])


def _writes(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if operation in _SINGLE:
        yield _SINGLE[operation], params
    for item in params.get("TransactItems", ()):
        yield from ((action, item[action]) for action in _ACTIONS if action in item)
