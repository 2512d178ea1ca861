"""Whole calls written by hand: data/calls/<language>/<trade>.txt, format in data/calls/README.md.

    python calls.py --check               holds every file to the label set, counts what there is
    python calls.py --jsonl [train|held-out]   the calls as lines of the text interface, with labels
    python calls.py --split               writes data/calls/split.tsv anew

Nothing but the files decides what comes out: numbers are drawn from the call's own name, and a
call is held out by its trade or by the hash of its name."""
import hashlib
import json
import random
import re
import sys
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

from generate import ACTS, NEEDS
from spoken_numbers import Numbers

HERE = Path(__file__).parent / "data" / "calls"
INTERESTS = "high medium low unknown".split()
OUTCOMES = ("do_not_call complaint wrong_number voicemail no_conversation agreed call_back "
            "follow_up refused undecided").split()
SENTIMENTS = "positive neutral negative".split()
TRADES = {
    "zh": ("loan decoration telecom wealth estate software car insurance tutoring dental "
           "logistics").split(),
    "en": "insurance home_improvement education telecom software energy banking".split(),
}
# The trades whose names hash lowest, two of Mandarin and one of English, fixed before any training.
HELD_TRADES = {"zh/estate", "zh/car", "en/telecom"}
HELD_SHARE = 15  # of a hundred calls of the other trades

HEAD = re.compile(r"== ([a-z]{2}-[a-z_]+-\d{3}) \| (\S+)$")
TURN = re.compile(r"([ACM])(\*?)((?: [a-z_]+)*): ?(.*)$")
PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")


class Call:
    """One call as it stands in its file; `spans` are (turn, kind, start, end)."""

    def __init__(self, name, started, where):
        self.name, self.started, self.where = name, started, where
        self.language, self.trade = where.parent.name, where.stem
        self.labels, self.turns, self.decisive, self.spans = None, [], [], []
        self.numbers = Numbers(self.language, random.Random(f"tipring {name}"))

    def read_labels(self, line):
        values, needs, when = (part.strip() for part in line.removeprefix("= ").split("|"))
        interest, outcome, sentiment = values.split()
        self.labels = {
            "interest": interest, "outcome": outcome, "sentiment": sentiment,
            "needs": [] if needs == "-" else needs.split(),
            "follow_up_at": None if when == "-" else f"{when}:00{self.started[19:]}",
        }

    def read_turn(self, who, star, acts, text):
        """Adds a turn, its placeholders filled."""
        filled, at = "", 0
        for place in PLACEHOLDER.finditer(text):
            filled += text[at:place.start()]
            number, kind = self.numbers.said(place[1], place[2] or "digits")
            if kind:
                self.spans.append((len(self.turns), kind, len(filled), len(filled) + len(number)))
            filled += number
            at = place.end()
        if star:
            self.decisive.append(len(self.turns))
        self.turns.append((who, acts, filled + text[at:]))

    def held_out(self):
        return f"{self.language}/{self.trade}" in HELD_TRADES or held_by_name(self.name)

    def line(self):
        expect = {key: value for key, value in self.labels.items() if value != "-"}
        expect["acts"] = [acts for who, acts, _ in self.turns if who != "A"]
        expect["sensitive"] = [list(span) for span in self.spans]
        turns = [{"speaker": "agent" if who == "A" else "customer", "text": text}
                 for who, _, text in self.turns]
        return {"id": self.name, "started_at": self.started, "language": self.language,
                "turns": turns, "expect": expect, "decisive": self.evidence(),
                "trade": self.trade, "set": "held-out" if self.held_out() else "train"}

    def evidence(self):
        """The turns marked; of a machine that was not marked, all it said."""
        return self.decisive or [at for at, turn in enumerate(self.turns) if turn[0] == "M"]


def held_by_name(name):
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 100 < HELD_SHARE


def read(path, wrong):
    """The calls of a file; what is no call goes to `wrong` as (place, why)."""
    calls = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        place = f"{path.parent.name}/{path.name}:{number}"
        try:
            if head := HEAD.match(line):
                datetime.fromisoformat(head[2])
                calls.append(Call(head[1], head[2], path))
            elif line.startswith("= "):
                calls[-1].read_labels(line)
            elif turn := TURN.match(line):
                calls[-1].read_turn(turn[1], turn[2], turn[3].split(), turn[4].strip())
            elif line.strip() and not line.startswith("#"):
                wrong.append((place, "neither a head, labels, a turn nor a comment"))
        except (AttributeError, IndexError, ValueError) as error:
            wrong.append((place, f"not of its form: {error}"))
    return calls


def faults(call):
    """What in a call is against the label set, as sentences."""
    if call.labels is None or not call.turns and call.labels["outcome"] != "no_conversation":
        yield "has no labels or no turns"
        return
    interest, outcome, sentiment, needs, when = call.labels.values()
    acts = {act for _, said, _ in call.turns for act in said}
    marked = {act for at in call.decisive for act in call.turns[at][1]}
    unheard = outcome in ("wrong_number", "voicemail", "no_conversation")
    machines = [at for at, turn in enumerate(call.turns) if turn[0] == "M"]
    people = [at for at, turn in enumerate(call.turns) if turn[0] == "C"]
    rules = [
        (call.name.startswith(f"{call.language}-{call.trade}-"), "its name is not of its file"),
        (call.trade in TRADES[call.language], "its trade is not among TRADES"),
        (interest in INTERESTS, f"unknown interest {interest}"),
        (outcome in OUTCOMES, f"unknown outcome {outcome}"),
        (sentiment in SENTIMENTS or (sentiment, outcome) == ("-", "no_conversation"),
         f"unknown sentiment {sentiment}"),
        (set(needs) <= set(NEEDS), f"unknown needs {needs}"),
        (acts <= set(ACTS), f"unknown acts {acts - set(ACTS)}"),
        (all(not said for who, said, _ in call.turns if who != "C"), "only customers have acts"),
        (all(text for _, _, text in call.turns), "a turn has no words"),
        (bool(call.evidence()) or outcome == "no_conversation", "no turn decides: mark one with *"),
        (all(call.turns[at][0] != "A" for at in call.decisive), "an agent's turn decides"),
        ((interest == "unknown") == unheard, "unknown goes with nobody to judge, and only there"),
        ((outcome == "do_not_call") == ("stop_calling" in acts), "stop_calling is do_not_call"),
        ("complain" not in acts or outcome in ("complaint", "do_not_call"), "complain: complaint"),
        (outcome != "complaint" or "complain" in acts, "complaint without a complaint"),
        ("wrong_person" not in acts or outcome in OUTCOMES[:3], "wrong_person: wrong_number"),
        (outcome != "wrong_number" or "wrong_person" in acts, "wrong_number without wrong_person"),
        (outcome != "voicemail" or (machines and not people), "voicemail: machines alone speak"),
        (outcome != "no_conversation" or not acts, "no_conversation has no acts"),
        (outcome != "agreed" or (interest == "high" and "book" in marked),
         "agreed is high and rests on a marked book"),
        (outcome != "call_back" or (interest in ("high", "medium") and marked
         & {"defer", "affirm", "book"}), "call_back rests on a marked defer, affirm or book"),
        (outcome != "follow_up" or interest in ("high", "medium"), "follow_up is high or medium"),
        (outcome != "refused" or (interest == "low" and "refuse" in acts), "refused: low, refuse"),
        (outcome != "do_not_call" or interest == "low", "do_not_call is low"),
        ("book" not in acts or outcome not in ("undecided",), "book leaves nobody undecided"),
        ("ask_price" not in acts or "price" in needs, "ask_price needs price"),
        ("ask_process" not in acts or set(needs) & {"process", "payment", "delivery", "eligibility",
         "after_sales"}, "ask_process needs process, payment, delivery or the like"),
        (not unheard or not needs, "nobody to judge has no needs"),
        (not when or outcome in ("agreed", "call_back", "complaint"), "follow_up_at: none is due"),
        (not when or datetime.fromisoformat(when) > datetime.fromisoformat(call.started),
         "follow_up_at is before the call"),
    ]
    yield from (why for right, why in rules if not right)


def everything():
    """All calls in order, and what is wrong with the files and the calls."""
    wrong, calls = [], []
    for language, trades in TRADES.items():
        known = [HERE / language / f"{trade}.txt" for trade in trades]
        wrong += [(str(path), "its trade is not among TRADES")
                  for path in sorted((HERE / language).glob("*.txt")) if path not in known]
        calls += [call for path in known if path.exists() for call in read(path, wrong)]
    for call in calls:
        wrong += [(call.name, why) for why in faults(call)]
    wrong += [(name, "two calls of this name")
              for name, count in Counter(call.name for call in calls).items() if count > 1]
    return calls, wrong


def repeated(calls):
    """Turns said in more than one call, greetings aside: {words: names}."""
    said = defaultdict(list)
    for call in calls:
        for text in {re.sub(r"\W", "", text.lower()) for _, _, text in call.turns}:
            said[text].append(call.name)
    long = 8 if calls and calls[0].language == "zh" else 20
    return {text: names for text, names in said.items() if len(names) > 1 and len(text) >= long}


def split(calls):
    """The lines of split.tsv: each trade, and below it the held-out calls of a training trade."""
    lines = ["# trade or call\tset"]
    for language, trades in TRADES.items():
        for trade in trades:
            held = f"{language}/{trade}" in HELD_TRADES
            lines.append(f"{language}/{trade}\t{'held-out' if held else 'train'}")
            lines += [f"{call.name}\theld-out" for call in calls if not held and call.held_out()
                      and (call.language, call.trade) == (language, trade)]
    return "\n".join(lines) + "\n"


def counts(calls):
    """A table of what there is, for each language and trade."""
    groups = defaultdict(list)
    for call in calls:
        groups[call.language].append(call)
        groups[f"{call.language}/{call.trade}"].append(call)
    for name, group in sorted(groups.items()):
        customer = [turn for call in group for turn in call.turns if turn[0] == "C"]
        held = sum(call.held_out() for call in group)
        print(f"\n{name}: {len(group)} calls ({held} held out), {len(customer)} customer turns, "
              f"{sum(len(call.spans) for call in group)} sensitive numbers, "
              f"{sum(bool(call.labels['follow_up_at']) for call in group)} times")
        for what, values in [("interest", INTERESTS), ("outcome", OUTCOMES),
                             ("sentiment", SENTIMENTS)]:
            have = Counter(call.labels[what] for call in group)
            print(f"  {what}: " + ", ".join(f"{value} {have[value]}" for value in values))
        for what, values, have in [
                ("needs", NEEDS, Counter(n for call in group for n in call.labels["needs"])),
                ("acts", ACTS, Counter(act for turn in customer for act in turn[1]))]:
            print(f"  {what}: " + ", ".join(f"{value} {have[value]}" for value in values))


def main(arguments):
    calls, wrong = everything()
    for place, why in wrong:
        print(f"{place}: {why}", file=sys.stderr)
    if arguments[:1] == ["--check"]:
        for language in TRADES:
            for text, names in repeated([c for c in calls if c.language == language]).items():
                print(f"said twice in {' '.join(names)}: {text}", file=sys.stderr)
        if (HERE / "split.tsv").read_text("utf-8") != split(calls):
            wrong.append(("split.tsv", "stale"))
            print("split.tsv: stale, run calls.py --split", file=sys.stderr)
        counts(calls)
    elif arguments[:1] == ["--split"]:
        (HERE / "split.tsv").write_text(split(calls), "utf-8")
    elif arguments[:1] == ["--jsonl"]:
        for line in (call.line() for call in calls):
            if not arguments[1:] or line["set"] == arguments[1]:
                print(json.dumps(line, ensure_ascii=False))
    else:
        print(__doc__)
        return 2
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
