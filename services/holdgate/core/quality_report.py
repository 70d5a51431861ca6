"""What a measurement of the matcher takes and gives."""

from msgspec import Struct

from holdgate.core.entry import EntryType


class Ordinary(Struct, frozen=True):
    """A name nobody lists; `origin` groups it for equal burden (a nationality, a jurisdiction)."""

    name: str
    type: EntryType
    origin: str = ""


class LabelledPair(Struct, frozen=True):
    """Two names and whether they are one party; `group` is the set they come from."""

    query: str
    candidate: str
    type: EntryType
    expected: bool
    group: str = ""


class Manipulated(Struct, frozen=True):
    """A listed name as an evader, a clerk or a format would write it; `entry` is the place of its entry."""

    kind: str
    entry: int
    listed: str
    name: str
    type: EntryType


class ClassRecall(Struct, frozen=True):
    """Share found of the names of a class, at each threshold; `target` is what it should reach."""

    name: str
    tried: int
    found: tuple[float, ...]
    target: float


class AlertRate(Struct, frozen=True):
    """Share of ordinary names alerted, at each threshold, with a 95 % interval at the recommended one."""

    name: str
    names: int
    alerted: tuple[float, ...]
    low: float
    high: float


class PairScore(Struct, frozen=True):
    """F1 of labelled pairs at each threshold, and the area under their ROC curve."""

    name: str
    pairs: int
    f1: tuple[float, ...]
    area: float


class Cost(Struct, frozen=True):
    """Processor time: microseconds a name with every token seen before and with none."""

    name: str
    names: int
    warm_us: float
    cold_us: float


class QualityReport(Struct, frozen=True):
    """Everything measured in one run. `misses` names manipulated names not found, for a look at why."""

    seed: int
    threshold: float
    thresholds: tuple[float, ...]
    entries: int
    names: int
    index_bytes: int
    recall: tuple[ClassRecall, ...]
    native: tuple[ClassRecall, ...]
    alerts: tuple[AlertRate, ...]
    burden: tuple[AlertRate, ...]
    pairs: tuple[PairScore, ...]
    costs: tuple[Cost, ...]
    misses: tuple[tuple[str, str, str], ...]


class Ablation(Struct, frozen=True):
    """What is lost with one technique off: classes whose recall falls, and the change of alert rates."""

    technique: str
    mean_recall: float
    falls: tuple[tuple[str, float], ...]
    persons: float
    companies: float
