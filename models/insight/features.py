"""What the model sees of a turn. firmware/insight/src/features.rs is the same thing in Rust; golden
values in firmware/insight/tests/golden/features.json hold the two together."""
import re
from pathlib import Path

HERE = Path(__file__).parent
OWN, AGENT, PLACES = 8192, 2048, 8
CUES = [line.split("\t") for line in (HERE / "cues.tsv").read_text("utf-8").splitlines() if line]
CUES = [(name, re.compile(pattern)) for name, pattern in CUES]
WIDTH = OWN + AGENT + 2 * len(CUES) + PLACES
LONGEST = 256


def tokens(text):
    """CJK characters one by one, Latin words in lower case; a number is #; the rest separates."""
    out, word = [], ""

    def flush():
        nonlocal word
        if word:
            out.append("#" if word.isdigit() else word)
            word = ""

    for c in text:
        o = ord(c)
        if 0xFF01 <= o <= 0xFF5E:
            o -= 0xFEE0
        if 65 <= o <= 90:
            o += 32
        if 97 <= o <= 122 or 48 <= o <= 57:
            word += chr(o)
        elif o in (0x27, 0x2019):
            continue
        else:
            flush()
            if 0x3400 <= o <= 0x9FFF:
                out.append(chr(o))
    flush()
    if len(out) > LONGEST:
        out = out[: LONGEST // 2] + out[-(LONGEST // 2):]
    return out


def plain(toks):
    out = ""
    for i, t in enumerate(toks):
        if i and t.isascii() and toks[i - 1].isascii():
            out += " "
        out += t
    return out


def fnv(text):
    h = 0x811C9DC5
    for b in text.encode("utf-8"):
        h = ((h ^ b) * 0x01000193) & 0xFFFFFFFF
    return h


def grams(toks, longest, tag):
    padded = ["^"] + toks + ["$"]
    found = set()
    for n in range(1, longest + 1):
        for i in range(len(padded) - n + 1):
            found.add(tag + " ".join(padded[i:i + n]))
    for t in toks:
        if t.isascii() and len(t) >= 5:
            found.add(tag + "~" + t[:4])
    return found


def encode(text, agent, nth):
    """Sorted (index, value) pairs. `agent` is the agent's turn before, or None; `nth` counts the
    customer's turns from 0."""
    own = tokens(text)
    said = tokens(agent or "")[-48:]
    row = {}
    for count, (toks, n, tag, base, size) in enumerate(
            ((own, 4, "c", 0, OWN), (said, 2, "a", OWN, AGENT))):
        indices = sorted({fnv(g) % size for g in grams(toks, n, tag)})
        for i in indices:
            row[base + i] = 1.0 / len(indices) ** 0.5
    base = OWN + AGENT
    for toks in (own, said):
        text_plain = plain(toks)
        for i, (_, pattern) in enumerate(CUES):
            if pattern.search(text_plain):
                row[base + i] = 1.0
        base += len(CUES)
    places = (nth == 0, nth >= 3, agent is None, len(own) <= 4, len(own) > 24, "?" in text or "？" in text,
              any(t.isascii() for t in own), "?" in (agent or "") or "？" in (agent or ""))
    for i, on in enumerate(places):
        if on:
            row[base + i] = 1.0
    return sorted(row.items())
