"""BLAKE3 in plain Python, after section 2 of the BLAKE3 paper (O'Connor, Aumasson, Neves, Wilcox-O'Hearn). Hashing only: no key, 32 bytes of output."""

BLOCK_BYTES = 64
CHUNK_BYTES = 1024
MASK = 0xFFFFFFFF

# The initial values of SHA-256 (paper, 2.2).
IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
# How words of the message move between rounds (paper, table 2).
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
# The columns of the state, then its diagonals (paper, 2.2).
LANES = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
ROUNDS = 7

# Flags (paper, table 3).
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8


def rotated_right(word, bits):
    return (word >> bits) | (word << (32 - bits)) & MASK


def mix(state, lane, x, y):
    """The function G on one column or diagonal, with two words of the message."""
    a, b, c, d = (state[i] for i in lane)
    a = (a + b + x) & MASK
    d = rotated_right(d ^ a, 16)
    c = (c + d) & MASK
    b = rotated_right(b ^ c, 12)
    a = (a + b + y) & MASK
    d = rotated_right(d ^ a, 8)
    c = (c + d) & MASK
    b = rotated_right(b ^ c, 7)
    for place, word in zip(lane, (a, b, c, d)):
        state[place] = word


def compress(chaining, block, counter, length, flags):
    """The compression function, cut to its first eight words: the next chaining value, or the hash at the root."""
    words = [int.from_bytes(block[i : i + 4], "little") for i in range(0, BLOCK_BYTES, 4)]
    state = [*chaining, *IV[:4], counter & MASK, counter >> 32, length, flags]
    for round_number in range(ROUNDS):
        if round_number > 0:
            words = [words[i] for i in PERMUTATION]
        for i, lane in enumerate(LANES):
            mix(state, lane, words[2 * i], words[2 * i + 1])
    return tuple(state[i] ^ state[i + 8] for i in range(8))


def chunk_value(chunk, counter, root):
    """The chaining value of one chunk of at most 1,024 bytes."""
    value = IV
    starts = range(0, max(len(chunk), 1), BLOCK_BYTES)
    for start in starts:
        block = chunk[start : start + BLOCK_BYTES]
        flags = CHUNK_START if start == 0 else 0
        if start == starts[-1]:
            flags |= CHUNK_END | root
        value = compress(value, block.ljust(BLOCK_BYTES, b"\0"), counter, len(block), flags)
    return value


def subtree_value(data, first, root):
    """The chaining value of a subtree: of several chunks the left child has the largest power of two that leaves something for the right one."""
    if len(data) <= CHUNK_BYTES:
        return chunk_value(data, first, root)
    left_chunks = 1 << (((len(data) - 1) // CHUNK_BYTES).bit_length() - 1)
    split = left_chunks * CHUNK_BYTES
    left = subtree_value(data[:split], first, 0)
    right = subtree_value(data[split:], first + left_chunks, 0)
    block = b"".join(word.to_bytes(4, "little") for word in left + right)
    return compress(IV, block, 0, BLOCK_BYTES, PARENT | root)


def blake3(data):
    return b"".join(word.to_bytes(4, "little") for word in subtree_value(data, 0, ROOT))
