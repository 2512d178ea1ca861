"""Trains turns.onnx: python train.py [--report]. Seeded; a few minutes on one core.

First a model on most phrase families and trades is measured on the families (templates) and trades
that it never saw, beside a keyword and an n-gram baseline; its temperature is kept. Then the model
that ships is trained on all of them. data/*.jsonl, the calls written by hand, train neither.
"""
import json
import random
import sys

import numpy as np
import onnx
import scipy.sparse as sp
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

import features
from generate import ACTS, HERE, LABELS, TRADES_EN, TRADES_ZH, Bank, turns

SEED, HIDDEN, EPOCHS, BATCH = 20260302, 48, 14, 64
HELD_TRADES = {"zh": ["wealth", "beauty", "recruit"], "en": ["energy", "education"]}


def matrix(examples):
    rows, cols, vals = [], [], []
    y = np.zeros((len(examples), len(LABELS)), np.float32)
    for r, (text, agent, nth, labels, _) in enumerate(examples):
        for c, v in features.encode(text, agent, nth):
            rows.append(r), cols.append(c), vals.append(v)
        for label in labels:
            y[r, LABELS.index(label)] = 1
    return sp.csr_matrix((vals, (rows, cols)), (len(examples), features.WIDTH), np.float32), y


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def train(x, y, rng):
    """A hidden layer, Adam, words dropped at random so that no single one is leant on."""
    w = [rng.normal(0, 0.3, (features.WIDTH, HIDDEN)).astype(np.float32), np.zeros(HIDDEN, np.float32),
         rng.normal(0, 0.2, (HIDDEN, len(LABELS))).astype(np.float32), np.full(len(LABELS), -3, np.float32)]
    w[0][:features.OWN + features.AGENT] *= 0.5
    m, v, step = [np.zeros_like(p) for p in w], [np.zeros_like(p) for p in w], 0
    for epoch in range(EPOCHS):
        order = rng.permutation(x.shape[0])
        for at in range(0, len(order), BATCH):
            batch = order[at:at + BATCH]
            xb, yb = x[batch].copy(), y[batch]
            drop = rng.random(xb.nnz)
            share = np.repeat(rng.choice([0.1, 0.5, 0.8, 1.0], len(batch)), np.diff(xb.indptr))
            share[xb.indices >= features.OWN] = 0.5
            share[xb.indices >= features.OWN + features.AGENT] = 0.04
            xb.data = xb.data * (drop >= share)
            hidden = np.maximum(xb @ w[0] + w[1], 0)
            mask = (rng.random(hidden.shape) > 0.2) / 0.8
            hd = (hidden * mask).astype(np.float32)
            d = (sigmoid(hd @ w[2] + w[3]) - yb) / len(batch)
            dh = (d @ w[2].T) * mask * (hidden > 0)
            grads = [(xb.T @ dh), dh.sum(0), hd.T @ d, d.sum(0)]
            step += 1
            rate = 0.003 * (1 - step / (EPOCHS * (len(order) // BATCH + 1)))
            for i, g in enumerate(grads):
                g = np.asarray(g, np.float32) + 1e-6 * w[i]
                m[i] += 0.1 * (g - m[i])
                v[i] += 0.001 * (g * g - v[i])
                w[i] -= rate * (m[i] / (1 - 0.9 ** step)) / (np.sqrt(v[i] / (1 - 0.999 ** step)) + 1e-8)
    return w


def logits(w, x):
    return np.maximum(x @ w[0] + w[1], 0) @ w[2] + w[3]


def f1(p, y, columns):
    p, y = p[:, columns] >= 0.5, y[:, columns] > 0
    tp, fp, fn = (p & y).sum(), (p & ~y).sum(), (~p & y).sum()
    return 2 * tp / max(1, 2 * tp + fp + fn)


def ece(p, y):
    p, y = p.ravel(), y.ravel()
    bins = np.minimum((p * 10).astype(int), 9)
    return sum(abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean()
               for b in range(10) if (bins == b).any())


def temperature(z, y):
    def loss(t):
        p = np.clip(sigmoid(z / t), 1e-6, 1 - 1e-6)
        return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    return min(np.arange(0.5, 3.01, 0.05), key=loss)


def keyword(x):
    """The cue of the same name, and nothing else."""
    names = [name for name, _ in features.CUES]
    wanted = {"affirm": ["affirm_zh", "affirm_start_zh", "affirm_en", "works_en"], "deny": ["deny_zh", "deny_en"],
              "ask_price": ["price_ask_zh", "price_ask_en"], "ask_detail": ["detail_zh", "detail_have_zh", "detail_en"],
              "ask_process": ["process_zh", "process_en"], "ask_identity": ["identity_zh", "privacy_zh", "identity_en", "privacy_en"],
              "state_need": ["need_zh", "need_money_zh", "need_en"], "hesitate": ["hesitate_zh", "hesitate_en"],
              "defer": ["defer_zh", "defer_later_zh", "defer_en"], "book": ["book_zh", "come_zh", "book_en"],
              "refuse": ["refuse_need_zh", "refuse_short_zh", "refuse_cant_zh", "no_interest_zh", "refuse_verb_zh", "refuse_en"],
              "stop_calling": ["stop_zh", "stop_list_zh", "stop_en"], "complain": ["complain_bad_zh", "complain_wait_zh", "complain_broken_zh", "complain_again_zh", "complain_en"],
              "wrong_person": ["wrong_zh", "wrong_en"], "close": ["close_zh", "close_en"]}
    base = features.OWN + features.AGENT
    dense = x[:, base:base + len(names)].toarray() > 0
    return np.stack([dense[:, [names.index(n) for n in wanted[a]]].any(1) for a in ACTS], 1).astype(np.float32)


def export(w, t, path):
    """x [n, WIDTH] to p [n, labels]; weights in half precision, computed in single."""
    half = [numpy_helper.from_array(w[0].astype(np.float16), "w0h"), numpy_helper.from_array((w[2] / t).astype(np.float16), "w1h")]
    full = [numpy_helper.from_array(w[1], "b0"), numpy_helper.from_array((w[3] / t).astype(np.float32), "b1")]
    nodes = [helper.make_node("Cast", ["w0h"], ["w0"], to=TensorProto.FLOAT),
             helper.make_node("Cast", ["w1h"], ["w1"], to=TensorProto.FLOAT),
             helper.make_node("MatMul", ["x", "w0"], ["h0"]), helper.make_node("Add", ["h0", "b0"], ["h1"]),
             helper.make_node("Relu", ["h1"], ["h2"]), helper.make_node("MatMul", ["h2", "w1"], ["z0"]),
             helper.make_node("Add", ["z0", "b1"], ["z1"]), helper.make_node("Sigmoid", ["z1"], ["p"])]
    graph = helper.make_graph(nodes, "turns", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", features.WIDTH])],
                              [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", len(LABELS)])], half + full)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="tipring")
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def golden(path, w, t):
    """What Rust must find too: indices of the features and the model's answer."""
    cases = [("是我，什么事？", "您好，请问是王女士吗？", 0), ("利率倒是不高，我最近正好想换一辆车。", None, 1),
             ("That sounds good. Can you call me tomorrow at 3pm?", "Forty two dollars a month?", 3),
             ("ＡＢＣ１２３ don't 可以😀", "", 2), ("", None, 0), ("啊" * 300, "嗯", 4)]
    out = []
    for text, agent, nth in cases:
        row = features.encode(text, agent, nth)
        x = np.zeros((1, features.WIDTH), np.float32)
        for i, v in row:
            x[0, i] = v
        p = sigmoid(logits(w, x) / t)[0]
        out.append({"text": text, "agent": agent, "nth": nth, "indices": [i for i, _ in row],
                    "sum": round(sum(v for _, v in row), 4), "p": [round(float(q), 3) for q in p]})
    path.write_text("\n".join(json.dumps(c, ensure_ascii=False) for c in out) + "\n", "utf-8")


def main():
    banks = {language: Bank(language) for language in ("zh", "en")}
    sizes = {"zh": (14000, 3000), "en": (6500, 1500)}
    seen, unseen, every = [], [], []
    for language, bank in banks.items():
        rng = random.Random(SEED)
        trades = list(TRADES_ZH if language == "zh" else TRADES_EN)
        held = {t[0] for t in bank.customer if random.Random(f"{SEED}{t[5]}").random() < 0.15}
        common = [t for t in trades if t not in HELD_TRADES[language]]
        many, few = sizes[language]
        seen += turns(bank, rng, many, lambda t: t[0] not in held, common)
        unseen += [(language, e) for e in turns(bank, rng, few, lambda t: t[0] in held, HELD_TRADES[language])]
        every += turns(bank, rng, int(many * 1.2), lambda t: True, trades)
        print(language, "templates", len(bank.customer), "held out", len(held))
    x, y = matrix(seen)
    xu, yu = matrix([e for _, e in unseen])
    print("turns: seen", len(seen), "unseen", len(unseen), "distinct seen", len({e[0] for e in seen}))
    acts = range(len(ACTS))
    rng = np.random.default_rng(SEED)
    w = train(x, y, rng)
    z = logits(w, xu)
    t = temperature(z[:, acts], yu[:, acts])
    p = sigmoid(z / t)
    gram = OneVsRestClassifier(LogisticRegression(C=30, max_iter=300)).fit(x[:, :features.OWN], y[:, acts])
    pg = gram.predict_proba(xu[:, :features.OWN])
    pk = keyword(xu)
    for name, rows in (("all", slice(None)), *((lang, [i for i, (l, _) in enumerate(unseen) if l == lang]) for lang in banks)):
        print(f"unseen families and trades, {name}: act micro-F1 model {f1(p[rows], yu[rows], acts):.3f}, "
              f"n-grams {f1(pg[rows], yu[rows], acts):.3f}, keywords {f1(pk[rows], yu[rows], acts):.3f}; "
              f"ECE {ece(p[rows][:, acts], yu[rows][:, acts]):.3f}")
    for i, label in enumerate(LABELS):
        print(f"  {label:14} F1 {f1(p, yu, [i]):.3f}  n {int(yu[:, i].sum())}")
    if "--report" in sys.argv:
        return
    xe, ye = matrix(every)
    w = train(xe, ye, np.random.default_rng(SEED))
    export(w, t, HERE / "turns.onnx")
    golden(HERE / "../../firmware/insight/tests/golden/features.jsonl", w, t)
    (HERE / "labels.txt").write_text("\n".join(LABELS) + "\n")
    print(f"temperature {t:.2f}, {len(every)} turns, turns.onnx {(HERE / 'turns.onnx').stat().st_size} bytes")


main()
