"""Inputs and results of a measurement of the matcher."""

from typing import Literal

from msgspec import Struct

from holdgate.core.model.listed_entry import EntryType
from holdgate.core.policy.profile import Thresholds

OFFSETS = (-0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06, 0.10)
"""What is added to the policy's threshold of a name's type in each column; 0 is the policy itself."""
POLICY_COLUMN = OFFSETS.index(0.0)
"""The column of the policy."""


class OrdinaryName(Struct, frozen=True):
    """A name on no list; `origins` (nationality or jurisdiction, region) are its groups for fairness."""

    name: str
    type: EntryType
    origins: tuple[str, ...] = ()


class LabelledPair(Struct, frozen=True):
    """Two names and whether they are one party; `group` is the set they come from.

    `doubt` is the kind of doubt about the label, `reason` the explanation.
    """

    query: str
    candidate: str
    type: EntryType
    expected: bool
    group: str = ""
    doubt: Literal["", "contradiction", "mislabelled", "knowledge"] = ""
    reason: str = ""


class ManipulatedName(Struct, frozen=True):
    """A listed name as an evader, a clerk or a format would write it; `entry` is the index of its entry."""

    kind: str
    entry: int
    listed: str
    name: str
    type: EntryType


class ClassRecall(Struct, frozen=True):
    """Share found of the names of a class, in each column of OFFSETS; `target` is what it should reach."""

    name: str
    tried: int
    found: tuple[float, ...]
    target: float


class AlertRate(Struct, frozen=True):
    """Share of ordinary names alerted, in each column of OFFSETS, with a 95 % interval at the policy.

    `unfair` is true if the rate exceeds three times the mean of its type, beyond chance.
    """

    name: str
    names: int
    alerted: tuple[float, ...]
    low: float
    high: float
    unfair: bool = False


class HeldExample(Struct, frozen=True):
    """The best match of an ordinary payment that was held."""

    field: str
    value: str
    matched_name: str
    score: float


class HeldPayments(Struct, frozen=True):
    """Payments between ordinary parties that the policy holds, with a 95 % interval.

    `places` gives for agents, parties and texts how many payments they hold and by how many different
    names: few banks are in many payments.
    """

    payments: int
    held: int
    low: float
    high: float
    places: tuple[tuple[str, int, int], ...]
    examples: tuple[HeldExample, ...]


class HeldCount(Struct, frozen=True):
    """How many payments were screened, and how many of them are held."""

    tried: int
    held: int


class ContextRate(Struct, frozen=True):
    """How many names are held in one context: listed persons and entities as they are spelt and with one
    edit, which have to be, and ordinary names of both types, which should not be."""

    name: str
    group: str
    persons: HeldCount
    entities: HeldCount
    edited_persons: HeldCount
    edited_entities: HeldCount
    ordinary: HeldCount


class SpellingRate(Struct, frozen=True):
    """How many names of a kind of spelling are found: `held` if they are compared alone, `paid` in a payment,
    `first` if no other entry scores above their own.

    `expects` says who should be found. `examples` are names that were not, or that hold though they are
    nobody's on the list.
    """

    name: str
    group: str
    expects: Literal["found", "nobody", "measured"]
    tried: int
    held: int
    paid: int
    first: int
    examples: tuple[str, ...] = ()


class PairScore(Struct, frozen=True):
    """F1 of labelled pairs in each column of OFFSETS, and the area under their ROC curve, which `all` has.

    The intervals are of 95 %, that of F1 at the policy; None where they were not measured.
    """

    name: str
    pairs: int
    f1: tuple[float, ...]
    area: float
    roc: tuple[tuple[float, float], ...] = ()
    f1_interval: tuple[float, float] | None = None
    area_interval: tuple[float, float] | None = None


class Cost(Struct, frozen=True):
    """Processor time: microseconds a name with every token seen before and with none, with 95 % intervals."""

    name: str
    names: int
    warm_us: float
    cold_us: float
    warm_interval: tuple[float, float] | None = None
    cold_interval: tuple[float, float] | None = None


class QualityReport(Struct, frozen=True):
    """Everything measured in one run. `misses` lists the manipulated names that were not found."""

    seed: int
    thresholds: Thresholds
    offsets: tuple[float, ...]
    entries: int
    names: int
    index_bytes: int
    recall: tuple[ClassRecall, ...]
    native: tuple[ClassRecall, ...]
    written: tuple[ClassRecall, ...]
    alerts: tuple[AlertRate, ...]
    burden: tuple[AlertRate, ...]
    payments: HeldPayments | None
    whole_payments: HeldPayments | None
    pairs: tuple[PairScore, ...]
    doubted: tuple[tuple[LabelledPair, float], ...]
    costs: tuple[Cost, ...]
    misses: tuple[tuple[str, str, str], ...]
    contexts: tuple[ContextRate, ...] = ()
    spellings: tuple[SpellingRate, ...] = ()


class Ablation(Struct, frozen=True):
    """The effect of one technique switched off: recall of the classes, classes and kinds of spellings whose
    recall falls, alert rates, and recall of the kinds."""

    technique: str
    mean_recall: float
    falls: tuple[tuple[str, float], ...]
    persons: float
    companies: float
    mean_spellings: float = 0.0
