"""The practice exam: one bank of questions, a draw from it by a mix, and the marks by module.

The bank holds the quizzes of all lessons and the scenarios of exam.yaml, which go across components.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from sagelab import catalogue
from sagelab.errors import SagelabError
from sagelab.questions import Kind, Question, QuizError, load_quiz, questions_in
from sagelab.quiz import score
from sagelab.strict_yaml import Spot, StrictYamlError, read_yaml

__all__ = [
    "ACROSS",
    "AS_ON_AWS",
    "COMPONENTS",
    "EXAM",
    "FULL_LENGTH",
    "Item",
    "Marks",
    "Mix",
    "ModuleMarks",
    "draw",
    "load_bank",
    "lot",
    "mark",
    "tally",
]

EXAM = Path(__file__).with_name("exam.yaml")
SCENARIOS = "exam"
"""The name under which the answers to scenarios are kept, where those of a lesson have its slug."""
ACROSS = "Across components"
"""The module of a scenario whose home component has no lesson yet."""
FULL_LENGTH = 65
"""As many questions as an exam of the associate level asks: 50 that count and 15 on trial."""
AS_ON_AWS: tuple[Kind, ...] = ("one", "several", "order", "match")
"""The item kinds of AWS exams; MLA-C02 asks the first two only."""
COMPONENTS = frozenset(
    {
        "studio",
        "data_wrangler",
        "ground_truth",
        "ground_truth_plus",
        "feature_store",
        "training_jobs",
        "distributed_training",
        "autopilot",
        "jumpstart",
        "canvas",
        "clarify_bias",
        "clarify_explainability",
        "model_monitor",
        "debugger",
        "experiments",
        "pipelines",
        "model_registry",
        "inference_realtime",
        "inference_batch",
        "inference_serverless",
        "inference_async",
        "edge_manager",
        "model_cards",
        "model_dashboard",
        "role_manager",
        "mlflow",
        "network_isolation",
    }
)
Unit = tuple["Item", ...]


@dataclass(frozen=True)
class Item:
    """A question of the bank: where it comes from, and what it is about, its home topic first."""

    question: Question
    lesson: str
    module: str
    topics: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id by which this item is answered; unique in the bank."""
        return f"{self.lesson}/{self.question.id}"


@dataclass(frozen=True)
class Mix:
    """What to draw: how many, from which modules (all where none is named), of which kinds.

    With `past`, which says of each answered item's id whether it was right, weak topics come up more often.
    """

    length: int = FULL_LENGTH
    modules: tuple[str, ...] = ()
    past: Mapping[str, bool] | None = None
    kinds: tuple[Kind, ...] = AS_ON_AWS


@dataclass(frozen=True)
class ModuleMarks:
    """How many questions of one module were right, and the ones that were missed."""

    module: str
    right: int
    total: int
    missed: tuple[Item, ...]


@dataclass(frozen=True)
class Marks:
    """The marks of one exam: `results` by item id, and each module, the weakest first."""

    results: Mapping[str, bool]
    modules: tuple[ModuleMarks, ...]

    @property
    def right(self) -> int:
        """How many questions were right."""
        return sum(self.results.values())

    @property
    def total(self) -> int:
        """How many questions were asked."""
        return len(self.results)


def load_bank(lessons: Path = catalogue.LESSONS, exam: Path = EXAM) -> tuple[Item, ...]:
    """Read every lesson's quiz and the scenarios; raises QuizError with the first fault."""
    homes = {entry.slug: module.title for module in catalogue.load(lessons) for entry in module.lessons}
    bank = [
        Item(question, slug, title, (slug,))
        for slug, title in homes.items()
        for question in load_quiz(lessons / slug / "quiz.yaml")
    ]
    try:
        return (*bank, *_scenarios(read_yaml(exam), homes))
    except StrictYamlError as fault:
        raise QuizError(fault.finding) from None


def draw(bank: Sequence[Item], mix: Mix, seed: int | str) -> tuple[Item, ...]:
    """Draw an exam by the mix, the same for the same seed; the questions of a case stay together.

    All modules share by their size, named modules evenly, topics of a learner with a past by weakness.
    There are fewer than `mix.length` questions only where the bank holds no more that fit.
    """
    known = {item.module for item in bank}
    for module in mix.modules:
        if module not in known:
            raise SagelabError(f"There is no module {module!r}; write one of {', '.join(sorted(known))}.")
    if mix.length < 1:
        raise SagelabError(f"An exam of {mix.length} questions asks nothing; write 1 or more.")
    pool = [
        item for item in bank if item.module in (mix.modules or known) and item.question.kind in mix.kinds
    ]
    if mix.past is None:
        weights = {item.module: 1.0 for item in pool} if mix.modules else Counter(i.module for i in pool)
        groups = _group(pool, lambda item: item.module, {}, seed)
    else:
        weights = _weakness(bank, mix.past)
        groups = _group(pool, lambda item: item.topics[0], mix.past, seed)
    units = _share(groups, weights, mix.length)
    return tuple(
        item for unit in sorted(units, key=lambda unit: lot(seed, f"place:{unit[0].id}")) for item in unit
    )


def mark(items: Iterable[Item], answers: Mapping[str, object]) -> Marks:
    """Mark an exam; `answers` holds, by item id, answers or the entries of `Answers.all`."""
    asked = tuple(items)
    missed = {
        item.id: score((item.question,), {item.question.id: answers.get(item.id)}).missed for item in asked
    }
    return tally(asked, {name: not missed[name] for name in missed})


def tally(items: Iterable[Item], results: Mapping[str, bool]) -> Marks:
    """Count by module what was right; `results` says it of each item's id."""
    asked: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        asked[item.module].append(item)
    modules = [_module_marks(module, asked[module], results) for module in sorted(asked)]
    known = {item.id: results[item.id] for group in asked.values() for item in group}
    return Marks(known, tuple(sorted(modules, key=lambda marks: marks.right / marks.total)))


def _module_marks(module: str, items: Sequence[Item], results: Mapping[str, bool]) -> ModuleMarks:
    missed = tuple(item for item in items if not results[item.id])
    return ModuleMarks(module, len(items) - len(missed), len(items), missed)


def _scenarios(root: Spot, homes: Mapping[str, str]) -> Iterator[Item]:
    taken: set[str] = set()
    for entry in root.items("exam.yaml"):
        components = _components(entry)
        topics = tuple(dict.fromkeys(_topic(component, homes) for component in components))
        for question in questions_in(_without_components(entry)):
            if question.id in taken:
                raise entry.problem(f"the id {question.id!r} is taken by another question; write a new one")
            taken.add(question.id)
            yield Item(question, SCENARIOS, homes.get(topics[0], ACROSS), topics)


def _components(entry: Spot) -> list[str]:
    pairs = entry.pairs("a scenario")
    if "components" not in pairs:
        raise entry.problem("a scenario has no 'components'; write 'components: [...]'")
    spots = pairs["components"].items("components")
    names = [spot.text("a component") for spot in spots]
    for name, spot in zip(names, spots, strict=True):
        if name not in COMPONENTS:
            raise spot.problem(
                f"there is no component {name!r}; write one of {', '.join(sorted(COMPONENTS))}"
            )
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise pairs["components"].problem("a scenario weighs components; write two or more different ones")
    return names


def _topic(component: str, homes: Iterable[str]) -> str:
    """Return the lesson that teaches a component: inference teaches inference_async; else the component."""
    return next((slug for slug in homes if component == slug or component.startswith(f"{slug}_")), component)


def _without_components(entry: Spot) -> Spot:
    node = entry.node
    pairs = [(name, value) for name, value in node.value if name.value != "components"]
    return Spot(entry.file, yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark))


def _weakness(bank: Iterable[Item], past: Mapping[str, bool]) -> dict[str, float]:
    """Return the share of each topic's answers that were missed, drawn towards a half where few were given."""
    seen: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    topics: set[str] = set()
    for item in bank:
        topics.update(item.topics)
        if item.id in past:
            seen.update(item.topics)
            missed.update(() if past[item.id] else item.topics)
    return {topic: (missed[topic] + 1) / (seen[topic] + 2) for topic in topics}


def _group(
    pool: Iterable[Item], name: Callable[[Item], str], past: Mapping[str, bool], seed: int | str
) -> dict[str, list[Unit]]:
    """Group the pool's units by name, both in a chance order; within a group missed ones first, right ones last."""
    units: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in pool:
        alone = item.question.id
        units[item.lesson, alone.partition(".")[0] if item.question.case else alone].append(item)
    groups: dict[str, list[Unit]] = defaultdict(list)
    for unit in sorted(
        map(tuple, units.values()), key=lambda unit: (_rank(unit, past), lot(seed, unit[0].id))
    ):
        groups[name(unit[0])].append(unit)
    return {group: groups[group] for group in sorted(groups, key=lambda group: lot(seed, group))}


def _rank(unit: Unit, past: Mapping[str, bool]) -> int:
    known = [past[item.id] for item in unit if item.id in past]
    return 1 if not known else 2 * all(known)


def _share(groups: Mapping[str, Sequence[Unit]], weights: Mapping[str, float], length: int) -> list[Unit]:
    """Take units until `length` questions are there, each from the group that is farthest behind its share.

    This is Webster's method for seats, except that a group may run out and a case takes several at once.
    """
    left = {name: list(units) for name, units in groups.items()}
    taken: Counter[str] = Counter()
    chosen: list[Unit] = []
    while True:
        room = length - taken.total()
        fitting = {name: [unit for unit in units if len(unit) <= room] for name, units in left.items()}
        open_groups = [name for name, units in fitting.items() if units]
        if not open_groups:
            return chosen
        behind = max(open_groups, key=lambda name: weights[name] / (taken[name] + 0.5))
        unit = fitting[behind][0]
        left[behind].remove(unit)
        taken[behind] += len(unit)
        chosen.append(unit)


def lot(seed: int | str, name: str) -> str:
    """What puts names into a chance order that is always the same for one seed."""
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
