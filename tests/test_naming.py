"""Files and names: one subject a file, one meaning a name, and names that say what they are."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import pytest

from deploy.local.daemon import ROOT
from tests.support.code import Code

HOLDGATE = Code.read(ROOT / "services" / "holdgate")

MAX_LINES = 300
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}

FUNCTION_WORDS = set(
    "about above after again ahead alike almost alone along already also always among anyway apart around"
    " at away before behind below beneath beside between beyond by down elsewhere ever first from here in"
    " instead just last least less more most near nearly never now of off on once only out outside over"
    " quite rather rest since so soon still than then there through to together too toward under until up"
    " upon upto whole who whose why with within without yet".split()
)
"""Adverbs, prepositions and other words that name nothing by themselves."""

IRREGULAR_PARTICIPLES = set(
    "begun built chosen done drawn felt found given gone held kept known laid led left lost made meant met"
    " paid said seen sent shown spelt spent split stood taken told thought understood won written".split()
)
NOT_PARTICIPLES = {"ping", "screening", "scoring", "string", "seed", "feed", "embed", "spring"}
"""Nouns and verbs in -ing and -ed. A module may be named after an activity, such as `pairing`."""

BARE_NAMES = {
    "holdgate.adapters.kafka.audit_log": {"who"},
    "holdgate.adapters.kafka.decisions_log": {"since"},
    "holdgate.adapters.kafka.handled_letters": {"beyond"},
    "holdgate.adapters.kafka.watch": {"audited"},
    "holdgate.adapters.redis.snapshot_store": {"accepted", "pinned"},
    "holdgate.adapters.snapshot_lookup": {"archived"},
    "holdgate.core.engine.notes": {"unromanised"},
    "holdgate.core.intake": {"Received"},
    "holdgate.core.intake.draft": {"underlying"},
    "holdgate.core.records.dead_letter": {"quarantined"},
    "holdgate.core.records.kafka_record": {"Outgoing"},
    "holdgate.core.sources.formats": {"decoded"},
    "holdgate.core.sources.xml_records": {"first"},
    "holdgate.deadletters.handled": {"handled"},
    "holdgate.quality.manipulations": {"unchanged"},
    "holdgate.replay.journal": {"changed"},
    "holdgate.replay.redecide": {"before"},
    "holdgate.runtime.shutdown": {"requested"},
    "holdgate.screening.dead_letter_limits": {"left"},
    "holdgate.screening.gate": {"published"},
    "holdgate.screening.judge": {"missing"},
    "holdgate.screening.list_follower": {"missing", "settled"},
    "holdgate.screening.standing_claims": {"deciding", "published", "since"},
    "holdgate.status.situation": {"waiting"},
}
"""Names that break the rule, by module. A new one is not added: it gets a noun or a verb."""

REPEATED_CONSTANTS = {
    "ANSWER_SECONDS": "each adapter waits as long as its own callers can",
    "BATCH": "each loop has the size that suits it",
    "BATCH_RECORDS": "each loop has the size that suits it",
    "CACHED_NAMES": "each cache has its own size",
    "CACHED_PAIRS": "each cache has its own size",
    "FILE": "each command describes its own file argument",
    "FORMAT": "each reader of lists names its own format",
    "LISTS": "a key of Redis and an option of commands",
    "MAX_BYTES": "a file of lists, a payment and an XML record have limits of their own",
    "MAX_DEPTH": "each parser has its own limit",
    "MIN_EVIDENCE_WITH_CUE": "the search for candidates keeps a little more than is accepted",
    "OUTCOMES": "each metric has its own label values",
    "POLL_SECONDS": "each loop has its own pace",
    "REASONS": "an option of a command, and a table of the engine",
    "RETRY_SECONDS": "each service has its own pace",
    "SECONDS": "each histogram has its own buckets",
    "SECTIONS": "of the help page, and of the policy",
    "STALLED_SECONDS": "a container's health check, and the status screen",
    "TYPES": "of one list, and of the labelled pairs",
}
"""Public constants defined in more than one module, each with the reason."""

REPEATED_STEMS = {
    "finder": "searches text for names, or for places",
    "goods": "the finder of goods, and its section of the policy",
    "in_text": "the folder says of what",
    "keys": "of Redis, or comparable forms of identifiers",
    "metrics": "each service has its own",
    "page": "the folder says of what",
    "publication": "of lists, or of a replay's decisions",
    "report": "the folder says of what",
    "service": "each service that is a process has one",
    "watch": "the folder says what is watched",
}
"""Modules of one name in several folders, each with the reason."""


class Definition(NamedTuple):
    """A public class, function or method, and where it is defined."""

    module: str
    name: str
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def definitions(code: Code) -> Iterator[Definition]:
    """Yield the public classes and functions of all modules, methods included."""
    for module, tree in code.trees.items():
        for node in _members(tree):
            if not node.name.startswith("_"):
                yield Definition(module, node.name, node)


def _members(parent: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        if isinstance(node, ast.ClassDef | ast.If | ast.Try):
            yield from _members(node)


def _says_nothing(name: str) -> bool:
    """Whether a name is one bare adverb, preposition or participle."""
    word = name.lower()
    if word in NOT_PARTICIPLES or re.search("_|[a-z][A-Z]", name):
        return False
    return word in FUNCTION_WORDS | IRREGULAR_PARTICIPLES or word.endswith(("ed", "ing"))


def _stem(module: str) -> str:
    return module.rpartition(".")[2]


def class_names_are_unique(code: Code) -> Iterable[str]:
    """No public class name is used twice."""
    return _twice(
        (item.name, item.module) for item in definitions(code) if isinstance(item.node, ast.ClassDef)
    )


def constants_are_unique(code: Code) -> Iterable[str]:
    """A public constant is defined in one module, but for REPEATED_CONSTANTS."""
    places = ((name, module) for module, tree in code.trees.items() for name in _constants(tree))
    return _twice(place for place in places if place[0] not in REPEATED_CONSTANTS)


def stems_are_unique(code: Code) -> Iterable[str]:
    """A module name is used once, but for commands in cli/ and REPEATED_STEMS."""
    modules = [module for module in code.trees if module not in code.folders]
    outside_cli = [module for module in modules if not module.startswith("holdgate.cli.")]
    return _twice((_stem(module), module) for module in outside_cli if _stem(module) not in REPEATED_STEMS)


def _twice(places: Iterable[tuple[str, str]]) -> Iterator[str]:
    by_name: dict[str, list[str]] = {}
    for name, module in places:
        by_name.setdefault(name, []).append(module)
    for name, modules in sorted(by_name.items()):
        if len(modules) > 1:
            yield f"{name} is defined {len(modules)} times: {', '.join(modules)}"


def _constants(tree: ast.Module) -> set[str]:
    targets = [
        target
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    names = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    return {name for name in names if name.isupper() and not name.startswith("_")}


def names_are_nouns_or_verbs(code: Code) -> Iterable[str]:
    """No module, class or function is named by a bare participle, adverb or preposition."""
    for module in code.trees:
        if (
            _says_nothing(_stem(module))
            and not module.endswith("ing")
            and not _is_known(module, _stem(module))
        ):
            yield f"module {module}"
    for item in definitions(code):
        if _says_nothing(item.name) and not _is_known(item.module, item.name):
            yield f"{item.module}:{item.node.lineno} {item.name}"


def _is_known(module: str, name: str) -> bool:
    return name in BARE_NAMES.get(module, set())


def files_are_named_after_a_subject(code: Code) -> Iterable[str]:
    """No folder or module is named `utils` or the like."""
    return [module for module in code.trees if VAGUE & set(module.split("."))]


def files_are_short(code: Code) -> Iterable[str]:
    """Past MAX_LINES a file has a second subject."""
    for module, source in code.sources.items():
        if (lines := len(source.splitlines())) > MAX_LINES:
            yield f"{module} has {lines} lines"


def files_have_a_docstring(code: Code) -> Iterable[str]:
    """Each file says what it is."""
    return [module for module, tree in code.trees.items() if ast.get_docstring(tree) is None]


Rule = Callable[[Code], Iterable[str]]
RULES: dict[Rule, dict[str, str]] = {
    class_names_are_unique: {"holdgate.a": "class Party: ...", "holdgate.b": "class Party: ..."},
    constants_are_unique: {"holdgate.a": "LIMIT = 1", "holdgate.b": "LIMIT: int = 2"},
    stems_are_unique: {"holdgate.a.thing": "", "holdgate.b.thing": ""},
    names_are_nouns_or_verbs: {"holdgate.a": "class A:\n    def among(self): ..."},
    files_are_named_after_a_subject: {"holdgate.utils.a": ""},
    files_are_short: {"holdgate.a": "\n" * (MAX_LINES + 1)},
    files_have_a_docstring: {"holdgate.a": "A = 1"},
}
"""Each rule, with a small example that breaks it."""


def _ids(rule: Rule) -> str:
    return rule.__name__


@pytest.mark.parametrize("rule", RULES, ids=_ids)
def test_rule_holds(rule: Rule) -> None:
    assert list(rule(HOLDGATE)) == []


@pytest.mark.parametrize("rule", RULES, ids=_ids)
def test_rule_can_fail(rule: Rule) -> None:
    assert list(rule(Code(RULES[rule])))


@pytest.mark.parametrize("name", ["alone", "chosen", "deciding", "Found", "upto", "whole"])
def test_a_bare_adverb_or_participle_is_reported(name: str) -> None:
    assert list(names_are_nouns_or_verbs(Code({"holdgate.a": f"def {name}(): ..."})))


@pytest.mark.parametrize("name", ["decide", "screening", "not_screened", "chosen_topic", "payments"])
def test_a_noun_or_verb_is_not(name: str) -> None:
    assert not list(names_are_nouns_or_verbs(Code({"holdgate.a": f"def {name}(): ..."})))


def test_every_exception_is_used() -> None:
    constants = [name for tree in HOLDGATE.trees.values() for name in _constants(tree)]
    assert [name for name in REPEATED_CONSTANTS if constants.count(name) < 2] == []
    public = {(item.module, item.name) for item in definitions(HOLDGATE)}
    public |= {(module, _stem(module)) for module in HOLDGATE.trees}
    known = {(module, name) for module, names in BARE_NAMES.items() for name in names}
    assert sorted(known - public) == []
    stems = [_stem(module) for module in HOLDGATE.trees]
    assert [name for name in REPEATED_STEMS if stems.count(name) < 2] == []
