"""Derives the vectors of this folder from schemas/participation.md, with Python's integers and fractions alone.

Run it in this folder; it rewrites draws.json, q-updates.json, shapley.json and walk.json.
"""
import hashlib
import json
from fractions import Fraction

U64 = lambda n: n.to_bytes(8, "big")


def block(charter, name, round_, counter):
    message = b"lethe/participation-draw/v1\0" + charter + U64(len(name)) + name + U64(round_) + U64(counter)
    return message, hashlib.sha256(message).digest()


def draw(charter, name, round_, lane, below):
    counter = 0
    while True:
        digest = block(charter, name, round_, counter)[1]
        word = int.from_bytes(digest[8 * lane:8 * lane + 8], "big")
        if word < 2**64 - 2**64 % below:
            return word % below
        counter += 1


def updated(q, reward, best_next, alpha, gamma):
    a, g = Fraction(alpha, 10_000), Fraction(gamma, 10_000)
    return round(q + a * (reward + g * best_next - q))  # Python rounds fractions half to even


def draws():
    cases = []
    for charter, name, round_ in [
        (bytes(32), "delta", 0), (bytes(range(32)), "delta", 1), (bytes(range(32)), "alpha", 1),
        (b"\xff" * 32, "Zürich", 2**53 - 1),
    ]:
        message, digest = block(charter, name.encode(), round_, 0)
        cases.append({
            "charter": charter.hex(), "organisation": name, "round": round_, "message": message.hex(),
            "block": digest.hex(), "explore": draw(charter, name.encode(), round_, 0, 10_000),
            "amongThree": draw(charter, name.encode(), round_, 1, 3),
            "amongSix": draw(charter, name.encode(), round_, 1, 6)})
    return cases


def updates():
    """Worked by hand first; the assertion holds the hand and the fraction equal."""
    hand = [
        # q, r, best next, α, γ, result
        (0, 1000, 0, 5000, 9000, 500, "half of the reward"),
        (500, 1000, 500, 5000, 9000, 975, "500 + ½ (1000 + 450 − 500) = 975"),
        (7, 0, 0, 10000, 0, 0, "a rate of 1 forgets"),
        (1, 0, 0, 5000, 9000, 0, "½ is a tie: to the even 0"),
        (3, 0, 0, 5000, 9000, 2, "1½ is a tie: to the even 2"),
        (-1, 0, 0, 5000, 9000, 0, "−½ is a tie: to the even 0"),
        (-3, 0, 0, 5000, 9000, -2, "−1½ is a tie: to the even −2"),
        (10, 0, 0, 1, 9000, 10, "9.999 rounds back: the resolution of learning is spent"),
        (100, -50, 200, 2500, 5000, 88, "100 + ¼ (−50 + 100 − 100) = 87½, to the even 88"),
        (-400, -1000, -400, 1000, 9500, -498, "−400 + 0.1 (−1000 − 380 + 400) = −498"),
        (10_000_000_000, 500_000_000, 10_000_000_000, 9999, 9500, 10_000_000_000, "a fixed point stays"),
    ]
    cases = []
    for q, r, b, a, g, result, why in hand:
        assert updated(q, r, b, a, g) == result, (q, r, b, a, g, updated(q, r, b, a, g))
        cases.append({"valueUnits": q, "rewardUnits": r, "bestNextUnits": b, "learningRateBasisPoints": a,
                      "discountBasisPoints": g, "expectedUnits": result, "why": why})
    return cases


def walk():
    """Forty rounds of one agent: bins [500000] of the budget, [500000] of the phase; three actions."""
    charter, name, units = hashlib.sha256(b"walk").digest(), b"delta", 10
    costs = [0, 1_000_000, 2_000_000]  # micro-credits of (0), (1 × 1), (2 × 1)
    states, actions = 2 * 2 * 1 * 2 * 1, 3
    table = [0] * (states * actions)
    left, taken_part, pending, decisions = 6_000_000, None, None, []
    for number in range(40):
        if number % 8 == 0:
            left = 6_000_000
        phase = number % 8 * 1_000_000 // 8
        budget_bin = 1 if left * 1_000_000 // 6_000_000 >= 500_000 else 0
        contribution_bin = 0 if taken_part is None else 1
        state = (budget_bin * 2 + contribution_bin) * 2 + (1 if phase >= 500_000 else 0)
        feasible = [a for a in range(actions) if costs[a] <= left]
        row = table[state * actions:state * actions + actions]
        if pending:
            place, reward = pending
            table[place] = updated(table[place], reward * units, max(row[a] for a in feasible), 2500, 9000)
            row = table[state * actions:state * actions + actions]
        explore = draw(charter, name, number, 0, 10_000)
        if explore < (5000 if number < 20 else 1000):
            action = feasible[draw(charter, name, number, 1, len(feasible))]
        else:
            action = max(feasible, key=lambda a: (row[a], -a))
        share = [0, 1_500_000, 1_900_000][action] + (700_000 if action and phase >= 500_000 else 0)
        pending = (state * actions + action, share - costs[action])
        left -= costs[action]
        taken_part = 0 if action or taken_part is not None else None
        decisions.append({"state": state, "exploreDraw": explore, "action": action})
    table[pending[0]] = updated(table[pending[0]], pending[1] * units, 0, 2500, 9000)
    body = b"lethe/q-table/v1\0" + states.to_bytes(4, "big") + actions.to_bytes(4, "big")
    body += b"".join(v.to_bytes(8, "big", signed=True) for v in table)
    return {"charter": charter.hex(), "decisions": decisions, "tableUnits": table,
            "tableDigest": hashlib.sha256(body).hexdigest()}


def shapley():
    """Ten permutations of five players with diminishing returns; `a` and `d` are worth more together."""
    seed, players, samples = hashlib.sha256(b"walk").digest(), ["a", "b", "c", "d", "e"], 10
    data = {"a": 100, "b": 200, "c": 400, "d": 50, "e": 1}

    def utility(coalition):
        stock = sum(data[name] for name in coalition)
        return 600_000_000 * stock // (stock + 300) + (40_000_000 if {"a", "d"} <= set(coalition) else 0)

    def words():
        counter = 0
        while True:
            digest = hashlib.sha256(b"lethe/shapley-draw/v1\0" + seed + U64(counter)).digest()
            yield from (int.from_bytes(digest[at:at + 8], "big") for at in (0, 8, 16, 24))
            counter += 1

    stream, totals, orders = words(), dict.fromkeys(players, 0), []
    for _ in range(samples):
        order = players[:]
        for last in range(len(order) - 1, 0, -1):
            word = next(w for w in stream if w < 2**64 - 2**64 % (last + 1))
            at = word % (last + 1)
            order[last], order[at] = order[at], order[last]
        for place, name in enumerate(order):
            totals[name] += utility(order[:place + 1]) - utility(order[:place])
        orders.append("".join(order))
    return {"orders": orders, "samples": samples, "seed": seed.hex(),
            "totalsPPB": [totals[name] for name in players]}


for file, value in [("shapley.json", shapley()), ("draws.json", draws()), ("q-updates.json", updates()), ("walk.json", walk())]:
    with open(file, "w", encoding="utf-8") as out:
        json.dump(value, out, indent=1, ensure_ascii=False, sort_keys=True)
        out.write("\n")
