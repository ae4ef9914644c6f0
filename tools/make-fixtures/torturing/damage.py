"""Random damage: flipped bits, cuts, splices, swapped numbers."""


def flipped(dice, data):
    """One bit is flipped."""
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]


def cut(dice, data):
    """The end is missing."""
    return data[: dice.randrange(len(data))]


def spliced(dice, data):
    """A piece is copied over another place, or inserted, or removed."""
    start, length, place = dice.randrange(len(data)), dice.choice([1, 2, 4, 8, 30, 100]), dice.randrange(len(data))
    piece = data[start : start + length]
    return dice.choice([data[:place] + piece + data[place + length :], data[:place] + piece + data[place:], data[:place] + data[place + length :]])


def noisy(dice, data):
    """Several bytes are replaced, often by values that matter."""
    made = bytearray(data)
    for _ in range(dice.choice([1, 2, 5, 20])):
        made[dice.randrange(len(made))] = dice.choice([0, 1, 0x7F, 0x80, 0xFF, 0x28, 0x2E, 0x52, dice.randrange(256)])
    return bytes(made)


def widened(dice, data):
    """Four or eight bytes become a huge or a negative number."""
    place, width = dice.randrange(len(data)), dice.choice([2, 4, 8])
    number = dice.choice([0, 1, (1 << 8 * width) - 1, 1 << 8 * width - 1, (1 << 8 * width - 1) - 1])
    return data[:place] + number.to_bytes(width, "little") + data[place + width :]


KINDS = {"flip": flipped, "cut": cut, "splice": spliced, "noise": noisy, "wide": widened}
