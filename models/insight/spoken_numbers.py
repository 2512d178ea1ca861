"""Numbers that must be found in a call, and numbers that must not, as digits and as they are said.

Valid ones follow the checks of firmware/insight/src/sensitive.rs; of the others no part of eleven
digits or more passes for one."""

LATIN = "zero one two three four five six seven eight nine".split()
HAN = "零一二三四五六七八九"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
PAUSES = {"zh": [",嗯,", ",呃", " 然后 ", ",那个,", "……", ",后面是", " 嗯 "],
          "en": [", um, ", " uh ", ", and then ", "... ", ", er, ", " let me see "]}
KINDS = ("mobile", "id_card", "bank_card")


def luhn(digits):
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def resident_check(first):
    return "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, first)) % 11]


def passes(digits):
    """Whether a run of digits would be taken for a sensitive number."""
    mobile = len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789"
    identity = len(digits) == 18 and resident_check(digits[:17]) == digits[17]
    return mobile or identity or (13 <= len(digits) <= 19 and luhn(digits))


class Numbers:
    """The numbers of one call: the same name (mobile, mobile2) is the same number each time."""

    def __init__(self, language, rng):
        self.language, self.rng, self.known = language, rng, {}

    def said(self, name, form):
        """The words of the number, and its kind if it must be found."""
        kind = name.rstrip("23456789") if name != "tail4" else name
        if name not in self.known:
            self.known[name] = getattr(self, f"draw_{kind}")()
        digits = self.known[name]
        return getattr(self, f"as_{form}")(kind, digits), kind if kind in KINDS else None

    def some(self, count):
        return "".join(str(self.rng.randrange(10)) for _ in range(count))

    def draw_mobile(self):
        return "1" + self.rng.choice("3556788899") + self.some(9)

    def draw_id_card(self):
        area = self.rng.choice("110105 310112 330106 420103 440305 510104 500112 210202".split())
        year, month, day = (self.rng.randint(*r) for r in ((1946, 2005), (1, 12), (1, 28)))
        first = f"{area}{year}{month:02}{day:02}{self.some(3)}"
        return first + resident_check(first)

    def draw_bank_card(self):
        first = self.rng.choice(["62" + self.some(16), "62" + self.some(13), "4" + self.some(14),
                                 "5" + self.rng.choice("12345") + self.some(13)])
        return next(first + str(last) for last in range(10) if luhn(first + str(last)))

    def draw_bad_card(self):
        while True:
            digits = "62" + self.some(self.rng.choice([14, 17]))
            runs = (digits[a:b] for a in range(len(digits)) for b in range(a + 11, len(digits) + 1))
            if not any(map(passes, runs)):
                return digits

    def draw_order(self):
        while True:
            digits = self.rng.choice(["2026", "88", "70", ""]) + self.some(self.rng.randint(8, 12))
            if not passes(digits):
                return digits

    def draw_landline(self):
        if self.language == "zh":
            area, first = self.rng.choice(["010", "021", "0571", "0755", "028", "0512"]), "2368"
            return area + self.rng.choice(first) + self.some(7)
        return self.rng.choice(["0207946", "0161496", "0131496"]) + "0" + self.some(3)

    def draw_tail4(self):
        return self.some(4)

    def groups(self, kind, digits):
        """The digits in the groups they are said in."""
        sizes = {"mobile": [3, 4, 4], "id_card": [6, 4, 4, 4], "landline": [len(digits) - 8, 4, 4]}
        cuts, at = sizes.get(kind, [4, 4, 4, 4, 4]), 0
        if kind == "landline" and self.language == "en":
            cuts = [4, 3, 4]
        while at < len(digits):
            size = cuts.pop(0) if cuts else 4
            yield digits[at:at + size]
            at += size

    def as_digits(self, kind, digits):
        if kind == "landline":
            return self.rng.choice([" ", "-"]).join(self.groups(kind, digits))
        if kind == "mobile" and self.rng.random() < 0.1:
            return "+86 " + digits
        spaced = kind != "order" and self.rng.random() < 0.4
        return (" " if spaced else "").join(self.groups(kind, digits))

    def as_words(self, kind, digits):
        between = self.rng.choice([",", "", "", " "]) if self.language == "zh" else \
            self.rng.choice([", ", " ", " "])
        return between.join(self.spell(group) for group in self.groups(kind, digits))

    def as_paused(self, kind, digits):
        groups = [self.spell(group) for group in self.groups(kind, digits)]
        words = groups[0]
        for group in groups[1:]:
            words += self.rng.choice(PAUSES[self.language]) + group
        return words

    def spell(self, group):
        if self.language == "zh":
            one = self.rng.choice("幺幺一")
            return "".join("X" if d == "X" else one if d == "1" else HAN[int(d)] for d in group)
        words, at, zero = [], 0, self.rng.choice(["zero", "oh"])
        while at < len(group):
            digit = group[at]
            word = "x" if digit == "X" else zero if digit == "0" else LATIN[int(digit)]
            twice = digit != "X" and group[at:at + 2] == digit * 2 and self.rng.random() < 0.6
            words.append(f"double {word}" if twice else word)
            at += 2 if twice else 1
        return " ".join(words)
