"""Turns and calls from the phrase banks. Seeded; the same seed gives the same data."""
import random
import re
from pathlib import Path

HERE = Path(__file__).parent
ACTS = ("affirm deny ask_price ask_detail ask_process ask_identity state_need hesitate defer book "
        "refuse stop_calling complain wrong_person close").split()
NEEDS = ("price promotion product eligibility process payment delivery after_sales competitor "
         "privacy").split()
FLAGS = "pos neg machine back info".split()
LABELS = ACTS + NEEDS + FLAGS

TRADES_ZH = {
    "loan": ("诚信贷款 快贷金融 众邦消费金融".split(), "信用贷款 抵押贷 经营贷 消费贷 贷款".split()),
    "insurance": ("平安车险 安心保险 康泰人寿".split(), "车险 医疗险 重疾险 养老保险 意外险".split()),
    "estate": ("城东置业 安居房产 链居地产".split(), "楼盘 二手房 公寓 学区房 商铺 房子".split()),
    "education": ("优学教育 启明星英语 学而优".split(), "英语课 数学辅导 编程课 一对一 考研班 课程".split()),
    "fitness": ("力健健身 乐动瑜伽 小区健身房".split(), "年卡 私教课 瑜伽课 游泳卡".split()),
    "telecom": ("移动营业厅 联通客服 电信宽带".split(), "宽带 五G套餐 流量包 融合套餐".split()),
    "cars": ("众泰汽车 宝来四S店 好车二手车".split(), "新车 试驾 二手车 保养套餐 车".split()),
    "wealth": ("恒富理财 招财证券 银河财富".split(), "理财产品 基金 大额存单 股票账户".split()),
    "decoration": ("雅居装饰 美家装修 宜品全屋定制".split(), "全包装修 旧房翻新 全屋定制 装修".split()),
    "software": ("云客软件 智慧云科技 金算盘".split(), "客户管理系统 财务软件 考勤系统 软件".split()),
    "beauty": ("丽人医美 美莱整形 皮肤管理中心".split(), "祛斑 双眼皮 热玛吉 皮肤管理 项目".split()),
    "recruit": ("前程人力 聚才招聘 智联人才".split(), "岗位 招聘套餐 客服岗位 职位".split()),
    "appliance": ("快捷家电 清风空调 美居净水".split(), "净水器 空调清洗 延保服务 家电".split()),
    "travel": ("畅游旅行社 四季度假".split(), "旅游线路 度假卡 三亚五日游".split()),
}
TRADES_EN = {
    "insurance": (["Harbor Insurance", "Safe Road"], ["car insurance", "home cover", "life insurance"]),
    "telecom": (["Bright Internet", "Blue Mobile"], ["fiber plan", "phone contract", "broadband"]),
    "loan": (["First Credit", "Quick Lend"], ["loan", "credit card", "mortgage"]),
    "software": (["Cloud Desk", "Numera"], ["accounting software", "crm", "payroll system"]),
    "fitness": (["City Gym", "Fit House"], ["membership", "training plan"]),
    "energy": (["Sun Power", "Green Grid"], ["solar panels", "energy plan", "heat pump"]),
    "education": (["Speak Well", "Top Tutors"], ["english course", "tutoring", "coding class"]),
    "estate": (["Hill Homes", "Key Realty"], ["apartment", "viewing", "house"]),
}
SURNAMES_ZH = "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高".split()
SURNAMES_EN = "miller jones smith brown taylor wilson clark walker".split()
WHEN_ZH = ("明天下午三点 后天上午 下周三四点半 半小时后 周六上午十点 晚上七点 明天上午十点 今天下午 下午两点 周五下午 "
           "明天 后天 下周一 星期天上午 明晚八点 三点半 六点以后 两个小时后 十分钟后 礼拜六 下周二下午三点 中午十二点 "
           "周末 今晚 明早九点 5号 下个礼拜 周三 下午四点左右").split()
WHEN_EN = ["tomorrow at three", "tomorrow afternoon", "next tuesday", "on friday", "in two hours", "at seven",
           "at half past three", "half six", "on saturday morning", "tomorrow", "after six", "tonight",
           "next week", "monday at ten", "around ten-ish", "this evening", "in half an hour", "at 4 pm",
           "thursday at two", "wednesday afternoon"]
HOMOPHONES = ["诚信城信", "利率利律", "贷款带款", "身份身分", "微信威信", "在再", "再在", "的得", "做作", "那哪", "他她", "吧把",
              "需要需药", "已经以经", "商量上量", "考虑考率", "资料自料", "优惠优会", "投诉投述", "流程流成", "额度鹅度", "首付手付",
              "年卡黏卡", "宽带款待", "课程客程", "开会凯会", "再见在见", "保险宝险", "打错大错", "哪位那位", "不用不佣", "预约预月"]


def spoken(rng, count, language):
    """A number as it is said: digits, words, or Latin words."""
    digits = [rng.randrange(10) for _ in range(count)]
    if language == "en":
        return " ".join("zero one two three four five six seven eight nine".split()[d] for d in digits)
    return "".join((rng.choice(["0123456789", "零一二三四五六七八九", "零幺二三四五六七八九"]))[d] for d in digits)


class Bank:
    """Templates of one language: [(number, acts, needs, flags, agent turns before, template)]."""

    def __init__(self, language):
        self.language, self.customer, self.agent = language, [], {}
        header = None
        for line in (HERE / "phrases" / f"customer.{language}.txt").read_text("utf-8").splitlines():
            line = line.strip()
            if line.startswith("##"):
                parts = [p.strip() for p in line[2:].split(";")]
                parts += [""] * (4 - len(parts))
                if len(parts) > 4:
                    parts = parts[:3] + [parts[-1]]
                header = [[w.strip() for w in p.split(",") if w.strip()] for p in parts]
            elif line:
                text, _, more = line.partition("=>")
                acts = [a for a in header[0] if a != "none"]
                needs = header[1] + [n.strip() for n in more.split(",") if n.strip()]
                assert all(a in ACTS for a in acts) and all(n in NEEDS for n in needs), line
                assert all(f in FLAGS for f in header[2]), (header, line)
                self.customer.append((len(self.customer), acts, needs, header[2], header[3], text.strip()))
        kind = None
        for line in (HERE / "phrases" / f"agent.{language}.txt").read_text("utf-8").splitlines():
            if line.startswith("##"):
                kind = line[2:].strip()
            elif line.strip():
                self.agent.setdefault(kind, []).append(line.strip())

    def fill(self, template, rng, trade):
        companies, products = (TRADES_ZH if self.language == "zh" else TRADES_EN)[trade]
        slots = {"company": companies, "product": products,
                 "surname": SURNAMES_ZH if self.language == "zh" else SURNAMES_EN,
                 "when": WHEN_ZH if self.language == "zh" else WHEN_EN, "": [""],
                 "kin": "老公 老婆 媳妇 爱人 家里人 领导 老板 合伙人 我妈 闺蜜 父母".split(),
                 "kid": "闺女 儿子 孩子 女儿 小孩".split(),
                 "phone": [spoken(rng, 11, self.language)], "digits": [spoken(rng, 17, self.language)]}
        while True:
            filled = re.sub(r"\[([^\[\]]*)\]", lambda m: rng.choice(m.group(1).split("|")), template)
            if filled == template:
                break
            template = filled
        return re.sub(r"\{(\w*)\}", lambda m: rng.choice(slots[m.group(1)]), template)


def noise(text, language, rng):
    """What a recogniser and a hurried speaker do to a sentence."""
    if language == "zh":
        if rng.random() < 0.4:
            text = re.sub(r"[,.?!,。?!]", "", text)
        else:
            text = text.replace(",", ",")
        for pair in HOMOPHONES:
            half = len(pair) // 2
            if rng.random() < 0.12 and pair[:half] in text:
                text = text.replace(pair[:half], pair[half:], 1)
        if rng.random() < 0.25:
            text = rng.choice(["嗯", "呃", "那个", "喂", "哦", "啊", "就是", "哎", "这个", "我说", "那"]) + rng.choice(["", ","]) + text
        if rng.random() < 0.12:
            text += rng.choice(["啊", "呢", "吧", "哈", "嘛", "呀", "了", "哦"])
        if rng.random() < 0.06 and len(text) > 6:
            cut = rng.randrange(len(text))
            text = text[:cut] + text[cut + 1:]
        if rng.random() < 0.05 and len(text) > 3:
            text = text[0] + text
        if rng.random() < 0.5:
            text += rng.choice(["。", ".", "?" if re.search("[吗多少几什么怎么哪谁呢]", text) else "。"])
    else:
        if rng.random() < 0.5:
            text = re.sub(r"[,.?!]", "", text)
        if rng.random() < 0.25:
            text = rng.choice(["um ", "well ", "uh ", "oh ", "look ", "so ", "hi ", "yeah ", "listen "]) + text
        if rng.random() < 0.1:
            text += rng.choice([" please", " you know", " mate", " really", " then"])
        if rng.random() < 0.06:
            words = text.split()
            if len(words) > 4:
                words.pop(rng.randrange(len(words)))
            text = " ".join(words)
        if rng.random() < 0.4:
            text = text[:1].upper() + text[1:] + rng.choice([".", "?", ""])
    return text


# What may be said in one breath: (first, second), by the first act of each ("none" = no act).
PAIRS = {("affirm", "ask_price"), ("affirm", "ask_detail"), ("affirm", "ask_process"), ("affirm", "state_need"),
         ("none", "ask_price"), ("none", "ask_detail"), ("none", "ask_process"), ("none", "hesitate"),
         ("none", "refuse"), ("state_need", "ask_price"), ("state_need", "ask_detail"),
         ("state_need", "ask_process"), ("ask_price", "ask_detail"), ("ask_detail", "ask_price"),
         ("ask_price", "ask_process"), ("hesitate", "close"), ("defer", "close"), ("refuse", "close"),
         ("book", "close"), ("affirm", "close"), ("complain", "stop_calling"), ("refuse", "stop_calling"),
         ("ask_identity", "complain"), ("complain", "complain"), ("deny", "refuse"), ("deny", "ask_price"),
         ("deny", "ask_detail"), ("wrong_person", "close"), ("ask_identity", "ask_detail"),
         ("none", "book"), ("book", "ask_process"), ("ask_detail", "ask_detail"), ("refuse", "refuse"),
         ("none", "state_need"), ("deny", "state_need"), ("none", "complain"), ("affirm", "book"),
         ("stop_calling", "stop_calling"), ("none", "affirm"), ("none", "defer")}


def turns(bank, rng, count, keep, trades):
    """Labelled customer turns with the agent's turn before: (text, agent, nth, labels, numbers)."""
    templates = [t for t in bank.customer if keep(t)]
    by_act = {}
    for t in templates:
        by_act.setdefault(t[1][0] if t[1] else "none", []).append(t)
    pairs = [p for p in sorted(PAIRS) if p[0] in by_act and p[1] in by_act]
    out = []
    for i in range(count):
        if i % 4 == 3:
            first, second = rng.choice(pairs)
            parts = [rng.choice(by_act[first]), rng.choice(by_act[second])]
            if any("machine" in p[3] for p in parts):
                continue
        else:
            parts = [rng.choice(templates)]
        trade = rng.choice(trades)
        joint = rng.choice([",", "。", ",", ""]) if bank.language == "zh" else rng.choice([", ", ". ", " "])
        text = joint.join(bank.fill(p[5], rng, trade) for p in parts)
        before = rng.choice(parts[0][4] or ["pitch"])
        if rng.random() < 0.12 and "affirm" not in parts[0][1] and parts[0][4] != ["apology"]:
            before = rng.choice(sorted(bank.agent))
            if before == "apology" and not parts[0][1]:
                before = "pitch"
        agent = None if before == "none" else bank.fill(rng.choice(bank.agent[before]), rng, trade)
        nth = 0 if before in ("open", "verify", "none") else rng.choice([0, 1, 2, 3, 4])
        labels = sorted({x for p in parts for x in p[1] + p[2] + p[3]})
        out.append((noise(text, bank.language, rng), agent, nth, labels, [p[0] for p in parts]))
    return out
